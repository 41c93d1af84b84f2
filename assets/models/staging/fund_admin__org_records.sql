/*
description: >
  Companies held, limited partners and funds of the administrator's books, as matching takes
  them; ids of three kinds, so each begins with what it is.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: "company:, investor: or fund:, and the key or name in the books."
  name: Name as the system has it.
  emails: Addresses of people who work there.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
SELECT
    'fund_admin' AS source,
    'company:' || p.company AS source_id,
    p.company AS name,
    CAST([] AS VARCHAR[]) AS emails
FROM raw.fund_admin__positions AS p
WHERE p.company IS NOT NULL
GROUP BY p.company
UNION ALL
SELECT
    'fund_admin',
    'investor:' || i.investor_id,
    i.name,
    LIST_FILTER([i.contact_email], LAMBDA box: box IS NOT NULL)
FROM raw.fund_admin__investors AS i
UNION ALL
SELECT
    'fund_admin',
    'fund:' || f.fund_id,
    f.name,
    []
FROM raw.fund_admin__funds AS f
