/*
description: >
  No investor was called for more than it committed, counting what may be called again.
severity: critical
table: core.capital_event_line
*/
SELECT
    c.commitment_id,
    c.amount AS committed_amount,
    SUM(
        CASE
            WHEN l.event_kind = 'call' AND l.is_inside_commitment THEN l.amount
            WHEN l.event_kind = 'distribution' AND l.is_recallable THEN -l.amount
            ELSE 0
        END
    ) AS called_amount
FROM core.commitment AS c
INNER JOIN core.capital_event_line AS l ON c.commitment_id = l.commitment_id
GROUP BY c.commitment_id, c.amount
HAVING called_amount > c.amount
