/*
description: Every financing round belongs to an organization that is known.
severity: warning
table: core.financing_round
*/
SELECT
    r.round_id,
    r.org_id,
    r.announced_on
FROM core.financing_round AS r
ANTI JOIN core.organization AS o ON r.org_id = o.org_id
