/*
description: A company has as many rounds in the rounds file as its own row says.
severity: warning
table: staging.crunchbase__companies
*/
SELECT
    c.permalink,
    c.name,
    c.rounds AS rounds_stated,
    CAST(COALESCE(SUM(r.occurrences), 0) AS BIGINT) AS rounds_found
FROM staging.crunchbase__companies AS c
LEFT JOIN staging.crunchbase__rounds AS r ON c.permalink = r.company_permalink
GROUP BY ALL
HAVING COALESCE(SUM(r.occurrences), 0) IS DISTINCT FROM c.rounds
