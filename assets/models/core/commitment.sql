/*
description: What each limited partner committed to each fund, one row a closing.
owner: finance@headwater.example
key: [commitment_id]
columns:
  commitment_id: Source and key of the commitment in it, joined by a colon; stable.
  fund_id: The fund, as in core.fund.
  lp_id: The investor, as in core.lp.
  closed_on: Day of the closing at which it was made.
  amount: {description: What is committed., unit: currency of the fund}
  currency: Currency of the fund, ISO 4217.
  source: fund_admin.
checks:
  - expect_compound_columns_to_be_unique: {column_list: [fund_id, lp_id, closed_on]}
  - expect_column_values_to_not_be_null: {column: closed_on}
  - expect_column_values_to_be_between: {column: amount, min_value: 0}
  - expect_column_values_to_be_in_other_table: {column: fund_id, other_table_name: core.fund}
*/
SELECT
    'fund_admin:' || c.commitment_id AS commitment_id,
    c.fund_id,
    'fund_admin:' || c.investor_id AS lp_id,
    c.committed_on AS closed_on,
    c.amount,
    f.currency,
    'fund_admin' AS source
FROM raw.fund_admin__commitments AS c
LEFT JOIN core.fund AS f ON c.fund_id = f.fund_id
