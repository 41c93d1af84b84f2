/*
description: >
  Filings listed in EDGAR's JSON, the newest thousand of a filer and the older ones, typed. The
  older lists name their filer in the file's name alone.
owner: data@headwater.example
key: [cik, accession_number]
columns:
  cik: Filer whose list the filing stands in, ten digits.
  accession_number: Identity of the filing.
  form_type: D, 4, 10-K …
  filed_on: Day of filing.
  report_on: Day the filing reports on; null where there is none.
  accepted_at: When EDGAR accepted it, UTC.
  file_number: SEC file number.
  items: Items or exemptions claimed.
  size_bytes: {description: Size of the submission., unit: bytes}
  primary_document: File name of the main document.
  list_kind: recent or older.
checks:
  - expect_column_values_to_match_regex: {column: cik, regex: "^[0-9]{10}$"}
  - expect_column_values_to_match_regex:
      {column: accession_number, regex: "^[0-9]{10}-[0-9]{2}-[0-9]{6}$"}
  - expect_column_values_to_not_be_null: {column: filed_on}
  - expect_column_values_to_not_be_null: {column: form_type}
  - expect_column_values_to_be_between: {column: size_bytes, min_value: 0}
*/
WITH listed AS (
    SELECT
        LPAD(r.cik, 10, '0') AS cik,
        r.accession_number,
        r.form,
        r.filing_date,
        r.report_date,
        r.acceptance_date_time,
        r.file_number,
        r.items,
        r.size,
        r.primary_document,
        'recent' AS list_kind
    FROM raw.edgar__filings AS r
    UNION ALL
    SELECT
        REGEXP_EXTRACT(o._file, 'CIK([0-9]{10})-submissions', 1) AS cik,
        o.accession_number,
        o.form,
        o.filing_date,
        o.report_date,
        o.acceptance_date_time,
        o.file_number,
        o.items,
        o.size,
        o.primary_document,
        'older' AS list_kind
    FROM raw.edgar__older_filings AS o
)

SELECT
    cik,
    accession_number,
    form AS form_type,
    TRY_CAST(NULLIF(filing_date, '') AS DATE) AS filed_on,
    TRY_CAST(NULLIF(report_date, '') AS DATE) AS report_on,
    TRY_CAST(NULLIF(acceptance_date_time, '') AS TIMESTAMPTZ) AS accepted_at,
    NULLIF(file_number, '') AS file_number,
    LIST_FILTER(STRING_SPLIT(COALESCE(items, ''), ','), LAMBDA item: item <> '') AS items,
    size AS size_bytes,
    NULLIF(primary_document, '') AS primary_document,
    list_kind
FROM listed
WHERE cik IS NOT NULL AND accession_number IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY cik, accession_number ORDER BY list_kind DESC, filing_date, form
) = 1
