/*
description: >
  Customers of Stripe that are not deleted and have a name, as matching takes them.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: Identity of the customer in Stripe.
  name: Name as the system has it.
  emails: Addresses of people who work there.
  country_code: Country, ISO 3166-1 alpha-2; NA is Namibia.
  city: City, free text.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
SELECT
    'stripe' AS source,
    c.id AS source_id,
    c.name,
    LIST_FILTER([c.email], LAMBDA box: box IS NOT NULL) AS emails,
    UPPER(JSON_EXTRACT_STRING(c.address, '$.country')) AS country_code,
    JSON_EXTRACT_STRING(c.address, '$.city') AS city
FROM raw.stripe__customers AS c
WHERE NULLIF(TRIM(c.name), '') IS NOT NULL AND NOT COALESCE(c.is_deleted, FALSE)
