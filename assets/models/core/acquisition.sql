/*
description: Acquisitions that a market-data source announced, both sides as organizations.
owner: data@headwater.example
key: [acquisition_id]
columns:
  acquisition_id: Source and a hash of what tells an acquisition apart in it; stable.
  org_id: The organization that was bought, as in core.organization.
  acquirer_org_id: The organization that bought it, as in core.organization.
  source: crunchbase.
  acquired_on: Day of the acquisition.
  price_amount: Price in `price_currency`; null where it was not disclosed.
  price_currency: Currency of the price, ISO 4217.
  occurrences: How often the source states exactly this acquisition.
checks:
  - expect_column_values_to_not_be_null: {column: org_id}
  - expect_column_values_to_be_between: {column: price_amount, min_value: 0}
  - expect_column_values_to_match_regex: {column: price_currency, regex: "^[A-Z]{3}$"}
  - expect_column_values_to_not_be_null: {column: acquired_on, severity: warning}
*/
SELECT
    'crunchbase:' || a.acquisition_key AS acquisition_id,
    'crunchbase:' || a.company_permalink AS org_id,
    'crunchbase:' || a.acquirer_permalink AS acquirer_org_id,
    'crunchbase' AS source,
    a.acquired_on,
    a.price_amount,
    a.price_currency,
    a.occurrences
FROM staging.crunchbase__acquisitions AS a
WHERE a.company_permalink IS NOT NULL
