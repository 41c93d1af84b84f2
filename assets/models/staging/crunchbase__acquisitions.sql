/*
description: >
  Acquisitions of the Crunchbase export, typed, each exact duplicate dropped and counted in
  `occurrences`. The key is made from buyer, bought, day and price as written.
owner: data@headwater.example
key: [acquisition_key]
columns:
  acquisition_key: Hash of both companies, day and price, and a number where these are alike.
  company_permalink: The company that was bought.
  company_name: Its name, mojibake undone.
  company_country_alpha3: Its country, ISO 3166 alpha-3.
  company_region: Its metropolitan region.
  company_city: Its city, mojibake undone.
  acquirer_permalink: The company that bought it.
  acquirer_name: Name of the buyer, mojibake undone.
  acquirer_country_alpha3: Country of the buyer, ISO 3166 alpha-3.
  acquirer_region: Metropolitan region of the buyer.
  acquirer_city: City of the buyer, mojibake undone.
  acquired_on: Day of the acquisition.
  acquired_on_raw: Day of the acquisition as the export has it.
  price_amount: Price in `price_currency`; null where it was not disclosed.
  price_amount_raw: Price as the export has it.
  price_currency: Currency of the price, ISO 4217; null where there is no price.
  occurrences: How often exactly this row stands in the export.
  repairs: What was repaired, one sentence each; empty where nothing was.
  source_file: File the first such row was read from.
  source_line: Line of that file.
checks:
  - expect_column_values_to_not_be_null: {column: company_permalink}
  - expect_column_values_to_not_be_null: {column: acquirer_permalink, severity: warning}
  - expect_column_values_to_match_regex: {column: price_currency, regex: "^[A-Z]{3}$"}
  - expect_column_values_to_not_be_null:
      column: price_currency
      row_condition: "price_amount IS NOT NULL"
      severity: warning
  - expect_column_values_to_be_between: {column: price_amount, min_value: 0}
  - expect_column_values_to_be_between:
      column: price_amount
      max_value: 1000000000000
      row_condition: "price_currency IN ('USD', 'EUR', 'GBP', 'CAD')"
      severity: warning
      description: No company was ever bought for a million millions.
  - expect_column_values_to_be_between:
      {column: acquired_on, min_value: "1900-01-01", max_value: "2100-12-31"}
  - expect_column_values_to_be_in_set:
      column: occurrences
      value_set: [1]
      severity: warning
      description: No acquisition stands in the export more than once.
*/
WITH copies AS (
    SELECT
        company_permalink,
        company_name,
        company_country_code,
        company_region,
        company_city,
        acquirer_permalink,
        acquirer_name,
        acquirer_country_code,
        acquirer_region,
        acquirer_city,
        acquired_at,
        price_amount,
        price_currency_code,
        COUNT(*) AS occurrences,
        ARG_MIN(_file, (_file, _line)) AS _file,
        ARG_MIN(_line, (_file, _line)) AS _line
    FROM raw.crunchbase__acquisitions
    GROUP BY ALL
),

typed AS (
    SELECT
        *,
        TRY_CAST(acquired_at AS DATE) AS acquired,
        TRY_CAST(price_amount AS DECIMAL(18, 2)) AS price,
        MD5(
            CONCAT_WS(
                CHR(31),
                company_permalink,
                COALESCE(acquirer_permalink, ''),
                COALESCE(acquired_at, ''),
                COALESCE(price_amount, ''),
                COALESCE(price_currency_code, '')
            )
        ) AS digest
    FROM copies
)

SELECT
    c.digest || '-' || ROW_NUMBER() OVER (
        PARTITION BY c.digest ORDER BY c.company_name, c.acquirer_name, c._file, c._line
    ) AS acquisition_key,
    c.company_permalink,
    COALESCE(n.text, c.company_name) AS company_name,
    c.company_country_code AS company_country_alpha3,
    NULLIF(c.company_region, 'unknown') AS company_region,
    COALESCE(t.text, c.company_city) AS company_city,
    c.acquirer_permalink,
    COALESCE(a.text, c.acquirer_name) AS acquirer_name,
    c.acquirer_country_code AS acquirer_country_alpha3,
    NULLIF(c.acquirer_region, 'unknown') AS acquirer_region,
    COALESCE(b.text, c.acquirer_city) AS acquirer_city,
    CASE WHEN YEAR(c.acquired) BETWEEN 1900 AND 2100 THEN c.acquired END AS acquired_on,
    c.acquired_at AS acquired_on_raw,
    c.price AS price_amount,
    c.price_amount AS price_amount_raw,
    CASE WHEN c.price IS NOT NULL THEN c.price_currency_code END AS price_currency,
    c.occurrences,
    LIST_FILTER(
        [
            'company_name: ' || n.repair,
            'company_city: ' || t.repair,
            'acquirer_name: ' || a.repair,
            'acquirer_city: ' || b.repair,
            CASE
                WHEN c.acquired_at IS NOT NULL
                    AND COALESCE(YEAR(c.acquired) NOT BETWEEN 1900 AND 2100, TRUE)
                    THEN 'acquired_on: no possible date; left null'
            END,
            CASE
                WHEN c.price_amount IS NOT NULL AND c.price IS NULL
                    THEN 'price_amount: ' || c.price_amount[:40] || ' is no number; left null'
                WHEN c.price_amount ILIKE '%e%'
                    THEN 'price_amount: a spreadsheet wrote it with a power of ten; read as it '
                        || 'stands, further digits are lost'
            END,
            CASE
                WHEN c.occurrences > 1
                    THEN 'row: exact duplicates dropped: ' || (c.occurrences - 1)
            END
        ],
        LAMBDA repair: repair IS NOT NULL
    ) AS repairs,
    c._file AS source_file,
    c._line AS source_line
FROM typed AS c
LEFT JOIN staging.crunchbase__text_repairs AS n ON c.company_name = n.text_raw
LEFT JOIN staging.crunchbase__text_repairs AS t ON c.company_city = t.text_raw
LEFT JOIN staging.crunchbase__text_repairs AS a ON c.acquirer_name = a.text_raw
LEFT JOIN staging.crunchbase__text_repairs AS b ON c.acquirer_city = b.text_raw
