/*
description: >
  Forms 3, 4 and 5, typed: holdings and transactions of a company's insiders, one row a form with
  its first reporting owner.
owner: data@headwater.example
key: [form_id]
columns:
  form_id: Accession number where the envelope or the file's name tells it, else the file.
  accession_number: Identity of the filing; null where the file doesn't say.
  form_type: 3, 4 or 5.
  report_on: Day of the earliest transaction.
  issuer_cik: Company, ten digits.
  issuer_name: Its name.
  ticker: Its ticker symbol.
  owner_cik: First reporting owner, ten digits.
  owner_name: Name of that owner.
  owners: Number of reporting owners.
  transactions: Number of transactions, shares and derivatives.
  shares_acquired: {description: Shares acquired., unit: shares}
  shares_disposed: {description: Shares disposed of., unit: shares}
  proceeds_usd: {description: "Shares disposed of times their price, summed.", unit: USD}
  filed_on: Day of filing, as the envelope tells; null for a bare form.
  signed_on: Day of the signature.
  source_file: File the form was read from.
checks:
  - expect_column_values_to_match_regex: {column: issuer_cik, regex: "^[0-9]{10}$"}
  - expect_column_values_to_be_in_set:
      {column: form_type, value_set: ["3", "4", "5", "3/A", "4/A", "5/A"], severity: warning}
  - expect_column_values_to_not_be_null: {column: owner_cik, severity: warning}
*/
WITH owners AS (
    SELECT
        _file,
        ARG_MIN(LPAD(owner_cik, 10, '0'), (_line, _path)) AS owner_cik,
        ARG_MIN(owner_name, (_line, _path)) AS owner_name,
        COUNT(*) AS owners
    FROM raw.sec_forms__form_4_owners
    GROUP BY _file
),

transactions AS (
    SELECT
        _file,
        acquired_disposed_code AS direction,
        TRY_CAST(shares AS DECIMAL(24, 4)) AS shares,
        TRY_CAST(price_per_share AS DECIMAL(14, 6)) AS price
    FROM raw.sec_forms__form_4_shares
),

traded AS (
    SELECT
        _file,
        COUNT(*) AS transactions,
        SUM(shares) FILTER (direction = 'A') AS shares_acquired,
        SUM(shares) FILTER (direction = 'D') AS shares_disposed,
        SUM(shares * price) FILTER (direction = 'D') AS proceeds
    FROM transactions
    GROUP BY _file
),

derived AS (
    SELECT
        _file,
        COUNT(*) AS transactions
    FROM raw.sec_forms__form_4_derivatives
    GROUP BY _file
),

forms AS (
    SELECT
        f.*,
        COALESCE(
            f.accession_number,
            NULLIF(REGEXP_EXTRACT(f._file, '[0-9]{10}-[0-9]{2}-[0-9]{6}'), '')
        ) AS accession
    FROM raw.sec_forms__form_4 AS f
)

SELECT
    COALESCE(f.accession, f._file) AS form_id,
    f.accession AS accession_number,
    f.document_type AS form_type,
    TRY_CAST(f.period_of_report AS DATE) AS report_on,
    LPAD(f.issuer_cik, 10, '0') AS issuer_cik,
    f.issuer_name,
    NULLIF(f.issuer_trading_symbol, '') AS ticker,
    o.owner_cik,
    o.owner_name,
    COALESCE(o.owners, 0) AS owners,
    COALESCE(t.transactions, 0) + COALESCE(v.transactions, 0) AS transactions,
    CAST(COALESCE(t.shares_acquired, 0) AS DECIMAL(24, 4)) AS shares_acquired,
    CAST(COALESCE(t.shares_disposed, 0) AS DECIMAL(24, 4)) AS shares_disposed,
    CAST(COALESCE(t.proceeds, 0) AS DECIMAL(24, 2)) AS proceeds_usd,
    CAST(TRY_STRPTIME(f.filing_date, '%Y%m%d') AS DATE) AS filed_on,
    TRY_CAST(f.signature_date AS DATE) AS signed_on,
    f._file AS source_file
FROM forms AS f
LEFT JOIN owners AS o ON f._file = o._file
LEFT JOIN traded AS t ON f._file = t._file
LEFT JOIN derived AS v ON f._file = v._file
WHERE f.issuer_cik IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY COALESCE(f.accession, f._file) ORDER BY f._file, f._line, f._path
) = 1
