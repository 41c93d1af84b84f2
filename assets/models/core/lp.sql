/*
description: Limited partners, the investors in the firm's funds, as the administrator knows them.
owner: finance@headwater.example
key: [lp_id]
columns:
  lp_id: Source and key of the investor in it, joined by a colon; stable.
  name: Name of the investor.
  kind: pension fund, endowment …
  source: fund_admin.
  source_id: The investor's identity in the source, as core.org_xref has it.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
SELECT
    'fund_admin:' || i.investor_id AS lp_id,
    i.name,
    i.kind,
    'fund_admin' AS source,
    'investor:' || i.investor_id AS source_id
FROM raw.fund_admin__investors AS i
