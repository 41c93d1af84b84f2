/*
description: >
  What the funds bought and what became of it, one row a transaction: a purchase is a lot.
  Several funds may hold the same company, each in a position of its own.
owner: finance@headwater.example
key: [fund_id, security_id, transaction_id]
columns:
  fund_id: The fund, as in core.fund.
  security_id: Source, company and instrument, joined by colons.
  transaction_id: Key of the transaction at the administrator.
  position_id: Fund and company, joined by a colon; what a mark values as a whole.
  company_name: Legal name of the company.
  source: fund_admin.
  source_id: The company's identity in the source, as core.org_xref has it.
  instrument: What was bought or sold.
  transaction_kind: purchase, sale, dividend or write_off.
  traded_on: Day of the transaction.
  shares_change: {description: "Shares that came, negative for those that went.", unit: shares}
  flow_amount:
    description: What the fund got, negative for what it paid.
    unit: currency of the fund
  cost_amount: {description: What a purchase cost; null for others., unit: currency of the fund}
  currency: Currency of the fund, ISO 4217.
checks:
  - expect_column_values_to_not_be_null: {column: traded_on}
  - expect_column_values_to_be_in_set:
      {column: transaction_kind, value_set: [purchase, sale, dividend, write_off]}
  - expect_column_values_to_be_between: {column: cost_amount, min_value: 0}
  - expect_column_values_to_be_in_other_table: {column: fund_id, other_table_name: core.fund}
*/
SELECT
    t.fund_id,
    'fund_admin:' || t.company || ':' || t.instrument AS security_id,
    t.transaction_id,
    t.fund_id || ':' || t.company AS position_id,
    t.company AS company_name,
    'fund_admin' AS source,
    'company:' || t.company AS source_id,
    t.instrument,
    t.kind AS transaction_kind,
    t.traded_on,
    CASE
        WHEN t.kind = 'purchase' THEN t.shares
        WHEN t.kind IN ('sale', 'write_off') THEN -t.shares
        ELSE 0
    END AS shares_change,
    CASE t.kind WHEN 'purchase' THEN -t.amount ELSE t.amount END AS flow_amount,
    CASE t.kind WHEN 'purchase' THEN t.amount END AS cost_amount,
    f.currency
FROM raw.fund_admin__investment_transactions AS t
LEFT JOIN core.fund AS f ON t.fund_id = f.fund_id
