/*
description: >
  Euro reference rates, one row a publishing day and currency, from the history and from the
  daily file; where both hold a day, the history counts. N/A stays a row without a rate.
owner: data@headwater.example
key: [rate_on, quote_currency]
columns:
  rate_on: Publishing day.
  rate_on_raw: The day as the file writes it.
  quote_currency: Currency, ISO 4217.
  rate: Units of the currency for one euro, exactly as published; null where none was.
  rate_raw: The rate as the file writes it.
  file_kind: history or daily.
  repairs: What was repaired, one sentence each; empty where nothing was.
checks:
  - expect_column_values_to_match_regex: {column: quote_currency, regex: "^[A-Z]{3}$"}
  - expect_column_values_to_be_between:
      {column: rate_on, min_value: "1999-01-04", max_value: "2100-12-31"}
  - expect_column_values_to_be_between: {column: rate, min_value: 0, strict_min: true}
  - expect_column_values_to_not_be_null:
      column: rate
      row_condition: "rate_raw <> 'N/A'"
      description: Every rate that is stated is a number.
*/
WITH long AS (
    SELECT date, quote, rate, 'history' AS file_kind
    FROM (
        UNPIVOT raw.ecb_fx__history ON COLUMNS('^[a-z]{3}$') INTO NAME quote VALUE rate
    )
    UNION ALL
    SELECT date, quote, rate, 'daily' AS file_kind
    FROM (
        UNPIVOT raw.ecb_fx__daily ON COLUMNS('^[a-z]{3}$') INTO NAME quote VALUE rate
    )
),

dated AS (
    SELECT
        *,
        COALESCE(
            TRY_CAST(date AS DATE), CAST(TRY_STRPTIME(date, '%d %B %Y') AS DATE)
        ) AS rate_on
    FROM long
)

SELECT
    rate_on,
    date AS rate_on_raw,
    UPPER(quote) AS quote_currency,
    TRY_CAST(rate AS DECIMAL(20, 8)) AS rate,
    rate AS rate_raw,
    file_kind,
    LIST_FILTER(
        [
            CASE
                WHEN TRY_CAST(date AS DATE) IS NULL
                    THEN 'rate_on: written with the month in words'
            END
        ],
        LAMBDA repair: repair IS NOT NULL
    ) AS repairs
FROM dated
WHERE rate_on IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY rate_on, UPPER(quote) ORDER BY CASE file_kind WHEN 'history' THEN 1 ELSE 2 END
) = 1
