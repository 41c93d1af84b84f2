/*
description: Holders of every cap table package, typed.
owner: data@headwater.example
key: [package, stakeholder_id]
columns:
  package: Folder of the package.
  stakeholder_id: Identity within the package.
  legal_name: Legal name.
  stakeholder_type: INDIVIDUAL or INSTITUTION.
  relationships: What the holder is to the issuer, e.g. INVESTOR.
  status: ACTIVE, LEAVE_OF_ABSENCE …
checks:
  - expect_column_values_to_not_be_null: {column: legal_name, severity: warning}
  - expect_column_values_to_be_in_set:
      {column: stakeholder_type, value_set: [INDIVIDUAL, INSTITUTION]}
*/
SELECT
    REGEXP_REPLACE(s._file, '[^/]*$', '') AS package,
    s.id AS stakeholder_id,
    s.name.legal_name AS legal_name,
    s.stakeholder_type,
    COALESCE(s.current_relationships, []) AS relationships,
    s.current_status AS status
FROM raw.ocf__stakeholders AS s
WHERE s.id IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY REGEXP_REPLACE(s._file, '[^/]*$', ''), s.id ORDER BY s._file, s._path
) = 1
