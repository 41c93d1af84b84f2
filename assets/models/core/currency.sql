/*
description: >
  Currencies that euro reference rates exist or existed for, and what became of those that
  ended: into which currency they went, and how many of their units made one of it.
owner: finance@headwater.example
key: [currency_code]
columns:
  currency_code: ISO 4217.
  is_current: False where the currency is no longer in use.
  ended_on: Last day of the currency as money of its own; null where it is in use.
  successor_currency: Currency it went into; null where it is in use.
  first_rated_on: First day in the warehouse with a rate; null where there is none.
  last_rated_on: Last day in the warehouse with a rate; publishing may stop before a currency ends.
  successor_rate: Units of the old currency that made one unit of the new one.
checks:
  - expect_column_values_to_match_regex: {column: currency_code, regex: "^[A-Z]{3}$"}
  - expect_column_values_to_not_be_null:
      column: successor_rate
      row_condition: "NOT is_current"
  - expect_column_values_to_be_between: {column: successor_rate, min_value: 0, strict_min: true}
*/
WITH ended (currency_code, ended_on, successor_currency, successor_rate) AS (
    VALUES
    ('TRL', DATE '2004-12-31', 'TRY', CAST('1000000' AS DECIMAL(18, 6))),
    ('ROL', DATE '2005-06-30', 'RON', CAST('10000' AS DECIMAL(18, 6))),
    ('SIT', DATE '2006-12-31', 'EUR', CAST('239.64' AS DECIMAL(18, 6))),
    ('CYP', DATE '2007-12-31', 'EUR', CAST('0.585274' AS DECIMAL(18, 6))),
    ('MTL', DATE '2007-12-31', 'EUR', CAST('0.4293' AS DECIMAL(18, 6))),
    ('SKK', DATE '2008-12-31', 'EUR', CAST('30.126' AS DECIMAL(18, 6))),
    ('EEK', DATE '2010-12-31', 'EUR', CAST('15.6466' AS DECIMAL(18, 6))),
    ('LVL', DATE '2013-12-31', 'EUR', CAST('0.702804' AS DECIMAL(18, 6))),
    ('LTL', DATE '2014-12-31', 'EUR', CAST('3.4528' AS DECIMAL(18, 6))),
    ('HRK', DATE '2022-12-31', 'EUR', CAST('7.5345' AS DECIMAL(18, 6))),
    ('BGN', DATE '2025-12-31', 'EUR', CAST('1.95583' AS DECIMAL(18, 6)))
),

known AS (
    SELECT 'EUR' AS currency_code
    UNION
    SELECT quote_currency FROM staging.ecb_fx__rates
    UNION
    SELECT currency_code FROM ended
),

rated AS (
    SELECT
        quote_currency,
        MIN(rate_on) AS first_rated_on,
        MAX(rate_on) AS last_rated_on
    FROM staging.ecb_fx__rates
    WHERE rate IS NOT NULL
    GROUP BY quote_currency
)

SELECT
    k.currency_code,
    e.ended_on IS NULL AS is_current,
    e.ended_on,
    e.successor_currency,
    e.successor_rate,
    r.first_rated_on,
    r.last_rated_on
FROM known AS k
LEFT JOIN ended AS e ON k.currency_code = e.currency_code
LEFT JOIN rated AS r ON k.currency_code = r.quote_currency
