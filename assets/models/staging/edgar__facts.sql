/*
description: >
  Values that companies reported, one row a statement: a period that several filings report
  stands once for each of them, so that restatements can be seen.
owner: data@headwater.example
key: [cik, taxonomy, concept, unit, fact_number]
columns:
  cik: Company, ten digits.
  entity_name: Its name.
  taxonomy: Taxonomy of the concept, e.g. us-gaap.
  concept: Concept within the taxonomy.
  unit: Unit of the value, a currency or shares.
  fact_number: Place in the file's list, from 0.
  period_start_on: First day of the period; null for a point in time.
  period_end_on: Last day of the period, or the day.
  value: The value, in `unit`, exact.
  accession_number: Filing that states it.
  form_type: Form of that filing.
  filed_on: Day of that filing.
  fiscal_year: Fiscal year of that filing.
  fiscal_period: Fiscal period of that filing.
checks:
  - expect_column_values_to_match_regex: {column: cik, regex: "^[0-9]{10}$"}
  - expect_column_values_to_not_be_null: {column: period_end_on}
  - expect_column_values_to_not_be_null: {column: value, severity: warning}
*/
WITH parsed AS (
    SELECT
        f.*,
        REGEXP_EXTRACT(
            f._path,
            '^\$\.facts\.([^.\[]+|\["[^"]+"\])\.?([^.\[]+|\["[^"]+"\])\.units\.?([^\[]+|\["[^"]+"\])\[([0-9]+)\]$',
            ['taxonomy', 'concept', 'unit', 'number']
        ) AS place
    FROM raw.edgar__facts AS f
)

SELECT
    LPAD(cik, 10, '0') AS cik,
    entity_name,
    TRIM(place.taxonomy, '[]"') AS taxonomy,
    TRIM(place.concept, '[]"') AS concept,
    TRIM(place.unit, '[]"') AS unit,
    CAST(place.number AS INTEGER) AS fact_number,
    TRY_CAST(start AS DATE) AS period_start_on,
    TRY_CAST("end" AS DATE) AS period_end_on,
    val AS value,
    accn AS accession_number,
    form AS form_type,
    TRY_CAST(filed AS DATE) AS filed_on,
    CAST(fy AS INTEGER) AS fiscal_year,
    fp AS fiscal_period
FROM parsed
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY LPAD(cik, 10, '0'), place ORDER BY _file DESC
) = 1
