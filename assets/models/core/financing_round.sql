/*
description: >
  Financing rounds that a market-data source announced. Offerings filed with the SEC are in
  core.filing and are not joined to these yet.
owner: data@headwater.example
key: [round_id]
columns:
  round_id: Source and a hash of what tells a round apart in it; stable.
  org_id: The organization that was financed, as in core.organization.
  source: crunchbase.
  round_type: angel, seed, venture, series_a …, in one spelling.
  announced_on: Day of the round; null where it is not known.
  amount_usd: {description: "Amount raised; null where it was not disclosed.", unit: USD}
  occurrences: How often the source states exactly this round.
checks:
  - expect_column_values_to_not_be_null: {column: org_id}
  - expect_column_values_to_be_between: {column: amount_usd, min_value: 0, max_value: 100000000000}
  - expect_column_values_to_be_between: {column: occurrences, min_value: 1}
  - expect_column_values_to_not_be_null: {column: announced_on, severity: warning}
  - expect_column_values_to_not_be_null: {column: amount_usd, severity: info}
*/
SELECT
    'crunchbase:' || r.round_key AS round_id,
    'crunchbase:' || r.company_permalink AS org_id,
    'crunchbase' AS source,
    REPLACE(REPLACE(r.round_type, '-', '_'), '+', '_plus') AS round_type,
    r.funded_on AS announced_on,
    r.amount_usd,
    r.occurrences
FROM staging.crunchbase__rounds AS r
WHERE r.company_permalink IS NOT NULL
