/*
description: >
  Each investor's part of each line of a capital call or distribution notice, by the line types
  of ILPA's template, and the day on which the money moved.
owner: finance@headwater.example
key: [capital_event_id, commitment_id, line_type]
columns:
  capital_event_id: The notice, as in core.capital_event.
  commitment_id: The commitment, as in core.commitment.
  line_type: >
    investments, management_fees, organizational_expenses; return_of_capital, realized_gain,
    dividend_income, carried_interest …
  fund_id: The fund, as in core.fund.
  lp_id: The investor, as in core.lp.
  event_kind: call or distribution.
  amount: {description: The investor's part., unit: currency of the fund}
  flow_amount:
    description: The same as the investor sees it, negative for what it pays.
    unit: currency of the fund
  currency: Currency of the fund, ISO 4217.
  is_inside_commitment: True where a call lowers what is still to be called.
  is_recallable: True where what is distributed may be called again.
  paid_on: Day on which the money moved; null while it is awaited.
checks:
  - expect_column_values_to_be_between: {column: amount, min_value: 0}
  - expect_column_values_to_not_be_null: {column: lp_id}
  - expect_column_values_to_be_in_other_table:
      {column: commitment_id, other_table_name: core.commitment}
  - expect_column_values_to_not_be_null:
      column: paid_on
      severity: warning
      description: Every investor has paid what was called.
*/
WITH notices AS (
    SELECT
        'call' AS event_kind,
        call_id AS notice_id,
        fund_id,
        call_number AS notice_no,
        CAST(NULL AS DATE) AS paid_on
    FROM raw.fund_admin__capital_calls
    UNION ALL
    SELECT
        'distribution',
        distribution_id,
        fund_id,
        distribution_number,
        paid_on
    FROM raw.fund_admin__distributions
)

SELECT
    n.fund_id || ':' || n.event_kind || ':' || n.notice_no AS capital_event_id,
    'fund_admin:' || l.commitment_id AS commitment_id,
    l.line_type,
    n.fund_id,
    c.lp_id,
    n.event_kind,
    l.amount,
    CASE n.event_kind WHEN 'call' THEN -l.amount ELSE l.amount END AS flow_amount,
    f.currency,
    l.inside_commitment = 1 AS is_inside_commitment,
    l.recallable = 1 AS is_recallable,
    COALESCE(n.paid_on, p.paid_on) AS paid_on
FROM raw.fund_admin__notice_lines AS l
INNER JOIN notices AS n ON l.notice_kind = n.event_kind AND l.notice_id = n.notice_id
LEFT JOIN core.commitment AS c ON c.commitment_id = 'fund_admin:' || l.commitment_id
LEFT JOIN core.fund AS f ON n.fund_id = f.fund_id
LEFT JOIN raw.fund_admin__call_payments AS p
    ON n.event_kind = 'call' AND l.notice_id = p.call_id AND l.commitment_id = p.commitment_id
