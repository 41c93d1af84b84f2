/*
description: >
  Companies of HubSpot that are not deleted, as matching takes them, with their contacts.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: Identity of the company in HubSpot.
  name: Name as the system has it.
  websites: Addresses of sites and domains.
  emails: Addresses of people who work there.
  country_code: Country, ISO 3166-1 alpha-2; NA is Namibia.
  city: City, free text.
  founded_year: Year of founding or incorporation.
  people: Names of founders, officers and contacts.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
WITH contacts AS (
    SELECT
        JSON_EXTRACT_STRING(h.properties, '$.associatedcompanyid') AS company_id,
        JSON_EXTRACT_STRING(h.properties, '$.email') AS email,
        CONCAT_WS(
            ' ',
            JSON_EXTRACT_STRING(h.properties, '$.firstname'),
            JSON_EXTRACT_STRING(h.properties, '$.lastname')
        ) AS person
    FROM raw.hubspot__contacts AS h
),

people AS (
    SELECT
        c.company_id,
        LIST(DISTINCT c.email ORDER BY c.email) FILTER (c.email IS NOT NULL) AS emails,
        LIST(DISTINCT c.person ORDER BY c.person) FILTER (c.person <> '') AS people
    FROM contacts AS c
    GROUP BY c.company_id
),

companies AS (
    SELECT
        h.id,
        JSON_EXTRACT_STRING(h.properties, '$.name') AS name,
        JSON_EXTRACT_STRING(h.properties, '$.domain') AS domain,
        JSON_EXTRACT_STRING(h.properties, '$.website') AS website,
        UPPER(TRIM(JSON_EXTRACT_STRING(h.properties, '$.country'))) AS country,
        JSON_EXTRACT_STRING(h.properties, '$.city') AS city,
        TRY_CAST(JSON_EXTRACT_STRING(h.properties, '$.founded_year') AS INTEGER) AS founded_year
    FROM raw.hubspot__companies AS h
    LEFT JOIN raw.hubspot__archived AS a ON h.id = a.id AND a.object = 'companies'
    WHERE a.id IS NULL AND NOT COALESCE(h.archived, FALSE)
)

SELECT
    'hubspot' AS source,
    c.id AS source_id,
    c.name,
    LIST_FILTER([c.domain, c.website], LAMBDA site: site IS NOT NULL) AS websites,
    p.emails,
    i.country_code,
    c.city,
    c.founded_year,
    p.people
FROM companies AS c
LEFT JOIN people AS p ON c.id = p.company_id
LEFT JOIN staging.iso__countries AS i
    ON c.country IN (i.country_code, i.alpha3, UPPER(i.name))
WHERE c.name IS NOT NULL
