/*
description: >
  Companies of the United Kingdom's register as matching takes them, with former names and
  directors.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: Number in the register.
  name: Name as the system has it.
  other_names: Former and trading names.
  register: Company register, by its country.
  company_number: Number in that register.
  country_code: Country, ISO 3166-1 alpha-2; NA is Namibia.
  city: City, free text.
  founded_year: Year of founding or incorporation.
  people: Names of founders, officers and contacts.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
WITH officers AS (
    SELECT
        o.company_number,
        LIST(
            DISTINCT TRIM(SPLIT_PART(o.name, ',', 2)) || ' ' || TRIM(SPLIT_PART(o.name, ',', 1))
            ORDER BY TRIM(SPLIT_PART(o.name, ',', 2)) || ' ' || TRIM(SPLIT_PART(o.name, ',', 1))
        ) FILTER (CONTAINS(o.name, ',')) AS people
    FROM raw.companies_house__officers AS o
    GROUP BY o.company_number
)

SELECT
    'companies_house' AS source,
    c.company_number AS source_id,
    c.company_name AS name,
    JSON_EXTRACT_STRING(c.previous_company_names, '$[*].name') AS other_names,
    'GB' AS register,
    c.company_number,
    'GB' AS country_code,
    JSON_EXTRACT_STRING(c.registered_office_address, '$.locality') AS city,
    YEAR(c.date_of_creation) AS founded_year,
    o.people
FROM raw.companies_house__companies AS c
LEFT JOIN officers AS o ON c.company_number = o.company_number
WHERE c.company_name IS NOT NULL
