/*
description: Every position that is held at a quarter's end has a mark of that day.
severity: warning
table: core.valuation_mark
*/
WITH quarters AS (
    SELECT DISTINCT measured_on AS quarter_end_on
    FROM core.valuation_mark
),

held AS (
    SELECT
        p.position_id,
        q.quarter_end_on,
        SUM(p.shares_change) AS shares_held
    FROM core.position AS p
    INNER JOIN quarters AS q ON p.traded_on <= q.quarter_end_on
    GROUP BY p.position_id, q.quarter_end_on
    HAVING SUM(p.shares_change) > 0
)

SELECT
    h.position_id,
    h.quarter_end_on,
    h.shares_held
FROM held AS h
ANTI JOIN core.valuation_mark AS v
    ON h.position_id = v.position_id AND h.quarter_end_on = v.measured_on
