/*
description: >
  Exchange rates, one row a day, pair and source, exactly as published: units of the quote
  currency for one unit of the base currency. There is no row for a day without publication.
owner: finance@headwater.example
key: [base_currency, quote_currency, rate_on, source]
materialized: incremental
incremental: {table: staging.ecb_fx__rates, by: [rate_on]}
columns:
  base_currency: Currency of which one unit is bought, ISO 4217.
  quote_currency: Currency that is paid, ISO 4217.
  rate_on: Publishing day.
  rate: Units of the quote currency for one unit of the base currency.
  source: Who published it.
checks:
  - expect_column_values_to_be_between: {column: rate, min_value: 0, strict_min: true}
  - expect_column_values_to_not_be_null: {column: rate}
  - expect_column_values_to_match_regex: {column: quote_currency, regex: "^[A-Z]{3}$"}
*/
SELECT
    'EUR' AS base_currency,
    r.quote_currency,
    r.rate_on,
    r.rate,
    'ecb' AS source
FROM staging.ecb_fx__rates AS r
WHERE r.rate IS NOT NULL
