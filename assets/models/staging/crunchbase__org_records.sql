/*
description: >
  Organizations of the Crunchbase export as matching takes them.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: Crunchbase's path of the organization.
  name: Name as the system has it.
  vendor_ids: Identities in other systems that this one names, vendor:id.
  country_code: Country, ISO 3166-1 alpha-2; NA is Namibia.
  city: City, free text.
  founded_year: Year of founding or incorporation.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
SELECT
    'crunchbase' AS source,
    c.permalink AS source_id,
    c.name,
    ['crunchbase:' || REGEXP_EXTRACT(c.permalink, '([^/]+)/?$', 1)] AS vendor_ids,
    i.country_code,
    c.city,
    YEAR(c.founded_on) AS founded_year
FROM staging.crunchbase__organizations AS c
LEFT JOIN staging.iso__countries AS i ON c.country_alpha3 = i.alpha3
