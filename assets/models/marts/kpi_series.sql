/*
description: >
  Figures of portfolio companies by month and quarter, as believed now: actual beside budget and
  forecast, growth, burn multiple and runway. A quarter that a company doesn't report itself is
  made of its months: flows are added where all three are there, stocks are the last month's.
owner: portfolio@headwater.example
key: [company, metric, granularity, period_end_on, unit]
columns:
  company: The company as the source knows it.
  metric: The metric's id; burn_multiple and cash_runway are computed here.
  granularity: month or quarter.
  period_end_on: Last day of the period.
  unit: Currency (ISO 4217) of money, else percent, count, months, days or ratio.
  actual: The figure in `unit`; null where it wasn't reported.
  budget: The budget in `unit`.
  forecast: The newest forecast in `unit`.
  budget_variance: Actual less budget, in `unit`.
  budget_variance_share: That over the size of the budget; 0.1 is 10 %.
  previous_actual: Actual of the period just before, in `unit`.
  growth_share: Growth over the period just before; 0.1 is 10 %. Only from a figure above zero.
  year_ago_actual: Actual of the same period a year before, in `unit`.
  growth_year_share: Growth over a year; 0.1 is 10 %. Only from a figure above zero.
  made_from: "reported; months: a quarter made of months; computed: from other metrics."
  as_of_on: Day of the newest workbook behind the row.
checks:
  - expect_column_values_to_be_in_set: {column: granularity, value_set: [month, quarter]}
  - expect_column_values_to_be_in_set:
      {column: made_from, value_set: [reported, months, computed]}
  - expect_column_values_to_not_be_null: {column: unit}
*/
WITH believed AS (
    SELECT *
    FROM core.kpi_observation
    WHERE believed_until_on IS NULL AND granularity IN ('month', 'quarter')
),

quarters AS (
    SELECT
        m.company,
        m.metric,
        m.scenario,
        m.unit,
        LAST_DAY(CAST(DATE_TRUNC('quarter', m.period_end_on) AS DATE) + INTERVAL 2 MONTH) AS ends_on,
        CASE
            WHEN ANY_VALUE(m.basis) = 'flow' AND COUNT(*) = 3 THEN SUM(m.value)
            WHEN ANY_VALUE(m.basis) = 'stock' AND COUNT(*) FILTER (MONTH(m.period_end_on) % 3 = 0) = 1
                THEN SUM(m.value) FILTER (MONTH(m.period_end_on) % 3 = 0)
        END AS value,
        MAX(m.as_of_on) AS as_of_on
    FROM believed AS m
    WHERE m.granularity = 'month'
    GROUP BY m.company, m.metric, m.scenario, m.unit, ends_on
),

figures AS (
    SELECT
        company,
        metric,
        granularity,
        period_end_on,
        unit,
        scenario,
        value,
        'reported' AS made_from,
        as_of_on
    FROM believed
    UNION ALL
    SELECT q.company, q.metric, 'quarter', q.ends_on, q.unit, q.scenario, q.value, 'months', q.as_of_on
    FROM quarters AS q
    WHERE
        q.value IS NOT NULL
        AND NOT EXISTS (
            SELECT 1
            FROM believed AS b
            WHERE
                b.company = q.company
                AND b.metric = q.metric
                AND b.scenario = q.scenario
                AND b.granularity = 'quarter'
                AND b.period_end_on = q.ends_on
        )
),

reported AS (
    SELECT
        company,
        metric,
        granularity,
        period_end_on,
        unit,
        CAST(MAX(value) FILTER (scenario = 'actual') AS DECIMAL(28, 6)) AS actual,
        CAST(MAX(value) FILTER (scenario = 'budget') AS DECIMAL(28, 6)) AS budget,
        CAST(MAX(value) FILTER (scenario = 'forecast') AS DECIMAL(28, 6)) AS forecast,
        MIN(made_from) AS made_from,
        MAX(as_of_on) AS as_of_on
    FROM figures
    GROUP BY company, metric, granularity, period_end_on, unit
),

steps AS (
    SELECT
        r.*,
        CASE r.granularity WHEN 'month' THEN 1 ELSE 3 END AS months
    FROM reported AS r
),

added AS (
    SELECT
        s.company,
        s.granularity,
        s.period_end_on,
        s.unit,
        s.actual - b.actual AS net_new_arr,
        GREATEST(s.as_of_on, b.as_of_on) AS as_of_on
    FROM steps AS s
    INNER JOIN reported AS b
        ON
            s.company = b.company
            AND s.metric = b.metric
            AND s.granularity = b.granularity
            AND s.unit = b.unit
            AND b.period_end_on = LAST_DAY(s.period_end_on - TO_MONTHS(s.months))
    WHERE s.metric = 'arr' AND s.actual IS NOT NULL AND b.actual IS NOT NULL
),

computed AS (
    SELECT
        n.company,
        'burn_multiple' AS metric,
        n.granularity,
        n.period_end_on,
        'ratio' AS unit,
        CAST(n.actual / a.net_new_arr AS DECIMAL(28, 6)) AS actual,
        GREATEST(n.as_of_on, a.as_of_on) AS as_of_on
    FROM reported AS n
    INNER JOIN added AS a
        ON
            n.company = a.company
            AND n.granularity = a.granularity
            AND n.period_end_on = a.period_end_on
            AND n.unit = a.unit
    WHERE n.metric = 'net_burn' AND n.actual IS NOT NULL AND a.net_new_arr > 0
    UNION ALL
    SELECT
        c.company,
        'cash_runway',
        c.granularity,
        c.period_end_on,
        'months',
        CAST(c.actual * c.months / n.actual AS DECIMAL(28, 6)),
        GREATEST(c.as_of_on, n.as_of_on)
    FROM steps AS c
    INNER JOIN reported AS n
        ON
            c.company = n.company
            AND c.granularity = n.granularity
            AND c.period_end_on = n.period_end_on
            AND c.unit = n.unit
    WHERE c.metric = 'cash' AND n.metric = 'net_burn' AND c.actual IS NOT NULL AND n.actual > 0
),

whole AS (
    SELECT
        company,
        metric,
        granularity,
        period_end_on,
        unit,
        actual,
        budget,
        forecast,
        made_from,
        as_of_on
    FROM reported
    UNION ALL
    SELECT
        company,
        metric,
        granularity,
        period_end_on,
        unit,
        actual,
        NULL,
        NULL,
        'computed',
        as_of_on
    FROM computed
)

SELECT
    w.company,
    w.metric,
    w.granularity,
    w.period_end_on,
    w.unit,
    w.actual,
    w.budget,
    w.forecast,
    w.actual - w.budget AS budget_variance,
    CAST((w.actual - w.budget) / NULLIF(ABS(w.budget), 0) AS DECIMAL(28, 6)) AS budget_variance_share,
    p.actual AS previous_actual,
    CASE WHEN p.actual > 0 THEN CAST(w.actual / p.actual - 1 AS DECIMAL(28, 6)) END AS growth_share,
    y.actual AS year_ago_actual,
    CASE WHEN y.actual > 0 THEN CAST(w.actual / y.actual - 1 AS DECIMAL(28, 6)) END
        AS growth_year_share,
    w.made_from,
    w.as_of_on
FROM whole AS w
LEFT JOIN whole AS p
    ON
        w.company = p.company
        AND w.metric = p.metric
        AND w.granularity = p.granularity
        AND w.unit = p.unit
        AND p.period_end_on
        = LAST_DAY(w.period_end_on - TO_MONTHS(CASE w.granularity WHEN 'month' THEN 1 ELSE 3 END))
LEFT JOIN whole AS y
    ON
        w.company = y.company
        AND w.metric = y.metric
        AND w.granularity = y.granularity
        AND w.unit = y.unit
        AND y.period_end_on = LAST_DAY(w.period_end_on - INTERVAL 12 MONTH)
