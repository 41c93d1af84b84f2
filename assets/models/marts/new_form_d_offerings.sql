/*
description: >
  New offerings reported on Form D, amendments and test filings left out: who raises, how much,
  how much is sold, and who stands behind it. Form D names no investors.
owner: data@headwater.example
key: [filing_id]
columns:
  filing_id: The filing, as in core.filing.
  org_id: The issuer, as in core.organization.
  issuer_name: Its name.
  is_fund: True where the issuer is a pooled investment fund.
  is_series: True where the issuer is a series of another entity.
  fund_type: Kind of fund.
  industry: Industry group.
  state_or_country: EDGAR's code of the issuer's state or country.
  filed_on: Day of filing; null where it is not known.
  signed_on: Day of the last signature.
  first_sale_on: Day of the first sale; null where it is yet to occur.
  first_sale_yet_to_occur: True where nothing was sold yet.
  offering_usd: {description: "Size of the offering; null where indefinite.", unit: USD}
  offering_is_indefinite: True where the size is indefinite.
  sold_usd: {description: Amount sold so far., unit: USD}
  sold_share: {description: "Sold part of the offering, 0 to 1; null where indefinite."}
  investors: Number of investors so far.
  issuers: Number of issuers of the offering.
  related_persons: Persons and firms named on the form.
checks:
  - expect_column_values_to_not_be_null: {column: issuer_name}
  - expect_column_values_to_be_in_other_table:
      {column: org_id, other_table_name: core.organization}
  - expect_column_values_to_be_between: {column: sold_share, min_value: 0, max_value: 1, severity: warning}
  - expect_column_values_to_be_between: {column: investors, min_value: 0}
*/
WITH persons AS (
    SELECT
        _file,
        LIST(
            TRIM(CONCAT_WS(' ', NULLIF(NULLIF(first_name, 'N/A'), 'None'), middle_name, last_name))
            ORDER BY last_name, first_name, middle_name
        ) AS related_persons
    FROM raw.sec_forms__form_d_related_persons
    GROUP BY _file
),

further AS (
    SELECT
        _file,
        COUNT(*) AS issuers
    FROM raw.sec_forms__form_d_issuers
    GROUP BY _file
)

SELECT
    d.form_id AS filing_id,
    'sec:' || d.cik AS org_id,
    COALESCE(o.name, d.issuer_name) AS issuer_name,
    d.fund_type IS NOT NULL AS is_fund,
    d.is_series,
    d.fund_type,
    d.industry,
    d.state_or_country,
    f.filed_on,
    d.signed_on,
    d.first_sale_on,
    d.first_sale_yet_to_occur,
    d.offering_usd,
    d.offering_is_indefinite,
    d.sold_usd,
    CASE
        WHEN d.offering_usd > 0
            THEN CAST(
                CAST(d.sold_usd * 10000 AS HUGEINT) // CAST(d.offering_usd AS HUGEINT)
                AS DECIMAL(18, 0)
            ) * CAST('0.0001' AS DECIMAL(5, 4))
    END AS sold_share,
    d.investors,
    1 + COALESCE(i.issuers, 0) AS issuers,
    COALESCE(p.related_persons, []) AS related_persons
FROM staging.sec_forms__form_d AS d
LEFT JOIN core.filing AS f ON d.form_id = f.filing_id AND d.cik = f.cik
LEFT JOIN core.organization AS o ON o.org_id = 'sec:' || d.cik
LEFT JOIN persons AS p ON d.source_file = p._file
LEFT JOIN further AS i ON d.source_file = i._file
WHERE NOT d.is_amendment AND NOT d.is_test
