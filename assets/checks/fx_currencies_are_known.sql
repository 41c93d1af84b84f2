/*
description: Every rate is for a currency that is known.
severity: critical
table: core.fx_rate
*/
SELECT
    r.quote_currency,
    r.rate_on
FROM core.fx_rate AS r
ANTI JOIN core.currency AS c ON r.quote_currency = c.currency_code
