/*
description: The shares of a company's holders add up to the whole on every day.
severity: critical
table: marts.ownership
*/
SELECT
    o.org_id,
    o.valid_from_on,
    SUM(o.fully_diluted_share) AS fully_diluted_share,
    SUM(o.outstanding_share) AS outstanding_share
FROM marts.ownership AS o
GROUP BY o.org_id, o.valid_from_on
HAVING ABS(SUM(o.fully_diluted_share) - 1) > 0.000000000001
    OR ABS(COALESCE(SUM(o.outstanding_share), 1) - 1) > 0.000000000001
