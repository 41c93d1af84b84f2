/*
description: >
  Customers and vendors of the books in QuickBooks as matching takes them; their ids are of two
  series, so each begins with what it is.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: "customer: or vendor:, and the identity in QuickBooks."
  name: Name as the system has it.
  emails: Addresses of people who work there.
  city: City, free text.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
SELECT
    'quickbooks' AS source,
    'customer:' || c.id AS source_id,
    c.display_name AS name,
    LIST_FILTER([JSON_EXTRACT_STRING(c.primary_email_addr, '$.Address')], LAMBDA box: box IS NOT NULL) AS emails,
    JSON_EXTRACT_STRING(c.bill_addr, '$.City') AS city
FROM raw.quickbooks__customers AS c
WHERE c.display_name IS NOT NULL
UNION ALL
SELECT
    'quickbooks',
    'vendor:' || v.id,
    v.display_name,
    [],
    JSON_EXTRACT_STRING(v.bill_addr, '$.City')
FROM raw.quickbooks__vendors AS v
WHERE v.display_name IS NOT NULL
