/*
description: Filers known to EDGAR with their own file, typed; a CIK is ten digits everywhere.
owner: data@headwater.example
key: [cik]
columns:
  cik: Central index key, ten digits.
  cik_raw: The key as the file has it.
  name: Conformed name.
  entity_type: operating, other …
  is_person: True where the filer is a person, so no employer number and no state is stated.
  sic: Industry code.
  sic_description: Industry.
  ein: Employer number; null for 000000000, which stands for none.
  ein_raw: Employer number as the file has it.
  lei: Legal entity identifier.
  category: Filer category, words only.
  state_of_incorporation: EDGAR's code of a state or country.
  state_of_incorporation_name: The same in words.
  fiscal_year_end: Month and day, MMDD.
  tickers: Ticker symbols.
  repairs: What was repaired, one sentence each; empty where nothing was.
checks:
  - expect_column_values_to_match_regex: {column: cik, regex: "^[0-9]{10}$"}
  - expect_column_values_to_not_be_null: {column: name}
  - expect_column_values_to_match_regex: {column: ein, regex: "^[0-9]{9}$", severity: warning}
*/
SELECT
    LPAD(f.cik, 10, '0') AS cik,
    f.cik AS cik_raw,
    f.name,
    NULLIF(f.entity_type, '') AS entity_type,
    f.ein IS NULL AND COALESCE(f.state_of_incorporation, '') = '' AS is_person,
    NULLIF(f.sic, '') AS sic,
    NULLIF(f.sic_description, '') AS sic_description,
    NULLIF(NULLIF(f.ein, ''), '000000000') AS ein,
    f.ein AS ein_raw,
    NULLIF(f.lei, '') AS lei,
    NULLIF(TRIM(REGEXP_REPLACE(f.category, '\s*<br>\s*', '; ', 'g'), '; '), '') AS category,
    NULLIF(f.state_of_incorporation, '') AS state_of_incorporation,
    NULLIF(f.state_of_incorporation_description, '') AS state_of_incorporation_name,
    NULLIF(f.fiscal_year_end, '') AS fiscal_year_end,
    COALESCE(f.tickers, []) AS tickers,
    LIST_FILTER(
        [
            CASE WHEN LENGTH(f.cik) < 10 THEN 'cik: padded with zeros to ten digits' END,
            CASE WHEN f.ein = '000000000' THEN 'ein: 000000000 stands for none; left null' END,
            CASE WHEN f.category LIKE '%<br>%' THEN 'category: HTML line breaks taken out' END
        ],
        LAMBDA repair: repair IS NOT NULL
    ) AS repairs
FROM raw.edgar__filers AS f
WHERE f.cik IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY LPAD(f.cik, 10, '0') ORDER BY f._file DESC) = 1
