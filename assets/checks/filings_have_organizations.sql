/*
description: Every filing of an organization belongs to one that is known.
severity: critical
table: core.filing
*/
SELECT
    f.filing_id,
    f.cik,
    f.org_id
FROM core.filing AS f
ANTI JOIN core.organization AS o ON f.org_id = o.org_id
WHERE f.org_id IS NOT NULL
