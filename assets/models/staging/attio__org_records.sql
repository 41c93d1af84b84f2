/*
description: >
  Companies of Attio as matching takes them, with the people who work there.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: Identity of the company's record in Attio.
  name: Name as the system has it.
  websites: Addresses of sites and domains.
  emails: Addresses of people who work there.
  people: Names of founders, officers and contacts.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
WITH contacts AS (
    SELECT
        p.company_id,
        LIST(DISTINCT p.email_address ORDER BY p.email_address)
            FILTER (p.email_address IS NOT NULL) AS emails,
        LIST(DISTINCT p.name ORDER BY p.name) FILTER (p.name IS NOT NULL) AS people
    FROM raw.attio__people AS p
    GROUP BY p.company_id
)

SELECT
    'attio' AS source,
    c.record_id AS source_id,
    c.name,
    LIST_FILTER([c.domain], LAMBDA site: site IS NOT NULL) AS websites,
    p.emails,
    p.people
FROM raw.attio__companies AS c
LEFT JOIN contacts AS p ON c.record_id = p.company_id
WHERE c.name IS NOT NULL
