/*
description: No fund has sold or written off more shares of a security than it had bought by then.
severity: critical
table: core.position
*/
WITH running AS (
    SELECT
        position_id,
        security_id,
        transaction_id,
        traded_on,
        SUM(shares_change) OVER (
            PARTITION BY fund_id, security_id
            ORDER BY traded_on, shares_change DESC, transaction_id
        ) AS shares_held
    FROM core.position
)

SELECT
    position_id,
    security_id,
    transaction_id,
    traded_on,
    shares_held
FROM running
WHERE shares_held < 0
