/*
description: >
  Financing rounds of the Crunchbase export, typed, each exact duplicate dropped and counted in
  `occurrences`. The export gives rounds no identity, so `round_key` is made from what tells a
  round apart: company, type, day and amount as written.
owner: data@headwater.example
key: [round_key]
columns:
  round_key: Hash of company, type, day and amount, and a number where these are alike.
  company_permalink: The company that was financed.
  company_name: Its name, mojibake undone.
  region: Metropolitan region of the company; null where the export says unknown.
  round_type: Kind of round in Crunchbase's words.
  funded_on: Day of the round; null where the day is a placeholder or impossible.
  funded_on_raw: Day of the round as the export has it.
  amount_usd: {description: "Amount raised; null where it was not disclosed.", unit: USD}
  occurrences: How often exactly this row stands in the export.
  repairs: What was repaired, one sentence each; empty where nothing was.
  source_file: File the first such row was read from.
  source_line: Line of that file.
checks:
  - expect_column_values_to_not_be_null: {column: company_permalink}
  - expect_column_values_to_be_in_set:
      column: round_type
      value_set: [angel, crowdfunding, other, post-ipo, private-equity, series-a, series-b,
                  series-c+, venture]
      severity: warning
  - expect_column_values_to_be_between:
      {column: funded_on, min_value: "1900-01-01", max_value: "2100-12-31"}
  - expect_column_values_to_be_between: {column: amount_usd, min_value: 0}
  - expect_column_values_to_be_in_set:
      column: occurrences
      value_set: [1]
      severity: warning
      description: No round stands in the export more than once.
  - expect_column_values_to_not_be_null:
      column: funded_on
      severity: warning
      description: The day of every round is known.
*/
WITH copies AS (
    SELECT
        company_permalink,
        company_name,
        company_region,
        funding_round_type,
        funded_at,
        raised_amount_usd,
        COUNT(*) AS occurrences,
        ARG_MIN(_file, (_file, _line)) AS _file,
        ARG_MIN(_line, (_file, _line)) AS _line
    FROM raw.crunchbase__rounds
    GROUP BY ALL
),

typed AS (
    SELECT
        *,
        TRY_CAST(funded_at AS DATE) AS funded,
        TRY_CAST(raised_amount_usd AS DECIMAL(18, 2)) AS amount,
        MD5(
            CONCAT_WS(
                CHR(31),
                company_permalink,
                COALESCE(funding_round_type, ''),
                COALESCE(funded_at, ''),
                COALESCE(raised_amount_usd, '')
            )
        ) AS digest
    FROM copies
)

SELECT
    c.digest || '-' || ROW_NUMBER() OVER (
        PARTITION BY c.digest ORDER BY c.company_name, c.company_region
    ) AS round_key,
    c.company_permalink,
    COALESCE(n.text, c.company_name) AS company_name,
    NULLIF(c.company_region, 'unknown') AS region,
    c.funding_round_type AS round_type,
    CASE
        WHEN YEAR(c.funded) BETWEEN 1900 AND 2100 THEN NULLIF(c.funded, DATE '1960-01-01')
    END AS funded_on,
    c.funded_at AS funded_on_raw,
    c.amount AS amount_usd,
    c.occurrences,
    LIST_FILTER(
        [
            'company_name: ' || n.repair,
            CASE
                WHEN c.funded = DATE '1960-01-01'
                    THEN 'funded_on: 1960-01-01 stands for a day that is not known; left null'
                WHEN YEAR(c.funded) NOT BETWEEN 1900 AND 2100
                    THEN 'funded_on: no round was made in that year; left null'
                WHEN c.funded_at IS NOT NULL AND c.funded IS NULL
                    THEN 'funded_on: no date; left null'
            END,
            CASE
                WHEN c.raised_amount_usd IS NOT NULL AND c.amount IS NULL
                    THEN 'amount_usd: ' || c.raised_amount_usd[:40] || ' is no number; left null'
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
