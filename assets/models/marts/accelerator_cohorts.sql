/*
description: >
  Cohorts of the accelerator: how many companies each batch had, and what became of them by the
  day of the newest snapshot.
owner: data@headwater.example
key: [batch]
columns:
  batch: Season and year as the directory writes it, e.g. W24.
  season: winter, summer, fall, spring or imagine_k12.
  cohort_year: Year of the cohort.
  companies: Number of companies.
  operating: Companies that still operate on their own.
  acquired: Companies that were bought.
  public: Companies that are listed.
  closed: Companies that gave up.
  status_unknown: Companies of another status or none.
  survival_share: Part of the companies that is operating, acquired or public, 0 to 1.
  countries: Number of countries the companies are in.
  team_size: {description: People that the operating companies employ., unit: people}
  founders: Number of founders named.
checks:
  - expect_column_values_to_be_between: {column: companies, min_value: 1}
  - expect_column_values_to_be_between: {column: survival_share, min_value: 0, max_value: 1}
  - expect_column_values_to_not_be_null: {column: season, severity: warning}
  - expect_column_values_to_be_between:
      {column: cohort_year, min_value: 2005, max_value: 2100, severity: warning}
*/
WITH members AS (
    SELECT
        COALESCE(y.batch, 'unknown') AS batch,
        o.status,
        y.country_code,
        y.team_size,
        LEN(y.founders) AS founders
    FROM staging.yc__companies AS y
    LEFT JOIN core.organization AS o ON o.org_id = 'yc:' || y.company_id
),

cohorts AS (
    SELECT
        batch,
        COUNT(*) AS companies,
        COUNT(*) FILTER (status = 'operating') AS operating,
        COUNT(*) FILTER (status = 'acquired') AS acquired,
        COUNT(*) FILTER (status = 'public') AS public,
        COUNT(*) FILTER (status = 'closed') AS closed,
        COUNT(*) FILTER (status IS NULL) AS status_unknown,
        COUNT(DISTINCT country_code) AS countries,
        CAST(SUM(team_size) FILTER (status = 'operating') AS BIGINT) AS team_size,
        CAST(SUM(founders) AS BIGINT) AS founders
    FROM members
    GROUP BY batch
)

SELECT
    batch,
    CASE REGEXP_EXTRACT(batch, '^[A-Z]+')
        WHEN 'W' THEN 'winter'
        WHEN 'S' THEN 'summer'
        WHEN 'F' THEN 'fall'
        WHEN 'X' THEN 'spring'
        WHEN 'IK' THEN 'imagine_k12'
    END AS season,
    2000 + TRY_CAST(REGEXP_EXTRACT(batch, '[0-9]{2}$') AS INTEGER) AS cohort_year,
    companies,
    operating,
    acquired,
    public,
    closed,
    status_unknown,
    CAST((operating + acquired + public) * 10000 // companies AS DECIMAL(18, 0))
    * CAST('0.0001' AS DECIMAL(5, 4)) AS survival_share,
    countries,
    team_size,
    founders
FROM cohorts
