/*
description: >
  Companies of the Crunchbase export, typed and repaired. What was repaired is named in
  `repairs`, and the value as it stood is kept beside it in a column ending in `_raw`.
owner: data@headwater.example
key: [permalink]
columns:
  permalink: Crunchbase's path of the company; its identity.
  name: Name of the company, mojibake undone.
  name_raw: Name as the export has it.
  name_is_placeholder: True where the name is a spreadsheet's error value, so the real one is lost.
  category: Crunchbase's category.
  status: operating, acquired, closed or ipo.
  country_alpha3: Country, ISO 3166 alpha-3.
  state_code: State, where the country has states.
  region: Metropolitan region; null where the export says unknown.
  city: City, mojibake undone.
  city_raw: City as the export has it.
  funding_total_usd: {description: "Sum of all rounds; null where the export spoilt it.", unit: USD}
  funding_total_usd_raw: The total as the export has it.
  rounds: Number of rounds, exact duplicates counted.
  founded_on: Day of founding, often the first of a year; null where the year is impossible.
  founded_on_raw: Day of founding as the export has it.
  first_funded_on: Day of the first round; null for 1960-01-01, which stands for "not known".
  last_funded_on: Day of the last round; null for 1960-01-01.
  last_milestone_on: Day of the last milestone, which may lie ahead.
  repairs: What was repaired, one sentence each; empty where nothing was.
  source_file: File the row was read from.
  source_line: Line of that file.
checks:
  - expect_column_values_to_not_be_null: {column: name}
  - expect_column_values_to_match_regex: {column: permalink, regex: "^/company/"}
  - expect_column_values_to_be_in_set:
      {column: status, value_set: [operating, acquired, closed, ipo], severity: warning}
  - expect_column_values_to_not_match_regex:
      column: name
      regex: "[ÃÂ][\u0080-¿_]|â€"
      description: No name is left in two wrong encodings.
  - expect_column_values_to_be_between: {column: funding_total_usd, min_value: 0}
  - expect_column_values_to_be_between: {column: rounds, min_value: 0, max_value: 100}
  - expect_column_values_to_be_between:
      {column: founded_on, min_value: "1600-01-01", max_value: "2100-12-31"}
  - expect_column_values_to_not_be_null:
      column: funding_total_usd
      row_condition: "funding_total_usd_raw IS NOT NULL"
      severity: warning
      description: Every total that is stated is a number.
  - expect_column_values_to_be_in_set:
      column: name_is_placeholder
      value_set: [false]
      severity: warning
      description: No name was lost to a spreadsheet.
*/
WITH typed AS (
    SELECT
        c.*,
        TRY_CAST(c.funding_total_usd AS DECIMAL(18, 2)) AS total_usd,
        TRY_CAST(c.founded_at AS DATE) AS founded,
        c.name IN ('#NAME?', '#REF!', '#VALUE!', '#N/A', '#NULL!', '#NUM!', '#DIV/0!') AS spoilt
    FROM raw.crunchbase__companies AS c
)

SELECT
    c.permalink,
    COALESCE(n.text, c.name) AS name,
    c.name AS name_raw,
    COALESCE(c.spoilt, FALSE) AS name_is_placeholder,
    c.category_code AS category,
    c.status,
    c.country_code AS country_alpha3,
    c.state_code,
    NULLIF(COALESCE(r.text, c.region), 'unknown') AS region,
    COALESCE(t.text, c.city) AS city,
    c.city AS city_raw,
    c.total_usd AS funding_total_usd,
    c.funding_total_usd AS funding_total_usd_raw,
    TRY_CAST(c.funding_rounds AS INTEGER) AS rounds,
    CASE WHEN YEAR(c.founded) BETWEEN 1600 AND 2100 THEN c.founded END AS founded_on,
    c.founded_at AS founded_on_raw,
    NULLIF(TRY_CAST(c.first_funding_at AS DATE), DATE '1960-01-01') AS first_funded_on,
    NULLIF(TRY_CAST(c.last_funding_at AS DATE), DATE '1960-01-01') AS last_funded_on,
    TRY_CAST(c.last_milestone_at AS DATE) AS last_milestone_on,
    LIST_FILTER(
        [
            CASE
                WHEN c.spoilt
                    THEN 'name: a spreadsheet''s error value; the real name is lost, kept as it is'
            END,
            'name: ' || n.repair,
            'region: ' || r.repair,
            'city: ' || t.repair,
            CASE
                WHEN c.total_usd IS NOT NULL THEN NULL
                WHEN c.funding_total_usd LIKE '%/%/%'
                    THEN 'funding_total_usd: a spreadsheet wrote the number as a date with a year '
                        || 'of two digits, so the number can''t be told; left null'
                WHEN c.funding_total_usd LIKE '#%'
                    THEN 'funding_total_usd: a spreadsheet wrote # signs for a number too wide '
                        || 'to show; left null'
                WHEN c.funding_total_usd IS NOT NULL
                    THEN 'funding_total_usd: no number; left null'
            END,
            CASE
                WHEN c.founded_at IS NOT NULL AND c.founded IS NULL
                    THEN 'founded_on: no date; left null'
                WHEN YEAR(c.founded) NOT BETWEEN 1600 AND 2100
                    THEN 'founded_on: no company was founded in that year; left null'
            END,
            CASE
                WHEN '1960-01-01' IN (c.first_funding_at, c.last_funding_at)
                    THEN 'first_funded_on, last_funded_on: 1960-01-01 stands for a day that is '
                        || 'not known; left null'
            END
        ],
        LAMBDA repair: repair IS NOT NULL
    ) AS repairs,
    c._file AS source_file,
    c._line AS source_line
FROM typed AS c
LEFT JOIN staging.crunchbase__text_repairs AS n ON c.name = n.text_raw
LEFT JOIN staging.crunchbase__text_repairs AS r ON c.region = r.text_raw
LEFT JOIN staging.crunchbase__text_repairs AS t ON c.city = t.text_raw
QUALIFY ROW_NUMBER() OVER (PARTITION BY c.permalink ORDER BY c._file DESC, c._line DESC) = 1
