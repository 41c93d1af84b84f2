/*
description: >
  Organizations as each source knows them: one row a source and its identity, not yet matched
  with one another. The same company may so stand here several times.
owner: data@headwater.example
key: [org_id]
columns:
  org_id: Source and identity in it, joined by a colon; stable.
  source: crunchbase, yc, sec, ocf or portfolio.
  source_id: Identity in that source.
  name: Name, repaired where the source spoilt it.
  name_is_placeholder: True where the real name is lost.
  domain: Registrable part of the website's host; null for pages on a shared site.
  website: Address of the website.
  country_code: Country, ISO 3166 alpha-2; NA is Namibia.
  region: Metropolitan region, or EDGAR's code of the state.
  city: City or location, free text.
  founded_year: Year of founding or incorporation.
  founded_on: Day of founding, where the source gives one.
  status: operating, acquired, closed or public; null where the source doesn't say.
  tags: Categories and tags of the source.
checks:
  - expect_compound_columns_to_be_unique: {column_list: [source, source_id]}
  - expect_column_values_to_not_be_null: {column: name}
  - expect_column_values_to_be_in_set:
      {column: source, value_set: [crunchbase, yc, sec, ocf, portfolio]}
  - expect_column_values_to_be_in_set:
      {column: status, value_set: [operating, acquired, closed, public]}
  - expect_column_values_to_match_regex: {column: country_code, regex: "^[A-Z]{2}$"}
  - expect_column_values_to_be_in_other_table:
      {column: country_code, other_table_name: staging.iso__countries, severity: warning}
  - expect_column_values_to_match_regex:
      {column: domain, regex: "^[^\\s/:@]+\\.[^\\s/:@.]+$", severity: warning}
  - expect_column_values_to_be_between: {column: founded_year, min_value: 1600, max_value: 2100}
  - expect_column_values_to_not_match_regex:
      column: name
      regex: "[ÃÂ][\u0080-¿_]|â€"
      description: No name is left in two wrong encodings.
  - expect_column_values_to_be_in_set:
      column: name_is_placeholder
      value_set: [false]
      severity: warning
      description: Every real name is known.
*/
WITH seen AS (
    SELECT
        'crunchbase' AS source,
        c.permalink AS source_id,
        c.name,
        c.name_is_placeholder,
        NULL AS website,
        i.country_code,
        c.region,
        c.city,
        YEAR(c.founded_on) AS founded_year,
        c.founded_on,
        CASE c.status WHEN 'ipo' THEN 'public' ELSE c.status END AS status,
        LIST_FILTER([c.category], LAMBDA tag: tag IS NOT NULL) AS tags
    FROM staging.crunchbase__organizations AS c
    LEFT JOIN staging.iso__countries AS i ON c.country_alpha3 = i.alpha3
    UNION ALL
    SELECT
        'yc',
        y.company_id,
        y.name,
        FALSE,
        y.website,
        y.country_code,
        NULL,
        y.location,
        y.founded_year,
        NULL,
        CASE y.status
            WHEN 'Active' THEN 'operating'
            WHEN 'Inactive' THEN 'closed'
            WHEN 'Acquired' THEN 'acquired'
            WHEN 'Public' THEN 'public'
        END,
        y.tags
    FROM staging.yc__companies AS y
    UNION ALL
    SELECT
        'sec',
        s.cik,
        s.name,
        FALSE,
        s.website,
        s.country_code,
        s.state_or_country,
        s.city,
        s.founded_year,
        s.founded_on,
        CASE WHEN s.has_ticker THEN 'public' END,
        LIST_FILTER([s.industry], LAMBDA tag: tag IS NOT NULL)
    FROM staging.sec__organizations AS s
    UNION ALL
    SELECT
        'ocf',
        o.id,
        COALESCE(o.dba, o.legal_name),
        FALSE,
        NULL,
        o.country_of_formation,
        o.country_subdivision_of_formation,
        NULL,
        YEAR(TRY_CAST(o.formation_date AS DATE)),
        TRY_CAST(o.formation_date AS DATE),
        NULL,
        []
    FROM raw.ocf__issuers AS o
    UNION ALL
    SELECT
        'ocf',
        h.stakeholder_id,
        h.legal_name,
        FALSE,
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        LIST_TRANSFORM(h.relationships, LAMBDA relation: LOWER(relation))
    FROM staging.ocf__stakeholders AS h
    WHERE h.stakeholder_type = 'INSTITUTION'
    UNION ALL
    SELECT
        'portfolio',
        LOWER(k.company),
        MIN(k.company),
        FALSE,
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        []
    FROM staging.portfolio_kpi__observations AS k
    GROUP BY LOWER(k.company)
),

hosts AS (
    SELECT
        *,
        RTRIM(
            REGEXP_EXTRACT(LOWER(website), '^https?://(?:[^/@]*@)?(?:www\.)?([^/:?#\s]+)', 1), '.'
        ) AS host
    FROM seen
    WHERE source_id IS NOT NULL AND name IS NOT NULL
    QUALIFY ROW_NUMBER() OVER (PARTITION BY source, source_id ORDER BY name, city) = 1
),

domains AS (
    SELECT
        *,
        -- Three labels below a country's own second level (com.br, co.uk), else two.
        COALESCE(
            NULLIF(
                REGEXP_EXTRACT(
                    host,
                    '([^.]+\.(?:ac|agr|co|com|edu|go|gob|gov|ind|ltd|me|net|ne|nom|or|org|plc)'
                    || '\.[a-z]{2})$',
                    1
                ),
                ''
            ),
            NULLIF(REGEXP_EXTRACT(host, '([^.]+\.[^.]+)$', 1), '')
        ) AS registrable
    FROM hosts
)

SELECT
    source || ':' || source_id AS org_id,
    source,
    source_id,
    name,
    name_is_placeholder,
    CASE
        WHEN host <> registrable AND registrable IN (
            'apple.com', 'blogspot.com', 'carrd.co', 'framer.app', 'github.io', 'google.com',
            'herokuapp.com', 'medium.com', 'myshopify.com', 'netlify.app', 'notion.site',
            'substack.com', 'tumblr.com', 'vercel.app', 'webflow.io', 'wixsite.com',
            'wordpress.com'
        )
            THEN NULL
        WHEN registrable IN (
            'angel.co', 'crunchbase.com', 'facebook.com', 'instagram.com', 'linkedin.com',
            'twitter.com', 'x.com', 'youtube.com'
        ) AND REGEXP_MATCHES(website, '^https?://[^/]+/.')
            THEN NULL
        ELSE registrable
    END AS domain,
    website,
    country_code,
    region,
    city,
    founded_year,
    founded_on,
    status,
    tags
FROM domains
