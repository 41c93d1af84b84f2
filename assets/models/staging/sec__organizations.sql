/*
description: >
  Every organization with a CIK that EDGAR's files or the forms name, persons left out. What a
  filer's own file says counts before a form, a form before the list of tickers.
owner: data@headwater.example
key: [cik]
columns:
  cik: Central index key, ten digits.
  name: Name in the best of the sources.
  website: Website, which only Form C states.
  country_code: Country of incorporation or address, ISO 3166 alpha-2; null where not told.
  state_or_country: EDGAR's code it was read from.
  city: City, where a form states it.
  founded_year: Year of incorporation, where a form states it.
  founded_on: Day of incorporation, where Form C states it.
  has_ticker: True where the organization has a ticker symbol.
  industry: Industry in the source's words.
  found_in: filer, form_d, form_c, form_4 or ticker.
checks:
  - expect_column_values_to_match_regex: {column: cik, regex: "^[0-9]{10}$"}
  - expect_column_values_to_not_be_null: {column: name}
*/
WITH seen AS (
    SELECT
        cik,
        name,
        NULL AS website,
        state_of_incorporation AS place,
        state_of_incorporation_name AS place_name,
        NULL AS city,
        NULL::INTEGER AS founded_year,
        NULL::DATE AS founded_on,
        sic_description AS industry,
        'filer' AS found_in,
        1 AS rank
    FROM staging.edgar__filers
    WHERE NOT is_person
    UNION ALL
    SELECT
        cik,
        issuer_name,
        NULL,
        state_or_country,
        state_or_country_name,
        city,
        incorporated_year,
        NULL,
        COALESCE(fund_type, industry),
        'form_d',
        2
    FROM staging.sec_forms__form_d
    UNION ALL
    SELECT
        LPAD(issuer_cik, 10, '0'),
        entity_name,
        NULL,
        state_or_country,
        state_or_country_description,
        NULL,
        TRY_CAST(year_of_inc AS INTEGER),
        NULL,
        NULL,
        'form_d',
        3
    FROM raw.sec_forms__form_d_issuers
    UNION ALL
    SELECT
        cik,
        issuer_name,
        website,
        state_or_country,
        NULL,
        city,
        YEAR(incorporated_on),
        incorporated_on,
        NULL,
        'form_c',
        4
    FROM staging.sec_forms__form_c
    UNION ALL
    SELECT issuer_cik, issuer_name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'form_4', 5
    FROM staging.sec_forms__form_4
    UNION ALL
    SELECT cik, name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ticker', 6
    FROM staging.edgar__tickers
),

best AS (
    SELECT
        cik,
        ARG_MIN(name, rank) AS name,
        ARG_MIN(website, rank) AS website,
        ARG_MIN(place, rank) AS place,
        ARG_MIN(place_name, rank) AS place_name,
        ARG_MIN(city, rank) AS city,
        ARG_MIN(founded_year, rank) AS founded_year,
        ARG_MIN(founded_on, rank) AS founded_on,
        ARG_MIN(industry, rank) AS industry,
        ARG_MIN(found_in, rank) AS found_in,
        BOOL_OR(found_in = 'ticker') AS has_ticker
    FROM (
        SELECT *
        FROM seen
        WHERE name IS NOT NULL AND cik IS NOT NULL
        QUALIFY ROW_NUMBER() OVER (PARTITION BY cik, rank ORDER BY name, city, place) = 1
    )
    GROUP BY cik
)

SELECT
    b.cik,
    b.name,
    b.website,
    CASE
        WHEN b.place IN (
            'AL', 'AK', 'AZ', 'AR', 'CA', 'CO', 'CT', 'DE', 'DC', 'FL', 'GA', 'HI', 'ID', 'IL',
            'IN', 'IA', 'KS', 'KY', 'LA', 'ME', 'MD', 'MA', 'MI', 'MN', 'MS', 'MO', 'MT', 'NE',
            'NV', 'NH', 'NJ', 'NM', 'NY', 'NC', 'ND', 'OH', 'OK', 'OR', 'PA', 'RI', 'SC', 'SD',
            'TN', 'TX', 'UT', 'VT', 'VA', 'WA', 'WV', 'WI', 'WY', 'X1'
        )
            THEN 'US'
        WHEN b.place IN (
            'A0', 'A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7', 'A8', 'A9', 'B0', 'Z4'
        )
            THEN 'CA'
        ELSE i.country_code
    END AS country_code,
    b.place AS state_or_country,
    b.city,
    CASE WHEN b.founded_year BETWEEN 1600 AND 2100 THEN b.founded_year END AS founded_year,
    b.founded_on,
    b.has_ticker,
    b.industry,
    b.found_in
FROM best AS b
LEFT JOIN staging.iso__countries AS i ON LOWER(b.place_name) = LOWER(i.name)
