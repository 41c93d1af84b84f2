/*
description: >
  Organizations of EDGAR as matching takes them, with the names that they had before.
owner: data@headwater.example
key: [source_id]
columns:
  source: Name of the system.
  source_id: Central index key, ten digits.
  name: Name as the system has it.
  other_names: Former and trading names.
  websites: Addresses of sites and domains.
  cik: Central index key of the SEC, ten digits.
  country_code: Country, ISO 3166-1 alpha-2; NA is Namibia.
  city: City, free text.
  founded_year: Year of founding or incorporation.
checks:
  - expect_column_values_to_not_be_null: {column: name}
*/
WITH others AS (
    SELECT
        d.cik,
        LIST(DISTINCT d.previous_name ORDER BY d.previous_name) AS other_names
    FROM staging.sec_forms__form_d AS d
    WHERE d.previous_name IS NOT NULL
    GROUP BY d.cik
)

SELECT
    'sec' AS source,
    s.cik AS source_id,
    s.name,
    o.other_names,
    LIST_FILTER([s.website], LAMBDA site: site IS NOT NULL) AS websites,
    s.cik,
    s.country_code,
    s.city,
    s.founded_year
FROM staging.sec__organizations AS s
LEFT JOIN others AS o ON s.cik = o.cik
