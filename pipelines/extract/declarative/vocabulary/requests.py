"""Components of one request: requester, authenticators, error handlers, budgets.

Belongs here: data in the notation of `grammar`, nothing else.
"""

TEXT = r"""
@authenticator: ApiKeyAuthenticator | BasicHttpAuthenticator | BearerAuthenticator |
    OAuthAuthenticator | JwtAuthenticator | SessionTokenAuthenticator | SelectiveAuthenticator |
    CustomAuthenticator | NoAuth | LegacySessionTokenAuthenticator |
    RateLimitedMultipleTokenAuthenticator
@backoff: ConstantBackoffStrategy | ExponentialBackoffStrategy | WaitTimeFromHeader |
    WaitUntilTimeFromHeader | CustomBackoffStrategy

HttpRequester
  url_base: text
  url: text
  path: text
  http_method: 'GET' | 'POST' = "GET"
  authenticator: @authenticator
  fetch_properties_from_endpoint: PropertiesFromEndpoint
  query_properties: QueryProperties
  request_parameters: text | map[text | QueryProperties]
  request_headers: text | map[text]
  request_body_data: text | map[text]
  request_body_json: map | text
  request_body: RequestBodyPlainText | RequestBodyUrlEncodedForm | RequestBodyJsonObject |
    RequestBodyGraphQL
  error_handler: DefaultErrorHandler* | CompositeErrorHandler | CustomErrorHandler
  use_cache: boolean = false

RequestOption
  inject_into!: 'request_parameter' | 'header' | 'body_data' | 'body_json'
  field_name: text
  field_path: list[text]

RequestPath
RequestBodyPlainText
  value!: text

RequestBodyUrlEncodedForm
  value!: map[text]

RequestBodyJsonObject
  value!: map

RequestBodyGraphQL
  value!: RequestBodyGraphQlQuery

RequestBodyGraphQlQuery untyped
  query!: text = "query {\n    \n}"

QueryProperties
  property_list!: PropertiesFromEndpoint | list[text]
  always_include_properties: list[text]
  property_chunking: PropertyChunking
  property_selector: JsonSchemaPropertySelector

PropertiesFromEndpoint
  property_field_path!: list[text]
  retriever!: SimpleRetriever | CustomRetriever

PropertyChunking
  property_limit_type!: 'characters' | 'property_count'
  property_limit: integer
  record_merge_strategy: GroupByKeyMergeStrategy

GroupByKeyMergeStrategy
  key!: text | list[text]

JsonSchemaPropertySelector
  transformations: list[@transformation]

NoAuth
ApiKeyAuthenticator
  api_token: text
  header: text
  inject_into: RequestOption

BearerAuthenticator
  api_token!: text

BasicHttpAuthenticator
  username!: text
  password: text = ""

OAuthAuthenticator
  client_id_name: text = "client_id"
  client_id: text
  client_secret_name: text = "client_secret"
  client_secret: text
  refresh_token_name: text = "refresh_token"
  refresh_token: text
  token_refresh_endpoint: text
  access_token_name: text = "access_token"
  access_token_value: text
  expires_in_name: text = "expires_in"
  grant_type_name: text = "grant_type"
  grant_type: text = "refresh_token"
  refresh_request_body: map
  refresh_request_headers: map
  send_refresh_request_as_query_params: boolean = false
  scopes: list[text]
  token_expiry_date: text
  token_expiry_date_format: text
  refresh_token_error_status_codes: list[integer]
  refresh_token_error_key: text
  refresh_token_error_values: list[text]
  refresh_token_updater: RefreshTokenUpdater
  profile_assertion: JwtAuthenticator
  use_profile_assertion: boolean = false

RefreshTokenUpdater untyped
  refresh_token_name: text = "refresh_token"
  access_token_config_path: list[text] = ["credentials", "access_token"]
  refresh_token_config_path: list[text] = ["credentials", "refresh_token"]
  token_expiry_date_config_path: list[text] = ["credentials", "token_expiry_date"]
  refresh_token_error_status_codes: list[integer] = []
  refresh_token_error_key: text = ""
  refresh_token_error_values: list[text] = []

JwtAuthenticator
  secret_key!: text
  base64_encode_secret_key: boolean = false
  algorithm!: 'HS256' | 'HS384' | 'HS512' | 'ES256' | 'ES256K' | 'ES384' | 'ES512' | 'RS256' |
    'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'EdDSA'
  token_duration: integer = 1200
  header_prefix: text
  jwt_headers: JwtHeaders
  additional_jwt_headers: map
  jwt_payload: JwtPayload
  additional_jwt_payload: map
  passphrase: text
  request_option: RequestOption

JwtHeaders untyped closed
  kid: text
  typ: text = "JWT"
  cty: text

JwtPayload untyped closed
  iss: text
  sub: text
  aud: text

SelectiveAuthenticator
  authenticator_selection_path!: list[text]
  authenticators!: map[ApiKeyAuthenticator | BasicHttpAuthenticator | BearerAuthenticator |
    OAuthAuthenticator | JwtAuthenticator | SessionTokenAuthenticator |
    LegacySessionTokenAuthenticator | CustomAuthenticator | NoAuth |
    RateLimitedMultipleTokenAuthenticator]

SessionTokenAuthenticator
  login_requester!: HttpRequester
  session_token_path!: list[text]
  expiration_duration: text
  request_authentication!: SessionTokenRequestApiKeyAuthenticator |
    SessionTokenRequestBearerAuthenticator
  decoder: JsonDecoder | XmlDecoder

SessionTokenRequestApiKeyAuthenticator as ApiKey
  inject_into!: RequestOption
  api_token: text = "{{ session_token }}"

SessionTokenRequestBearerAuthenticator as Bearer
LegacySessionTokenAuthenticator
  header!: text
  login_url!: text
  session_token: text
  session_token_response_key!: text
  username: text
  password: text = ""
  validate_session_url!: text

RateLimitedMultipleTokenAuthenticator
  tokens!: text | list[text]>=1
  token_delimiter: text = ","
  auth_method: text = "Bearer"
  header: text = "Authorization"
  quota_status_source!: QuotaStatusSource
  quotas!: list[TokenQuota]>=1
  max_wait_time: text = "PT2H"
  budget_reserve_fraction: number = 0.1
  budget_min_reserve: integer = 50

QuotaStatusSource
  url!: text
  http_method: 'GET' | 'POST' = "GET"
  request_headers: map[text]
  unavailable_status_codes: list[integer]

TokenQuota
  name!: text
  remaining_path!: list[text]
  reset_path!: list[text]
  limit_path: list[text]
  matchers: list[HttpRequestRegexMatcher]
  remaining_header: text
  reset_header: text
  limit_header: text
  exhaustion_status_codes: list[integer]

DefaultErrorHandler
  backoff_strategies: list[@backoff]
  max_retries: integer | text = 5
  response_filters: list[HttpResponseFilter]

CompositeErrorHandler
  error_handlers!: list[CompositeErrorHandler | DefaultErrorHandler* | CustomErrorHandler]

HttpResponseFilter
  action: 'SUCCESS' | 'FAIL' | 'RETRY' | 'IGNORE' | 'RESET_PAGINATION' | 'RATE_LIMITED' |
    'REFRESH_TOKEN_THEN_RETRY'
  failure_type: 'system_error' | 'config_error' | 'transient_error'
  error_message: text
  error_message_contains: text
  http_codes: list[integer]
  predicate: text

ConstantBackoffStrategy
  backoff_time_in_seconds!: number>=0 | text
  jitter_range_in_seconds: number>=0

ExponentialBackoffStrategy
  factor: number | text = 5
  jitter_range_in_seconds: number>=0

WaitTimeFromHeader
  header!: text
  regex: text
  max_waiting_time_in_seconds: number | text

WaitUntilTimeFromHeader
  header!: text
  min_wait: number | text
  regex: text
  max_waiting_time_in_seconds: number | text

HTTPAPIBudget
  policies!: list[FixedWindowCallRatePolicy | MovingWindowCallRatePolicy |
    UnlimitedCallRatePolicy]
  ratelimit_reset_header: text = "ratelimit-reset"
  ratelimit_remaining_header: text = "ratelimit-remaining"
  status_codes_for_ratelimit_hit: list[integer] = [429]

FixedWindowCallRatePolicy
  period!: text
  call_limit!: integer
  matchers!: list[HttpRequestRegexMatcher]

MovingWindowCallRatePolicy
  rates!: list[Rate]
  matchers!: list[HttpRequestRegexMatcher]

UnlimitedCallRatePolicy
  matchers!: list[HttpRequestRegexMatcher]

Rate untyped
  limit!: integer | text
  interval!: text

HttpRequestRegexMatcher untyped
  method: text
  url_base: text
  url_path_pattern: text
  params: map
  headers: map
  weight: integer | text
"""
