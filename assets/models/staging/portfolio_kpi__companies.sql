/*
description: >
  Companies that owe the firm their figures, and what was agreed: which metrics, how often, how
  many days after the period's end. Kept by people in reporting/companies.csv.
owner: portfolio@headwater.example
key: [company]
columns:
  company: The company's folder below reporting/.
  name: Name, as the firm calls it.
  currency: Currency of its figures where its workbooks name none, ISO 4217.
  year_ends: Last month of its financial year, 1 to 12.
  granularity: month or quarter, how often it reports.
  first_period_end_on: Last day of the first period it owes.
  due_days: {description: Days after a period's end by which it reports., unit: days}
  metrics: Ids of the metrics it owes.
checks:
  - expect_column_values_to_not_be_null: {column: first_period_end_on, severity: warning}
  - expect_column_values_to_be_in_set: {column: granularity, value_set: [month, quarter]}
  - expect_column_values_to_be_between: {column: year_ends, min_value: 1, max_value: 12}
  - expect_column_values_to_be_between: {column: due_days, min_value: 0, max_value: 400}
  - expect_column_values_to_match_regex: {column: currency, regex: "^[A-Z]{3}$"}
*/
SELECT
    TRIM(c.company) AS company,
    TRIM(c.name) AS name,
    NULLIF(UPPER(TRIM(c.currency)), '') AS currency,
    COALESCE(TRY_CAST(c.year_ends AS INTEGER), 12) AS year_ends,
    COALESCE(NULLIF(LOWER(TRIM(c.granularity)), ''), 'month') AS granularity,
    LAST_DAY(TRY_CAST(c.first_period_end AS DATE)) AS first_period_end_on,
    COALESCE(TRY_CAST(c.due_days AS INTEGER), 30) AS due_days,
    LIST_FILTER(
        LIST_TRANSFORM(STRING_SPLIT(COALESCE(c.metrics, ''), ';'), LAMBDA m: TRIM(m)),
        LAMBDA m: m <> ''
    ) AS metrics
FROM raw.portfolio_kpi__companies AS c
WHERE NULLIF(TRIM(c.company), '') IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY TRIM(c.company) ORDER BY c._file DESC, c._line DESC) = 1
