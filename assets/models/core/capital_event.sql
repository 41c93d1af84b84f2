/*
description: Notices of capital calls and distributions, one row a notice of a fund to all.
owner: finance@headwater.example
key: [capital_event_id]
columns:
  capital_event_id: Fund, kind and number of the notice, joined by colons; stable.
  fund_id: The fund, as in core.fund.
  event_kind: call or distribution.
  notice_no: Number of the notice among those of its kind, from 1.
  purpose: What is called for, or where the money comes from.
  noticed_on: Day of the notice.
  due_on: Day by which investors pay, or on which they are paid.
  amount: {description: All investors' parts together., unit: currency of the fund}
  currency: Currency of the fund, ISO 4217.
  source: fund_admin.
checks:
  - expect_compound_columns_to_be_unique: {column_list: [fund_id, event_kind, notice_no]}
  - expect_column_values_to_not_be_null: {column: due_on}
  - expect_column_values_to_be_in_set: {column: event_kind, value_set: [call, distribution]}
  - expect_column_values_to_be_between: {column: amount, min_value: 0}
  - expect_column_values_to_be_in_other_table: {column: fund_id, other_table_name: core.fund}
*/
WITH notices AS (
    SELECT
        fund_id,
        'call' AS event_kind,
        call_number AS notice_no,
        purpose,
        called_on AS noticed_on,
        due_on,
        amount
    FROM raw.fund_admin__capital_calls
    UNION ALL
    SELECT
        fund_id,
        'distribution',
        distribution_number,
        purpose,
        notified_on,
        paid_on,
        amount
    FROM raw.fund_admin__distributions
)

SELECT
    n.fund_id || ':' || n.event_kind || ':' || n.notice_no AS capital_event_id,
    n.fund_id,
    n.event_kind,
    n.notice_no,
    n.purpose,
    n.noticed_on,
    n.due_on,
    n.amount,
    f.currency,
    'fund_admin' AS source
FROM notices AS n
LEFT JOIN core.fund AS f ON n.fund_id = f.fund_id
