/*
description: The lines of every capital call and distribution add up to the notice, to the cent.
severity: critical
table: core.capital_event_line
*/
SELECT
    e.capital_event_id,
    e.amount AS stated_amount,
    SUM(l.amount) AS lines_amount
FROM core.capital_event AS e
LEFT JOIN core.capital_event_line AS l ON e.capital_event_id = l.capital_event_id
GROUP BY e.capital_event_id, e.amount
HAVING SUM(l.amount) IS DISTINCT FROM e.amount
