/*
description: Every event on a cap table belongs to an issuer that is known.
severity: warning
table: core.security_event
*/
SELECT
    e.security_event_id,
    e.org_id
FROM core.security_event AS e
ANTI JOIN core.organization AS o ON e.org_id = o.org_id
