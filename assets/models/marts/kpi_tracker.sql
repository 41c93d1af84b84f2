/*
description: >
  Who has reported what: one row a company, metric it owes, and period, up to the newest day
  that any workbook is of. That day stands for today, so that the table says the same as long as
  nothing new arrived.
owner: portfolio@headwater.example
key: [company, metric, granularity, period_end_on]
columns:
  company: The company's folder below reporting/.
  name: Name, as the firm calls it.
  metric: The metric it owes.
  granularity: month or quarter.
  period_end_on: Last day of the period.
  due_on: Day by which it was to report.
  status: >-
    reported; reported late; waiting for a person, where a workbook holds figures for it that
    nobody has confirmed; missing, after the day; due, before it.
  reported_on: Day of the first workbook that gave the figure.
  days_late: {description: Days from due_on to that workbook or the newest day., unit: days}
  last_workbook_on: Day of the company's newest workbook; null where it never sent one.
checks:
  - expect_column_values_to_be_in_set:
      column: status
      value_set: [reported, reported late, waiting for a person, missing, due]
  - expect_column_values_to_not_be_in_set:
      column: status
      value_set: [missing]
      severity: warning
      description: Every company has reported what it owes.
*/
WITH horizon AS (
    SELECT MAX(as_of_on) AS reached_on FROM staging.portfolio_kpi__readings
),

owed AS (
    SELECT
        c.company,
        c.name,
        UNNEST(c.metrics) AS metric,
        c.granularity,
        c.first_period_end_on,
        c.due_days
    FROM staging.portfolio_kpi__companies AS c
    WHERE c.first_period_end_on IS NOT NULL
),

periods AS (
    SELECT DISTINCT
        o.company,
        o.name,
        o.metric,
        o.granularity,
        LAST_DAY(CAST(day AS DATE)) AS period_end_on,
        o.due_days
    FROM owed AS o, horizon AS t,
        UNNEST(
            GENERATE_SERIES(
                CAST(DATE_TRUNC('month', o.first_period_end_on) AS TIMESTAMP),
                CAST(t.reached_on AS TIMESTAMP),
                TO_MONTHS(CASE o.granularity WHEN 'month' THEN 1 ELSE 3 END)
            )
        ) AS series (day)
    WHERE LAST_DAY(CAST(day AS DATE)) < t.reached_on
),

told AS (
    SELECT company, metric, granularity, period_end_on, MIN(as_of_on) AS reported_on
    FROM core.kpi_observation
    WHERE scenario = 'actual'
    GROUP BY company, metric, granularity, period_end_on
),

asked AS (
    SELECT DISTINCT company, metric, granularity, period_end_on
    FROM staging.portfolio_kpi__readings
    WHERE status = 'queued' AND COALESCE(scenario, 'actual') = 'actual'
),

last_sent AS (
    SELECT company, MAX(as_of_on) AS last_workbook_on
    FROM staging.portfolio_kpi__readings
    GROUP BY company
),

seen AS (
    SELECT
        p.company,
        p.name,
        p.metric,
        p.granularity,
        p.period_end_on,
        CAST(p.period_end_on + TO_DAYS(p.due_days) AS DATE) AS due_on,
        t.reported_on,
        a.company IS NOT NULL AS is_asked,
        l.last_workbook_on
    FROM periods AS p
    LEFT JOIN told AS t
        ON
            p.company = t.company
            AND p.metric = t.metric
            AND p.granularity = t.granularity
            AND p.period_end_on = t.period_end_on
    LEFT JOIN asked AS a
        ON
            p.company = a.company
            AND p.metric = a.metric
            AND p.granularity = a.granularity
            AND p.period_end_on = a.period_end_on
    LEFT JOIN last_sent AS l ON p.company = l.company
)

SELECT
    s.company,
    s.name,
    s.metric,
    s.granularity,
    s.period_end_on,
    s.due_on,
    CASE
        WHEN s.reported_on <= s.due_on THEN 'reported'
        WHEN s.reported_on IS NOT NULL THEN 'reported late'
        WHEN s.is_asked THEN 'waiting for a person'
        WHEN t.reached_on > s.due_on THEN 'missing'
        ELSE 'due'
    END AS status,
    s.reported_on,
    GREATEST(DATE_DIFF('day', s.due_on, COALESCE(s.reported_on, t.reached_on)), 0) AS days_late,
    s.last_workbook_on
FROM seen AS s, horizon AS t
