/*
description: >
  Financing rounds by month and region in US dollars and euros. A round is converted at the ECB's
  rate of its day, or of the last publishing day before it. A round more than a week after the
  last publishing day, or before the first, has no rate: its euros are null and it is counted in
  `rounds_without_rate`, never dropped.
owner: data@headwater.example
key: [month, region]
columns:
  month: Month of the rounds, YYYY-MM; unknown for rounds of an unknown day.
  month_on: First day of that month; null for rounds of an unknown day.
  region: Metropolitan region of the company; unknown where it is not known.
  rounds: Number of rounds.
  rounds_without_amount: Rounds whose amount was not disclosed.
  rounds_without_rate: Rounds with an amount but without a rate for their day.
  amount_usd: {description: Sum of the disclosed amounts; null where none is., unit: USD}
  amount_eur: {description: "Sum of the amounts that have a rate, each rounded to the cent; null where none has.", unit: EUR}
  max_rate_age_days: {description: "Oldest rate used, in days before its round; 0 when all are of the day.", unit: days}
checks:
  - expect_column_values_to_be_between: {column: rounds, min_value: 1}
  - expect_column_values_to_be_between: {column: amount_usd, min_value: 0}
  - expect_column_values_to_be_between: {column: amount_eur, min_value: 0}
  - expect_column_values_to_be_between: {column: max_rate_age_days, min_value: 0, max_value: 7}
  - expect_column_values_to_be_in_set:
      column: rounds_without_rate
      value_set: [0]
      severity: warning
      description: Every round with an amount has a rate for its day.
*/
WITH rounds AS (
    SELECT
        r.round_id,
        r.announced_on,
        r.amount_usd,
        COALESCE(o.region, 'unknown') AS region
    FROM core.financing_round AS r
    LEFT JOIN core.organization AS o ON r.org_id = o.org_id
),

rates AS (
    SELECT
        rate_on,
        rate
    FROM core.fx_rate
    WHERE base_currency = 'EUR' AND quote_currency = 'USD' AND source = 'ecb'
),

dated AS (
    SELECT
        r.round_id,
        r.announced_on,
        r.amount_usd,
        r.region,
        f.rate,
        DATE_DIFF('day', f.rate_on, r.announced_on) AS age_days
    FROM rounds AS r
    ASOF LEFT JOIN rates AS f ON r.announced_on >= f.rate_on
),

converted AS (
    -- Whole cents divided by whole units of the rate's last digit, rounded half up: exact,
    -- where DECIMAL / DECIMAL would pass through floating point.
    SELECT
        announced_on,
        amount_usd,
        region,
        age_days,
        CAST(
            (
                CAST(amount_usd * 100 AS HUGEINT) * 100000000
                + CAST(rate * 100000000 AS HUGEINT) // 2
            ) // CAST(rate * 100000000 AS HUGEINT) AS DECIMAL(20, 0)
        ) * CAST('0.01' AS DECIMAL(3, 2)) AS amount_eur
    FROM (
        SELECT
            announced_on,
            amount_usd,
            region,
            CASE WHEN age_days <= 7 THEN rate END AS rate,
            CASE WHEN age_days <= 7 THEN age_days END AS age_days
        FROM dated
    )
)

SELECT
    COALESCE(STRFTIME(announced_on, '%Y-%m'), 'unknown') AS month,
    CAST(DATE_TRUNC('month', announced_on) AS DATE) AS month_on,
    region,
    COUNT(*) AS rounds,
    COUNT(*) FILTER (amount_usd IS NULL) AS rounds_without_amount,
    COUNT(*) FILTER (amount_usd IS NOT NULL AND amount_eur IS NULL) AS rounds_without_rate,
    CAST(SUM(amount_usd) AS DECIMAL(20, 2)) AS amount_usd,
    CAST(SUM(amount_eur) AS DECIMAL(20, 2)) AS amount_eur,
    MAX(age_days) FILTER (amount_eur IS NOT NULL) AS max_rate_age_days
FROM converted
GROUP BY ALL
