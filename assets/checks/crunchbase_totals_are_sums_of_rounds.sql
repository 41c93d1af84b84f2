/*
description: >
  A company's stated total is the sum of its rounds. The export counts exact duplicates of a
  round in the total, so they are counted here too.
severity: warning
table: staging.crunchbase__companies
*/
SELECT
    c.permalink,
    c.name,
    c.funding_total_usd,
    CAST(SUM(r.amount_usd * r.occurrences) AS DECIMAL(20, 2)) AS sum_of_rounds_usd,
    CAST(COALESCE(SUM(r.occurrences), 0) AS BIGINT) AS rounds
FROM staging.crunchbase__companies AS c
LEFT JOIN staging.crunchbase__rounds AS r ON c.permalink = r.company_permalink
WHERE c.funding_total_usd IS NOT NULL
GROUP BY ALL
HAVING SUM(r.amount_usd * r.occurrences) IS DISTINCT FROM c.funding_total_usd
