/*
description: >
  Companies of the accelerator's directory as matching takes them.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: The directory's number of the company.
  name: Name as the system has it.
  websites: Addresses of sites and domains.
  vendor_ids: Identities in other systems that this one names, vendor:id.
  country_code: Country, ISO 3166-1 alpha-2; NA is Namibia.
  city: City, free text.
  founded_year: Year of founding or incorporation.
  people: Names of founders, officers and contacts.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
SELECT
    'yc' AS source,
    y.company_id AS source_id,
    y.name,
    LIST_FILTER([y.website], LAMBDA site: site IS NOT NULL) AS websites,
    LIST_FILTER(
        ['crunchbase:' || y.crunchbase_slug, 'linkedin:' || y.linkedin_slug],
        LAMBDA page: page IS NOT NULL
    ) AS vendor_ids,
    y.country_code,
    y.location AS city,
    y.founded_year,
    y.founders AS people
FROM staging.yc__companies AS y
WHERE y.company_id IS NOT NULL AND y.name IS NOT NULL
