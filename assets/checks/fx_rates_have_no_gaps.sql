/*
description: >
  Euro rates are published on every TARGET day, so no more than five days lie between two
  publishing days (Easter with a weekend is the longest closing), and no currency pauses.
severity: warning
table: core.fx_rate
*/
WITH days AS (
    SELECT
        quote_currency,
        rate_on,
        LEAD(rate_on) OVER (PARTITION BY quote_currency ORDER BY rate_on) AS next_on
    FROM core.fx_rate
    WHERE source = 'ecb'
)

SELECT
    quote_currency,
    rate_on,
    next_on,
    DATE_DIFF('day', rate_on, next_on) AS days_between
FROM days
WHERE DATE_DIFF('day', rate_on, next_on) > 5
