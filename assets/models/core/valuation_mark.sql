/*
description: >
  Marks of the funds' holdings, every version of each: the day that is valued and the time from
  which that value was known stand apart, so what was believed on any day can be asked for. As of
  a moment T the mark is the row with known_from_at <= T and (known_to_at IS NULL OR T <
  known_to_at). Follows the International Private Equity and Venture Capital Valuation Guidelines
  of 2025, in force for periods from 2026-04-01: method, inputs, calibration and approver stay.
owner: finance@headwater.example
key: [position_id, measured_on, known_from_at]
columns:
  position_id: Fund and company, as in core.position.
  measured_on: The day whose value it is.
  known_from_at: When this version was approved, UTC.
  known_to_at: When another version took its place, UTC; null for the newest.
  is_current: True for the newest version.
  fund_id: The fund, as in core.fund.
  company_name: Legal name of the company.
  fair_value_amount: {description: What the holding was worth., unit: currency of the fund}
  currency: Currency of the fund, ISO 4217.
  method: How it was valued; the price of the last round is no method by itself.
  inputs: What went into the method, a JSON object.
  calibrated_on: Day of the transaction that the method is calibrated to.
  approved_by: Who approved it.
  comment: Why it was corrected; null in a first version.
  source: fund_admin.
checks:
  - expect_column_values_to_be_between: {column: fair_value_amount, min_value: 0}
  - expect_column_values_to_not_be_null: {column: fair_value_amount}
  - expect_column_values_to_not_be_null: {column: method}
  - expect_column_values_to_not_be_null: {column: inputs}
  - expect_column_values_to_not_be_null: {column: approved_by}
  - expect_column_values_to_not_be_null:
      column: calibrated_on
      severity: warning
      description: Every method is calibrated to a transaction.
  - expect_column_values_to_not_match_regex:
      column: method
      regex: "^(price_of_)?(last|recent)_(round|transaction|investment)$"
      description: The price of the last round is no method by itself.
*/
SELECT
    v.fund_id || ':' || v.company AS position_id,
    v.measured_on,
    v.recorded_at AT TIME ZONE 'UTC' AS known_from_at,
    LEAD(v.recorded_at) OVER versions AT TIME ZONE 'UTC' AS known_to_at,
    LEAD(v.recorded_at) OVER versions IS NULL AS is_current,
    v.fund_id,
    v.company AS company_name,
    v.fair_value AS fair_value_amount,
    f.currency,
    v.method,
    v.inputs,
    v.calibrated_on,
    v.approved_by,
    v.comment,
    'fund_admin' AS source
FROM raw.fund_admin__valuations AS v
LEFT JOIN core.fund AS f ON v.fund_id = f.fund_id
WINDOW versions AS (PARTITION BY v.fund_id, v.company, v.measured_on ORDER BY v.recorded_at)
