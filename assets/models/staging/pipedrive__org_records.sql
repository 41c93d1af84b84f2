/*
description: >
  Organizations of Pipedrive as matching takes them, with their people. Which custom field holds
  the web domain is the firm's own choice: it is found by the name of the field.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: Identity of the organization in Pipedrive.
  name: Name as the system has it.
  websites: Addresses of sites and domains.
  emails: Addresses of people who work there.
  country_code: Country, ISO 3166-1 alpha-2; NA is Namibia.
  city: City, free text.
  people: Names of founders, officers and contacts.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
WITH people AS (
    SELECT
        p.org_id,
        LIST_SORT(
            LIST_DISTINCT(FLATTEN(LIST(JSON_EXTRACT_STRING(p.emails, '$[*].value'))))
        ) AS emails,
        LIST(DISTINCT p.name ORDER BY p.name) FILTER (p.name IS NOT NULL) AS people
    FROM raw.pipedrive__persons AS p
    GROUP BY p.org_id
),

sites AS (
    SELECT
        o.id,
        LIST(JSON_EXTRACT_STRING(o.custom_fields, f.field_code) ORDER BY f.field_code)
            FILTER (JSON_EXTRACT_STRING(o.custom_fields, f.field_code) LIKE '%.%') AS websites
    FROM raw.pipedrive__organizations AS o
    INNER JOIN raw.pipedrive__fields AS f
        ON f.entity = 'organizationFields'
            AND f.is_custom_field
            AND REGEXP_MATCHES(LOWER(f.field_name), 'domain|website|url|homepage')
    GROUP BY o.id
)

SELECT
    'pipedrive' AS source,
    CAST(o.id AS VARCHAR) AS source_id,
    o.name,
    s.websites,
    p.emails,
    i.country_code,
    COALESCE(JSON_EXTRACT_STRING(o.address, '$.locality'), JSON_EXTRACT_STRING(o.address, '$.value')) AS city,
    p.people
FROM raw.pipedrive__organizations AS o
LEFT JOIN sites AS s ON o.id = s.id
LEFT JOIN people AS p ON o.id = p.org_id
LEFT JOIN staging.iso__countries AS i
    ON UPPER(TRIM(JSON_EXTRACT_STRING(o.address, '$.country'))) IN (i.country_code, i.alpha3, UPPER(i.name))
WHERE o.name IS NOT NULL
