/*
description: >
  Funds of the firm as their administrator keeps them, with what their agreements say of fees
  and carried interest.
owner: finance@headwater.example
key: [fund_id]
columns:
  fund_id: Key of the fund at its administrator; stable.
  name: Legal name.
  vintage_year: Year of the first closing.
  currency: Currency of the fund's books, ISO 4217; all its amounts are in it.
  committed_amount: {description: What all investors committed together., unit: currency of the fund}
  fee_rate: {description: "Management fee a year, of what is committed.", unit: part of 1}
  investment_period_ends_on: Last day on which the fund may make new investments.
  hurdle_rate: {description: Preferred return a year., unit: part of 1}
  hurdle_compounds: How often a year the hurdle compounds; 0 is simple interest.
  carry_rate: {description: The manager's part of all profit., unit: part of 1}
  catch_up_share: {description: The manager's part of the catch-up., unit: part of 1}
  waterfall: whole_fund (European) or deal_by_deal (American).
  source: fund_admin.
checks:
  - expect_column_values_to_not_be_null: {column: name}
  - expect_column_values_to_match_regex: {column: currency, regex: "^[A-Z]{3}$"}
  - expect_column_values_to_be_between: {column: committed_amount, min_value: 0}
  - expect_column_values_to_be_between: {column: vintage_year, min_value: 1970, max_value: 2100}
  - expect_column_values_to_be_between: {column: carry_rate, min_value: 0, max_value: 1}
  - expect_column_values_to_be_in_set: {column: waterfall, value_set: [whole_fund, deal_by_deal]}
  - expect_column_values_to_not_be_null:
      column: waterfall
      severity: warning
      description: The terms of every fund are known.
*/
SELECT
    f.fund_id,
    f.name,
    f.vintage AS vintage_year,
    f.currency,
    f.committed_amount,
    t.fee_rate,
    t.investment_period_ends_on,
    t.hurdle_rate,
    t.hurdle_compounds,
    t.carry_rate,
    t.catch_up_share,
    t.waterfall,
    'fund_admin' AS source
FROM raw.fund_admin__funds AS f
LEFT JOIN raw.fund_admin__fund_terms AS t ON f.fund_id = t.fund_id
