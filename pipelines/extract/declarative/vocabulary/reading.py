"""Components that read: retrievers, paginators, cursors, partitions, decoders.

Belongs here: data in the notation of `grammar`, nothing else.
"""

TEXT = r"""
@decoder: JsonDecoder | JsonItemsDecoder | XmlDecoder | CsvDecoder | JsonlDecoder | GzipDecoder
    | IterableDecoder | ZipfileDecoder | CustomDecoder
@unpacked: CsvDecoder | GzipDecoder | JsonDecoder | JsonItemsDecoder | JsonlDecoder
@partition_router: SubstreamPartitionRouter | ListPartitionRouter | GroupingPartitionRouter |
    UnionPartitionRouter | CustomPartitionRouter
@plain_partition_router: ListPartitionRouter | SubstreamPartitionRouter | UnionPartitionRouter |
    CustomPartitionRouter

SimpleRetriever
  requester!: @requester
  decoder: @decoder
  record_selector!: RecordSelector
  paginator: DefaultPaginator | NoPagination*
  pagination_reset: PaginationReset
  ignore_stream_slicer_parameters_on_paginated_requests: boolean = false
  partition_router: @partition_router | list[@partition_router]

AsyncRetriever
  record_selector!: RecordSelector
  status_mapping!: AsyncJobStatusMap
  status_extractor!: @extractor
  download_target_extractor: @extractor
  download_extractor: @extractor | ResponseToFileExtractor
  creation_requester!: @requester
  polling_requester!: @requester
  polling_job_timeout: integer | text
  failed_retry_wait_time_in_seconds: integer>=1 | text
  download_target_requester: @requester
  download_requester!: @requester
  download_paginator: DefaultPaginator | NoPagination
  abort_requester: @requester
  delete_requester: @requester
  partition_router: @partition_router | list[@partition_router] = []
  decoder: @decoder
  download_decoder: @decoder

AsyncJobStatusMap
  running!: list[text]
  completed!: list[text]
  failed!: list[text]
  timeout!: list[text]
  skipped: list[text]

RecordSelector
  extractor!: @extractor
  record_filter: RecordFilter | CustomRecordFilter
  schema_normalization: 'Default' | 'None' | CustomSchemaNormalization
  transform_before_filtering: boolean

DpathExtractor
  field_path!: list[text]
  record_expander: RecordExpander

RecordExpander
  expand_records_from_field!: list[text]
  remain_original_record: boolean = false
  on_no_records: 'skip' | 'emit_parent' = "skip"

ResponseToFileExtractor
  preserve_na_values: boolean = false

RecordFilter
  condition: text = ""

DefaultPaginator
  pagination_strategy!: PageIncrement | OffsetIncrement | CursorPagination |
    CustomPaginationStrategy
  page_size_option: RequestOption
  page_token_option: RequestOption | RequestPath

NoPagination
CursorPagination
  cursor_value!: text
  page_size: integer | text
  stop_condition: text

OffsetIncrement
  page_size: integer | text
  inject_on_first_request: boolean = false

PageIncrement
  page_size: integer | text
  start_from_page: integer = 0
  inject_on_first_request: boolean = false

PaginationReset
  action!: 'SPLIT_USING_CURSOR' | 'RESET'
  limits: PaginationResetLimits

PaginationResetLimits
  number_of_records: integer

DatetimeBasedCursor
  clamping: Clamping
  cursor_field!: text
  allow_catalog_defined_cursor_field: boolean
  cursor_datetime_formats: list[text]
  start_datetime!: MinMaxDatetime* | text
  start_time_option: RequestOption
  end_datetime: MinMaxDatetime* | text
  end_time_option: RequestOption
  datetime_format!: text
  cursor_granularity: text
  is_data_feed: boolean
  is_client_side_incremental: boolean
  is_compare_strictly: boolean = false
  global_substream_cursor: boolean = false
  lookback_window: text
  partition_field_end: text
  partition_field_start: text
  step: text

Clamping untyped
  target!: text
  target_details: map

MinMaxDatetime
  datetime!: text
  datetime_format: text = ""
  max_datetime: text
  min_datetime: text

IncrementingCountCursor
  cursor_field!: text
  allow_catalog_defined_cursor_field: boolean
  start_value: text | integer
  start_value_option: RequestOption

ListPartitionRouter
  cursor_field!: text
  values!: text | list[text]
  request_option: RequestOption

SubstreamPartitionRouter
  parent_stream_configs!: list[ParentStreamConfig]

ParentStreamConfig
  stream!: @stream
  parent_key!: text
  partition_field!: text
  request_option: RequestOption
  incremental_dependency: boolean = false
  lazy_read_pointer: list[text] = []
  extra_fields: list[list[text]]

GroupingPartitionRouter
  group_size!: integer
  underlying_partition_router!: @plain_partition_router
  deduplicate: boolean = true

UnionPartitionRouter
  partition_field!: text
  partition_routers!: list[@plain_partition_router]>=2

JsonDecoder
JsonItemsDecoder
  items_path!: text
  encoding: text = "utf-8"

JsonlDecoder
IterableDecoder
CsvDecoder
  encoding: text = "utf-8"
  delimiter: text = ","
  set_values_to_none: list[text]

XmlDecoder
GzipDecoder
  decoder!: @unpacked

ZipfileDecoder
  decoder!: @unpacked

AddFields
  fields!: list[AddedFieldDefinition]
  condition: text = ""

AddedFieldDefinition
  path!: list[text]
  value!: text
  value_type: @value_type

RemoveFields
  condition: text = ""
  field_pointers!: list[list[text]]

KeysToLower
KeysToSnakeCase
KeysReplace
  old!: text
  new!: text

FlattenFields
  flatten_lists: boolean = true

DpathFlattenFields
  field_path!: list[text]
  delete_origin_value: boolean
  replace_record: boolean
  key_transformation: KeyTransformation

KeyTransformation
  prefix: text
  suffix: text
"""
