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
  label: The concept in words.
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
SELECT
    LPAD(f.cik, 10, '0') AS cik,
    f.entity_name,
    f.taxonomy,
    f.concept,
    f.label,
    f.unit,
    CAST(REGEXP_EXTRACT(f._path, '\[([0-9]+)\]$', 1) AS INTEGER) AS fact_number,
    TRY_CAST(f.start AS DATE) AS period_start_on,
    TRY_CAST(f."end" AS DATE) AS period_end_on,
    f.val AS value,
    f.accn AS accession_number,
    f.form AS form_type,
    TRY_CAST(f.filed AS DATE) AS filed_on,
    CAST(f.fy AS INTEGER) AS fiscal_year,
    f.fp AS fiscal_period
FROM raw.edgar__facts AS f
WHERE f.cik IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY LPAD(f.cik, 10, '0'), f.taxonomy, f.concept, f.unit, f._path ORDER BY f._file DESC
) = 1
