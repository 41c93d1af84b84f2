/*
description: >
  Companies that send workbooks, as matching takes them: a name and nothing else.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: The name in small letters.
  name: Name as the system has it.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
SELECT
    'portfolio' AS source,
    LOWER(k.company) AS source_id,
    MIN(k.company) AS name
FROM staging.portfolio_kpi__observations AS k
WHERE k.company IS NOT NULL
GROUP BY LOWER(k.company)
