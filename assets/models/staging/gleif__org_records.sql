/*
description: >
  Legal entities of GLEIF as matching takes them, with the number of the register that each is
  in. A register is named by GLEIF's code, since one country may have many; those of the United
  Kingdom are one.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: The legal entity identifier.
  name: Name as the system has it.
  other_names: Former and trading names.
  lei: Legal entity identifier.
  register: Company register, by its country.
  company_number: Number in that register.
  country_code: Country, ISO 3166-1 alpha-2; NA is Namibia.
  city: City, free text.
  founded_year: Year of founding or incorporation.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
SELECT
    'gleif' AS source,
    g.lei AS source_id,
    JSON_EXTRACT_STRING(g.entity, '$.legalName.name') AS name,
    LIST_FILTER(
        JSON_EXTRACT_STRING(g.entity, '$.otherNames[*].name'),
        LAMBDA other: other IS NOT NULL
    ) AS other_names,
    g.lei,
    CASE
        WHEN JSON_EXTRACT_STRING(g.entity, '$.registeredAt.id')
            IN ('RA000585', 'RA000586', 'RA000587')
            THEN 'GB'
        WHEN JSON_EXTRACT_STRING(g.entity, '$.registeredAt.id') NOT IN ('RA888888', 'RA999999')
            THEN JSON_EXTRACT_STRING(g.entity, '$.registeredAt.id')
    END AS register,
    JSON_EXTRACT_STRING(g.entity, '$.registeredAs') AS company_number,
    JSON_EXTRACT_STRING(g.entity, '$.headquartersAddress.country') AS country_code,
    JSON_EXTRACT_STRING(g.entity, '$.headquartersAddress.city') AS city,
    YEAR(TRY_CAST(LEFT(JSON_EXTRACT_STRING(g.entity, '$.creationDate'), 10) AS DATE)) AS founded_year
FROM raw.gleif__lei_records AS g
WHERE JSON_EXTRACT_STRING(g.entity, '$.legalName.name') IS NOT NULL
