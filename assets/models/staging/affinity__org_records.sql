/*
description: >
  Companies of Affinity as matching takes them, without people, whom Affinity
  doesn't tie to one company.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: Identity of the company in Affinity.
  name: Name as the system has it.
  websites: Addresses of sites and domains.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
SELECT
    'affinity' AS source,
    CAST(c.id AS VARCHAR) AS source_id,
    c.name,
    LIST_SORT(LIST_DISTINCT(LIST_CONCAT([c.domain], COALESCE(c.domains, [])))) AS websites
FROM raw.affinity__companies AS c
WHERE c.name IS NOT NULL
