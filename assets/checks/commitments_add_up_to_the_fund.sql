/*
description: The investors' commitments add up to what the fund says it has raised.
severity: critical
table: core.commitment
*/
SELECT
    f.fund_id,
    f.committed_amount,
    SUM(c.amount) AS commitments_amount
FROM core.fund AS f
LEFT JOIN core.commitment AS c ON f.fund_id = c.fund_id
GROUP BY f.fund_id, f.committed_amount
HAVING SUM(c.amount) IS DISTINCT FROM f.committed_amount
