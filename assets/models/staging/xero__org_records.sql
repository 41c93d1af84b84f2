/*
description: >
  Contacts of the books in Xero as matching takes them: customers and suppliers, archived ones
  included. One without an address of its own is known by its name alone.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: Identity of the contact in Xero.
  name: Name as the system has it.
  emails: Addresses of people who work there.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
SELECT
    'xero' AS source,
    c.contact_id AS source_id,
    c.name,
    LIST_FILTER([NULLIF(TRIM(c.email_address), '')], LAMBDA box: box IS NOT NULL) AS emails
FROM raw.xero__contacts AS c
WHERE NULLIF(TRIM(c.name), '') IS NOT NULL AND c.contact_status IS DISTINCT FROM 'GDPRREQUEST'
