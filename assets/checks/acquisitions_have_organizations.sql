/*
description: Both sides of every acquisition are organizations that are known.
severity: critical
table: core.acquisition
*/
SELECT
    a.acquisition_id,
    a.org_id,
    a.acquirer_org_id
FROM core.acquisition AS a
LEFT JOIN core.organization AS bought ON a.org_id = bought.org_id
LEFT JOIN core.organization AS buyer ON a.acquirer_org_id = buyer.org_id
WHERE bought.org_id IS NULL OR (buyer.org_id IS NULL AND a.acquirer_org_id IS NOT NULL)
