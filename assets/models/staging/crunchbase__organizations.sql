/*
description: >
  Every organization the Crunchbase export names: its companies, and those that only occur as a
  company bought or as a buyer. One that was written in several ways keeps the newest.
owner: data@headwater.example
key: [permalink]
columns:
  permalink: Crunchbase's path of the organization.
  name: Name, mojibake undone.
  name_is_placeholder: True where the name is a spreadsheet's error value.
  country_alpha3: Country, ISO 3166 alpha-3.
  region: Metropolitan region.
  city: City.
  founded_on: Day of founding.
  status: operating, acquired, closed or ipo; null for those outside the companies file.
  category: Crunchbase's category.
  role: company, acquired or acquirer; where the organization was found.
checks:
  - expect_column_values_to_not_be_null: {column: name}
  - expect_column_values_to_be_in_set: {column: role, value_set: [company, acquired, acquirer]}
*/
WITH seen AS (
    SELECT
        permalink,
        name,
        name_is_placeholder,
        country_alpha3,
        region,
        city,
        founded_on,
        status,
        category,
        'company' AS role,
        1 AS rank,
        NULL::DATE AS seen_on
    FROM staging.crunchbase__companies
    UNION ALL
    SELECT
        company_permalink,
        company_name,
        FALSE,
        company_country_alpha3,
        company_region,
        company_city,
        NULL,
        'acquired',
        NULL,
        'acquired',
        2,
        acquired_on
    FROM staging.crunchbase__acquisitions
    UNION ALL
    SELECT
        acquirer_permalink,
        acquirer_name,
        FALSE,
        acquirer_country_alpha3,
        acquirer_region,
        acquirer_city,
        NULL,
        NULL,
        NULL,
        'acquirer',
        3,
        acquired_on
    FROM staging.crunchbase__acquisitions
)

SELECT
    permalink,
    COALESCE(name, permalink) AS name,
    name_is_placeholder,
    country_alpha3,
    region,
    city,
    founded_on,
    status,
    category,
    role
FROM seen
WHERE permalink IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY permalink ORDER BY rank, seen_on DESC NULLS LAST, name, city, region
) = 1
