/*
description: >
  Forms C, C-U and C-AR, typed: crowdfunding offerings, their progress and yearly reports. Their
  dates are written MM-DD-YYYY.
owner: data@headwater.example
key: [form_id]
columns:
  form_id: Accession number where the envelope or the file's name tells it, else the file.
  accession_number: Identity of the filing; null where the file doesn't say.
  submission_type: C, C-U, C-AR …
  cik: Issuer, ten digits.
  issuer_name: Its name.
  legal_form: Its legal form.
  incorporated_on: Day of its incorporation.
  city: Its city.
  state_or_country: EDGAR's code of its state or country.
  website: Its website.
  security_type: Kind of security offered; null on a yearly report.
  price_usd: {description: Price of a security., unit: USD}
  target_usd: {description: Smallest amount to be raised., unit: USD}
  maximum_usd: {description: Largest amount to be raised., unit: USD}
  deadline_on: Last day of the offering.
  employees: {description: Number of employees., unit: people}
  total_assets_usd: {description: Assets at the end of the last fiscal year., unit: USD}
  revenue_usd: {description: Revenue of the last fiscal year., unit: USD}
  net_income_usd: {description: "Net income of the last fiscal year, negative for a loss.", unit: USD}
  report_on: Last day of the period reported on.
  filed_on: Day of filing, as the envelope tells; null for a bare form.
  signed_on: Day of the last signature.
  source_file: File the form was read from.
checks:
  - expect_column_values_to_match_regex: {column: cik, regex: "^[0-9]{10}$"}
  - expect_column_values_to_not_be_null: {column: issuer_name}
  - expect_column_values_to_not_be_null: {column: signed_on, severity: warning}
  - expect_column_values_to_be_between: {column: target_usd, min_value: 0}
  - expect_column_pair_values_a_to_be_greater_than_b:
      {column_A: maximum_usd, column_B: target_usd, or_equal: true,
       ignore_row_if: either_value_is_missing, severity: warning}
*/
WITH signatures AS (
    SELECT
        _file,
        MAX(CAST(TRY_STRPTIME(signature_date, '%m-%d-%Y') AS DATE)) AS signed_on
    FROM raw.sec_forms__form_c_signatures
    GROUP BY _file
),

forms AS (
    SELECT
        c.*,
        COALESCE(
            c.accession_number,
            NULLIF(REGEXP_EXTRACT(c._file, '[0-9]{10}-[0-9]{2}-[0-9]{6}'), '')
        ) AS accession
    FROM raw.sec_forms__form_c AS c
)

SELECT
    COALESCE(c.accession, c._file) AS form_id,
    c.accession AS accession_number,
    c.submission_type,
    LPAD(c.cik, 10, '0') AS cik,
    TRIM(c.name_of_issuer) AS issuer_name,
    NULLIF(c.legal_status_form, '') AS legal_form,
    CAST(TRY_STRPTIME(c.date_incorporation, '%m-%d-%Y') AS DATE) AS incorporated_on,
    NULLIF(c.city, '') AS city,
    NULLIF(c.state_or_country, '') AS state_or_country,
    CASE
        WHEN c.issuer_website ILIKE 'http%' THEN c.issuer_website
        WHEN c.issuer_website LIKE '%.%' THEN 'https://' || c.issuer_website
    END AS website,
    NULLIF(c.security_offered_type, '') AS security_type,
    TRY_CAST(c.price AS DECIMAL(18, 5)) AS price_usd,
    TRY_CAST(c.offering_amount AS DECIMAL(18, 2)) AS target_usd,
    TRY_CAST(c.maximum_offering_amount AS DECIMAL(18, 2)) AS maximum_usd,
    CAST(TRY_STRPTIME(c.deadline_date, '%m-%d-%Y') AS DATE) AS deadline_on,
    CAST(TRY_CAST(c.current_employees AS DECIMAL(12, 2)) AS INTEGER) AS employees,
    TRY_CAST(c.total_assets AS DECIMAL(18, 2)) AS total_assets_usd,
    TRY_CAST(c.revenue AS DECIMAL(18, 2)) AS revenue_usd,
    TRY_CAST(c.net_income AS DECIMAL(18, 2)) AS net_income_usd,
    CAST(TRY_STRPTIME(c.period, '%m-%d-%Y') AS DATE) AS report_on,
    CAST(TRY_STRPTIME(c.filing_date, '%Y%m%d') AS DATE) AS filed_on,
    s.signed_on,
    c._file AS source_file
FROM forms AS c
LEFT JOIN signatures AS s ON c._file = s._file
WHERE c.cik IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY COALESCE(c.accession, c._file) ORDER BY c._file, c._line, c._path
) = 1
