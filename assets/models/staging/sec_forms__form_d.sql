/*
description: >
  Forms D, typed: an offering exempt from registration and its primary issuer. Form D names no
  investors. Amounts may be indefinite, and the first sale may be yet to come.
owner: data@headwater.example
key: [form_id]
columns:
  form_id: Accession number where the envelope or the file's name tells it, else the file.
  accession_number: Identity of the filing; null where the file doesn't say.
  submission_type: D, or D/A for an amendment.
  is_amendment: True for an amendment.
  is_test: True for a test filing.
  cik: Primary issuer, ten digits.
  issuer_name: Its name.
  entity_type: Its legal form.
  jurisdiction: Jurisdiction of its incorporation, in words.
  incorporated_year: Year of its incorporation.
  city: Its city.
  state_or_country: EDGAR's code of its state or country.
  state_or_country_name: The same in words.
  industry: Industry group.
  fund_type: Kind of fund; null where the issuer is none.
  is_series: True where the issuer is a series of another entity, as its name says.
  first_sale_on: Day of the first sale; null where it is yet to occur.
  first_sale_yet_to_occur: True where nothing was sold yet.
  minimum_investment_usd: {description: Smallest investment accepted., unit: USD}
  offering_usd: {description: "Size of the offering; null where indefinite.", unit: USD}
  offering_raw: Size of the offering as the form has it.
  offering_is_indefinite: True where the form says Indefinite.
  sold_usd: {description: Amount sold so far., unit: USD}
  remaining_usd: {description: "Amount left to sell; null where indefinite.", unit: USD}
  investors: Number of investors so far.
  previous_name: A former name; null for the text None.
  filed_on: Day of filing, as the envelope tells; null for a bare form.
  signed_on: Day of the last signature.
  repairs: What was repaired, one sentence each; empty where nothing was.
  source_file: File the form was read from.
checks:
  - expect_column_values_to_match_regex: {column: cik, regex: "^[0-9]{10}$"}
  - expect_column_values_to_not_be_null: {column: issuer_name}
  - expect_column_values_to_be_between: {column: sold_usd, min_value: 0}
  - expect_column_values_to_not_be_null:
      column: offering_usd
      row_condition: "NOT offering_is_indefinite"
      severity: warning
      description: An offering has a size unless the form calls it indefinite.
  - expect_column_values_to_not_be_null:
      column: first_sale_on
      row_condition: "NOT first_sale_yet_to_occur"
      severity: warning
  - expect_column_values_to_be_in_set:
      {column: is_test, value_set: [false], severity: warning}
*/
WITH signatures AS (
    SELECT
        _file,
        MAX(TRY_CAST(signature_date AS DATE)) AS signed_on
    FROM raw.sec_forms__form_d_signatures
    GROUP BY _file
),

forms AS (
    SELECT
        d.*,
        COALESCE(
            d.accession_number,
            NULLIF(REGEXP_EXTRACT(d._file, '[0-9]{10}-[0-9]{2}-[0-9]{6}'), '')
        ) AS accession,
        TRY_CAST(d.total_offering_amount AS DECIMAL(18, 2)) AS offering,
        TRY_CAST(d.total_remaining AS DECIMAL(18, 2)) AS remaining
    FROM raw.sec_forms__form_d AS d
)

SELECT
    COALESCE(d.accession, d._file) AS form_id,
    d.accession AS accession_number,
    d.submission_type,
    COALESCE(d.is_amendment = 'true', FALSE) OR d.submission_type LIKE '%/A' AS is_amendment,
    COALESCE(d.test_or_live = 'TEST', FALSE) AS is_test,
    LPAD(d.cik, 10, '0') AS cik,
    TRIM(d.entity_name) AS issuer_name,
    NULLIF(d.entity_type, '') AS entity_type,
    NULLIF(d.jurisdiction_of_inc, '') AS jurisdiction,
    TRY_CAST(d.year_of_inc AS INTEGER) AS incorporated_year,
    NULLIF(d.city, '') AS city,
    NULLIF(d.state_or_country, '') AS state_or_country,
    NULLIF(d.state_or_country_description, '') AS state_or_country_name,
    NULLIF(d.industry_group_type, '') AS industry,
    NULLIF(d.investment_fund_type, '') AS fund_type,
    COALESCE(d.entity_name ILIKE '%a series of%', FALSE) AS is_series,
    TRY_CAST(d.date_of_first_sale AS DATE) AS first_sale_on,
    COALESCE(d.date_of_first_sale_yet_to_occur = 'true', FALSE) AS first_sale_yet_to_occur,
    TRY_CAST(d.minimum_investment_accepted AS DECIMAL(18, 2)) AS minimum_investment_usd,
    d.offering AS offering_usd,
    d.total_offering_amount AS offering_raw,
    COALESCE(d.total_offering_amount = 'Indefinite', FALSE) AS offering_is_indefinite,
    TRY_CAST(d.total_amount_sold AS DECIMAL(18, 2)) AS sold_usd,
    d.remaining AS remaining_usd,
    TRY_CAST(d.total_number_already_invested AS INTEGER) AS investors,
    NULLIF(NULLIF(d.previous_name, ''), 'None') AS previous_name,
    CAST(TRY_STRPTIME(d.filing_date, '%Y%m%d') AS DATE) AS filed_on,
    s.signed_on,
    LIST_FILTER(
        [
            CASE
                WHEN d.total_offering_amount = 'Indefinite'
                    THEN 'offering_usd: the form says Indefinite; left null'
                WHEN d.total_offering_amount IS NOT NULL AND d.offering IS NULL
                    THEN 'offering_usd: no number; left null'
            END,
            CASE
                WHEN d.date_of_first_sale_yet_to_occur = 'true'
                    THEN 'first_sale_on: yet to occur; left null'
            END,
            CASE
                WHEN d.previous_name = 'None'
                    THEN 'previous_name: the text None stands for none; left null'
            END
        ],
        LAMBDA repair: repair IS NOT NULL
    ) AS repairs,
    d._file AS source_file
FROM forms AS d
LEFT JOIN signatures AS s ON d._file = s._file
WHERE d.cik IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY COALESCE(d.accession, d._file) ORDER BY d._file, d._line, d._path
) = 1
