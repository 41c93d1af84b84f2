/*
description: >
  Companies of the accelerator's directory, typed and repaired: lists are lists, whole numbers
  are whole, a bare https:// is no website, and NA as a country is Namibia.
owner: data@headwater.example
key: [company_id]
columns:
  company_id: The directory's number of the company.
  name: Name; not unique.
  short_description: One line about it.
  batch: Season and year of the programme, e.g. W24.
  status: Active, Inactive, Acquired or Public.
  tags: Tags, in the directory's order.
  location: City or region, free text.
  country_code: ISO 3166 alpha-2; NA is Namibia.
  founded_year: Year of founding; null where the year is impossible.
  founded_year_raw: Year of founding as the directory has it.
  founders: Names of the founders, in the directory's order.
  founders_count: Number of founders that the directory states.
  team_size: {description: Number of people., unit: people}
  website: Address of the website; null where the directory has a bare https://.
  website_raw: Website as the directory has it.
  crunchbase_slug: Name in the address of the company's page at Crunchbase.
  linkedin_slug: Name or number in the address of the company's page at LinkedIn.
  repairs: What was repaired, one sentence each; empty where nothing was.
  source_file: File the row was read from.
  source_line: Line of that file.
checks:
  - expect_column_values_to_not_be_null: {column: name}
  - expect_column_values_to_not_be_null: {column: batch, severity: warning}
  - expect_column_values_to_match_regex: {column: batch, regex: "^(W|S|F|X|IK)[0-9]{2}$", severity: warning}
  - expect_column_values_to_be_in_set:
      {column: status, value_set: [Active, Inactive, Acquired, Public], severity: warning}
  - expect_column_values_to_match_regex: {column: country_code, regex: "^[A-Z]{2}$"}
  - expect_column_values_to_be_between: {column: founded_year, min_value: 1900, max_value: 2100}
  - expect_column_values_to_be_between: {column: team_size, min_value: 0, max_value: 1000000}
  - expect_column_values_to_not_be_null:
      {column: website, severity: info, description: Every company has a website.}
*/
WITH lists AS (
    SELECT
        company_id,
        LIST(item ORDER BY position) FILTER (list_name = 'tags' AND item IS NOT NULL) AS tags,
        LIST(item ORDER BY position)
            FILTER (list_name = 'founders_names' AND item IS NOT NULL) AS founders,
        COUNT(*) FILTER (item IS NULL) AS unread
    FROM staging.yc__list_items
    GROUP BY company_id
),

plain AS (
    SELECT
        c.company_id,
        TRIM(c.company_name) AS name,
        NULLIF(TRIM(c.short_description), '') AS short_description,
        NULLIF(c.batch, '') AS batch,
        NULLIF(c.status, '') AS status,
        NULLIF(TRIM(c.location), '') AS location,
        NULLIF(TRIM(c.country), '') AS country_code,
        NULLIF(c.year_founded, '') AS founded_year_raw,
        TRY_CAST(TRY_CAST(NULLIF(c.year_founded, '') AS DECIMAL(10, 2)) AS INTEGER) AS year,
        TRY_CAST(NULLIF(c.num_founders, '') AS INTEGER) AS founders_count,
        TRY_CAST(TRY_CAST(NULLIF(c.team_size, '') AS DECIMAL(12, 2)) AS INTEGER) AS team_size,
        c.website AS website_raw,
        REGEXP_EXTRACT(c.website, '^\s*(https?://[^\s,/]+\.[^\s,]+)', 1) AS site,
        REGEXP_EXTRACT(c.cb_url, 'crunchbase\.com/organizations?/([^/?#\s]+)', 1) AS cb,
        REGEXP_EXTRACT(c.linkedin_url, 'linkedin\.com/company/([^/?#\s]+)', 1) AS li,
        c._file,
        c._line
    FROM raw.yc__companies AS c
)

SELECT
    p.company_id,
    p.name,
    p.short_description,
    p.batch,
    p.status,
    COALESCE(l.tags, []) AS tags,
    p.location,
    p.country_code,
    CASE WHEN p.year BETWEEN 1900 AND 2100 THEN p.year END AS founded_year,
    p.founded_year_raw,
    COALESCE(l.founders, []) AS founders,
    p.founders_count,
    p.team_size,
    NULLIF(p.site, '') AS website,
    p.website_raw,
    NULLIF(p.cb, '') AS crunchbase_slug,
    NULLIF(p.li, '') AS linkedin_slug,
    LIST_FILTER(
        [
            CASE
                WHEN TRIM(p.website_raw) <> '' AND p.site = ''
                    THEN 'website: an address without a host; left null'
                WHEN p.site <> '' AND TRIM(p.website_raw) <> p.site
                    THEN 'website: several addresses; the first was taken'
            END,
            CASE
                WHEN p.year NOT BETWEEN 1900 AND 2100
                    THEN 'founded_year: no company of the directory is from that year; left null'
                WHEN p.founded_year_raw IS NOT NULL AND p.year IS NULL
                    THEN 'founded_year: no number; left null'
                WHEN p.founded_year_raw LIKE '%.0'
                    THEN 'founded_year: a whole number written with a decimal point'
            END,
            CASE
                WHEN l.unread > 0 THEN 'tags, founders: a cell is no list of texts; left empty'
            END
        ],
        LAMBDA repair: repair IS NOT NULL
    ) AS repairs,
    p._file AS source_file,
    p._line AS source_line
FROM plain AS p
LEFT JOIN lists AS l ON p.company_id = l.company_id
