/*
description: No company is its own buyer.
severity: warning
table: core.acquisition
*/
SELECT
    acquisition_id,
    org_id,
    acquired_on
FROM core.acquisition
WHERE org_id = acquirer_org_id
