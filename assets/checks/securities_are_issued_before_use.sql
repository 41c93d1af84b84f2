/*
description: >
  A transaction acts on a security that an issuance of the same package created, or that another
  transaction of it resulted in.
severity: warning
table: core.security_event
*/
WITH created AS (
    SELECT org_id, security_id
    FROM core.security_event
    WHERE action = 'issuance'
    UNION
    SELECT org_id, UNNEST(resulting_security_ids) AS security_id
    FROM core.security_event
)

SELECT
    e.security_event_id,
    e.object_type,
    e.security_id
FROM core.security_event AS e
WHERE e.security_id IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM created AS c
        WHERE c.org_id IS NOT DISTINCT FROM e.org_id AND c.security_id = e.security_id
    )
