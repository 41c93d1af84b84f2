/*
description: >
  Issuers of cap tables and the institutions that hold their shares, as matching takes them. Each
  package names its holders anew, so one investor may have as many ids as there are packages.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: Identity in the cap table's package.
  scope: Within it two ids are two organizations; across it they may be one.
  name: Name as the system has it.
  other_names: Former and trading names.
  country_code: Country, ISO 3166-1 alpha-2; NA is Namibia.
  founded_year: Year of founding or incorporation.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
SELECT
    'ocf' AS source,
    o.id AS source_id,
    'issuers' AS scope,
    o.legal_name AS name,
    LIST_FILTER([o.dba], LAMBDA other: other IS NOT NULL) AS other_names,
    o.country_of_formation AS country_code,
    YEAR(TRY_CAST(o.formation_date AS DATE)) AS founded_year
FROM raw.ocf__issuers AS o
WHERE o.id IS NOT NULL AND o.legal_name IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY o.id ORDER BY o._file, o._path) = 1
UNION ALL
SELECT
    'ocf',
    h.stakeholder_id,
    h.package,
    h.legal_name,
    [],
    NULL,
    NULL
FROM staging.ocf__stakeholders AS h
WHERE h.stakeholder_type = 'INSTITUTION' AND h.legal_name IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY h.stakeholder_id ORDER BY h.package) = 1
