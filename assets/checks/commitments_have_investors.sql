/*
description: Every commitment is of an investor that is known.
severity: critical
table: core.commitment
*/
SELECT
    c.commitment_id,
    c.lp_id
FROM core.commitment AS c
ANTI JOIN core.lp AS l ON c.lp_id = l.lp_id
