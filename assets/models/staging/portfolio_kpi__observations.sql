/*
description: >
  Key figures of portfolio companies, typed. Companies write days in four ways, one of them an
  accounting system's /Date(milliseconds)/, and write n/a for what they do not report.
owner: portfolio@headwater.example
key: [observation_id]
columns:
  observation_id: File, cells and so the one statement that the row is.
  company: Company, as it calls itself.
  metric: Metric in lower case, words joined by _.
  metric_raw: Metric as the sheet has it.
  unit: Currency, people or percent.
  scenario: actual or budget.
  granularity: month or quarter.
  period_end_on: Last day of the period.
  period_end_raw: That day as the sheet has it.
  value: The value in `unit`, exact; null where it is not reported.
  value_raw: The value as the sheet has it.
  comment: What the company adds.
  repairs: What was repaired, one sentence each; empty where nothing was.
  source_file: Workbook the row was read from.
  source_path: Sheet and cells the row was read from.
checks:
  - expect_column_values_to_not_be_null: {column: company}
  - expect_column_values_to_not_be_null: {column: period_end_on, severity: warning}
  - expect_column_values_to_be_in_set:
      {column: scenario, value_set: [actual, budget], severity: warning}
  - expect_column_values_to_be_in_set:
      {column: granularity, value_set: [month, quarter], severity: warning}
  - expect_column_values_to_be_between:
      {column: period_end_on, min_value: "2000-01-01", max_value: "2100-12-31"}
  - expect_column_values_to_not_be_null:
      column: value
      severity: warning
      description: Every company reports every figure.
*/
WITH typed AS (
    SELECT
        o.*,
        CASE
            WHEN REGEXP_MATCHES(TRIM(o.value), '^[+-]?[0-9]{1,3}([, ][0-9]{3})+([.][0-9]+)?$')
                THEN REPLACE(REPLACE(TRIM(o.value), ',', ''), ' ', '')
            ELSE TRIM(o.value)
        END AS digits,
        CASE
            WHEN o.period_end LIKE '/Date(%'
                THEN CAST(
                    EPOCH_MS(CAST(REGEXP_EXTRACT(o.period_end, '-?[0-9]+') AS BIGINT)) AS DATE
                )
            ELSE COALESCE(
                TRY_CAST(LEFT(TRIM(o.period_end), 10) AS DATE),
                CAST(TRY_STRPTIME(TRIM(o.period_end), '%d %B %Y') AS DATE),
                CAST(TRY_STRPTIME(TRIM(o.period_end), '%d.%m.%Y') AS DATE)
            )
        END AS period_end_on
    FROM raw.portfolio_kpi__observations AS o
)

SELECT
    t._file || '#' || t._path AS observation_id,
    TRIM(t.company) AS company,
    LOWER(REGEXP_REPLACE(TRIM(t.metric), '[^A-Za-z0-9]+', '_', 'g')) AS metric,
    t.metric AS metric_raw,
    NULLIF(TRIM(t.unit), '') AS unit,
    LOWER(TRIM(t.scenario)) AS scenario,
    LOWER(TRIM(t.granularity)) AS granularity,
    t.period_end_on,
    t.period_end AS period_end_raw,
    TRY_CAST(t.digits AS DECIMAL(24, 6)) AS value,
    t.value AS value_raw,
    NULLIF(TRIM(t.comment), '') AS comment,
    LIST_FILTER(
        [
            CASE
                WHEN t.period_end LIKE '/Date(%'
                    THEN 'period_end_on: read from milliseconds since 1970'
                WHEN t.period_end IS NOT NULL AND t.period_end_on IS NULL
                    THEN 'period_end_on: no date; left null'
            END,
            CASE
                WHEN LOWER(TRIM(t.value)) IN ('n/a', 'na', 'none', '-', 'tbd')
                    THEN 'value: not reported; left null'
                WHEN t.value IS NOT NULL AND TRY_CAST(t.digits AS DECIMAL(24, 6)) IS NULL
                    THEN 'value: no number; left null'
                WHEN t.digits <> TRIM(t.value)
                    THEN 'value: marks between thousands taken out'
            END
        ],
        LAMBDA repair: repair IS NOT NULL
    ) AS repairs,
    t._file AS source_file,
    t._path AS source_path
FROM typed AS t
WHERE t.company IS NOT NULL
