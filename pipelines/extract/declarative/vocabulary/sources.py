"""Components above the reading: source, check, streams, schemas, specification.

Belongs here: data in the notation of `grammar`, nothing else.
"""

TEXT = r"""
@transformation: AddFields | RemoveFields | KeysToLower | KeysToSnakeCase | FlattenFields |
    DpathFlattenFields | KeysReplace | CustomTransformation
@config_transformation: ConfigRemapField | ConfigAddFields | ConfigRemoveFields |
    CustomConfigTransformation
@requester: HttpRequester | CustomRequester
@extractor: DpathExtractor | CustomRecordExtractor
@retriever: SimpleRetriever* | AsyncRetriever | CustomRetriever
@value_type: 'string' | 'number' | 'integer' | 'boolean'
@schema_loader: InlineSchemaLoader | DynamicSchemaLoader | JsonFileSchemaLoader* |
    CustomSchemaLoader
@stream: DeclarativeStream* | StateDelegatingStream

DeclarativeSource closed
  check!: CheckStream* | CheckDynamicStream
  streams: list[@stream | ConditionalStreams]
  dynamic_streams: list[DynamicDeclarativeStream]
  version!: text
  schemas: map
  definitions: map
  spec: Spec
  concurrency_level: ConcurrencyLevel
  api_budget: HTTPAPIBudget
  stream_groups: map[StreamGroup]
  max_concurrent_async_job_count: integer | text
  metadata: map
  description: text

CheckStream
  stream_names: list[text]
  dynamic_streams_check_configs: list[DynamicStreamCheckConfig]
  config_overrides: map

DynamicStreamCheckConfig
  dynamic_stream_name!: text
  stream_count: integer>=1

CheckDynamicStream
  stream_count!: integer
  use_check_availability: boolean = true
  config_overrides: map

ConcurrencyLevel
  default_concurrency!: integer | text
  max_concurrency: integer

StreamGroup untyped
  streams!: list[DeclarativeStream]
  action!: BlockSimultaneousSyncsAction

BlockSimultaneousSyncsAction
ConditionalStreams
  condition!: text
  streams!: list[DeclarativeStream]

DeclarativeStream
  name: text = ""
  retriever!: @retriever
  incremental_sync: DatetimeBasedCursor | IncrementingCountCursor
  primary_key: text | list[text] | list[list[text]] = ""
  schema_loader: @schema_loader | list[@schema_loader]
  transformations: list[@transformation]
  state_migrations: list[LegacyToPerPartitionStateMigration | CustomStateMigration] = []
  file_uploader: FileUploader

StateDelegatingStream
  name!: text = ""
  full_refresh_stream!: DeclarativeStream
  incremental_stream!: DeclarativeStream
  api_retention_period: text

FileUploader
  requester!: @requester
  download_target_extractor!: @extractor
  file_extractor: @extractor
  filename_extractor: text

LegacyToPerPartitionStateMigration
DynamicDeclarativeStream
  name: text = ""
  stream_template!: @stream
  components_resolver!: HttpComponentsResolver | ConfigComponentsResolver |
    ParametrizedComponentsResolver
  use_parent_parameters: boolean = true

HttpComponentsResolver
  retriever!: @retriever
  components_mapping!: list[ComponentMappingDefinition]

ConfigComponentsResolver
  stream_config!: StreamConfig* | list[StreamConfig*]
  components_mapping!: list[ComponentMappingDefinition]

StreamConfig
  configs_pointer!: list[text]
  default_values: list[map]

ParametrizedComponentsResolver
  stream_parameters!: StreamParametersDefinition
  components_mapping!: list[ComponentMappingDefinition]

StreamParametersDefinition
  list_of_parameters_for_stream!: list[map]

ComponentMappingDefinition
  field_path!: list[text | integer]
  value!: text
  value_type: @value_type
  create_or_update: boolean = false
  condition: text

InlineSchemaLoader
  schema: map

JsonFileSchemaLoader
  file_path: text

DynamicSchemaLoader
  retriever!: @retriever
  schema_filter: RecordFilter | CustomRecordFilter
  schema_transformations: list[@transformation]
  schema_type_identifier!: SchemaTypeIdentifier

SchemaTypeIdentifier
  schema_pointer: list[text] = []
  key_pointer!: list[text]
  type_pointer: list[text]
  types_mapping: list[TypesMap]

TypesMap untyped
  target_type!: text | ComplexFieldType | list[text]
  current_type!: text | list[text]
  condition: text

ComplexFieldType untyped
  field_type!: text
  items: text | ComplexFieldType

Spec
  connection_specification!: map
  documentation_url: text
  advanced_auth: AuthFlow
  config_normalization_rules: ConfigNormalizationRules

AuthFlow untyped
  auth_flow_type: 'oauth2.0' | 'oauth1.0'
  predicate_key: list[text]
  predicate_value: text
  oauth_config_specification: OAuthConfigSpecification

OAuthConfigSpecification untyped
  oauth_user_input_from_connector_config_specification: map
  oauth_connector_input_specification: OauthConnectorInputSpecification
  complete_oauth_output_specification: map
  complete_oauth_server_input_specification: map
  complete_oauth_server_output_specification: map

OauthConnectorInputSpecification untyped
  consent_url!: text
  scope: text
  scopes: list[Scope]
  optional_scopes: list[Scope]
  scopes_join_strategy: 'space' | 'comma' | 'plus' = "space"
  access_token_url!: text
  access_token_headers: map
  access_token_params: map
  extract_output: list[text]
  state: State
  client_id_key: text
  client_secret_key: text
  scope_key: text
  state_key: text
  auth_code_key: text
  redirect_uri_key: text

Scope untyped
  scope!: text

State untyped
  min!: integer
  max!: integer

ConfigNormalizationRules closed
  config_migrations: list[ConfigMigration] = []
  transformations: list[@config_transformation] = []
  validations: list[DpathValidator | PredicateValidator] = []

ConfigMigration
  description: text
  transformations!: list[@config_transformation] = []

ConfigRemapField
  map!: map | text
  field_path!: list[text]

ConfigAddFields
  fields!: list[AddedFieldDefinition]
  condition: text = ""

ConfigRemoveFields
  field_pointers!: list[list[text]]
  condition: text = ""

DpathValidator
  field_path!: list[text]
  validation_strategy!: ValidateAdheresToSchema | CustomValidationStrategy

PredicateValidator
  value!: any
  validation_strategy!: ValidateAdheresToSchema | CustomValidationStrategy

ValidateAdheresToSchema
  base_schema!: text | map
"""
