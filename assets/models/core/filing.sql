/*
description: >
  Filings with the SEC, one row a filing and filer: those listed in EDGAR's JSON and those read
  as documents. A filing that is both listed and read stands once, with what both say.
owner: data@headwater.example
key: [filing_id, cik]
columns:
  filing_id: Accession number; for a document that doesn't tell it, its file.
  cik: Filer or issuer, ten digits.
  org_id: The organization with this CIK, as in core.organization; null for persons.
  accession_number: Identity of the filing; null where it is not known.
  form_type: D, D/A, C-AR, 4, 10-K …
  filer_name: Name of the filer.
  filed_on: Day of filing; null for a bare document outside EDGAR's lists.
  signed_on: Day of the last signature; null for a filing that was not read.
  report_on: Day the filing reports on.
  accepted_at: When EDGAR accepted it, UTC.
  is_read: True where the document itself was read.
  document: File of the document that was read.
checks:
  - expect_column_values_to_not_be_null: {column: form_type}
  - expect_column_values_to_match_regex: {column: cik, regex: "^[0-9]{10}$"}
  - expect_column_values_to_not_be_null:
      column: filed_on
      row_condition: "NOT is_read"
  - expect_column_values_to_be_between:
      {column: filed_on, min_value: "1993-01-01", max_value: "2100-12-31"}
*/
WITH listed AS (
    SELECT
        f.accession_number AS filing_id,
        f.cik,
        f.accession_number,
        f.form_type,
        p.name AS filer_name,
        f.filed_on,
        NULL::DATE AS signed_on,
        f.report_on,
        f.accepted_at,
        NULL AS document
    FROM staging.edgar__filings AS f
    LEFT JOIN staging.edgar__filers AS p ON f.cik = p.cik
),

documents AS (
    SELECT
        form_id,
        cik,
        accession_number,
        submission_type,
        issuer_name,
        filed_on,
        signed_on,
        NULL::DATE AS report_on,
        source_file
    FROM staging.sec_forms__form_d
    UNION ALL
    SELECT
        form_id,
        cik,
        accession_number,
        submission_type,
        issuer_name,
        filed_on,
        signed_on,
        report_on,
        source_file
    FROM staging.sec_forms__form_c
    UNION ALL
    SELECT
        form_id,
        issuer_cik,
        accession_number,
        form_type,
        issuer_name,
        filed_on,
        signed_on,
        report_on,
        source_file
    FROM staging.sec_forms__form_4
),

both_sides AS (
    SELECT * FROM listed
    UNION ALL
    SELECT
        form_id,
        cik,
        accession_number,
        submission_type,
        issuer_name,
        filed_on,
        signed_on,
        report_on,
        NULL::TIMESTAMPTZ,
        source_file
    FROM documents
),

filings AS (
    SELECT
        filing_id,
        cik,
        MAX(accession_number) AS accession_number,
        ARG_MAX(form_type, document IS NULL) AS form_type,
        ARG_MAX(filer_name, document IS NULL) AS filer_name,
        MAX(filed_on) AS filed_on,
        MAX(signed_on) AS signed_on,
        MAX(report_on) AS report_on,
        MAX(accepted_at) AS accepted_at,
        MAX(document) AS document
    FROM both_sides
    GROUP BY filing_id, cik
)

SELECT
    f.filing_id,
    f.cik,
    'sec:' || o.cik AS org_id,
    f.accession_number,
    f.form_type,
    COALESCE(f.filer_name, o.name) AS filer_name,
    f.filed_on,
    f.signed_on,
    f.report_on,
    f.accepted_at,
    f.document IS NOT NULL AS is_read,
    f.document
FROM filings AS f
LEFT JOIN staging.sec__organizations AS o ON f.cik = o.cik
