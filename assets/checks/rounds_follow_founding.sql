/*
description: >
  No company was financed in a year before the one it was founded in. Founding days are often
  guessed to the first of a year, so only whole years are compared.
severity: warning
table: core.financing_round
*/
SELECT
    r.round_id,
    o.name,
    o.founded_year,
    r.announced_on
FROM core.financing_round AS r
INNER JOIN core.organization AS o ON r.org_id = o.org_id
WHERE YEAR(r.announced_on) < o.founded_year
