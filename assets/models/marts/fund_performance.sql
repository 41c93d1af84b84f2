/*
description: >
  Every fund as it stands at the last quarter's end that has marks: multiples and rates of return,
  gross and net, since inception and over the years before. All quarters are in
  marts.fund_performance_by_quarter.
owner: finance@headwater.example
key: [fund_id]
columns:
  fund_id: The fund, as in core.fund.
  name: Legal name.
  vintage_year: Year of the first closing.
  currency: Currency of the fund, ISO 4217; all amounts are in it.
  as_of_on: The quarter's end that all is told for; null for a fund that nobody paid into yet.
  committed_amount: {description: What all investors committed together., unit: currency of the fund}
  paid_in_amount: {description: What investors paid in., unit: currency of the fund}
  unfunded_amount:
    description: What can still be called, recallable distributions included.
    unit: currency of the fund
  distributed_amount: {description: What investors got., unit: currency of the fund}
  invested_amount: {description: What companies cost., unit: currency of the fund}
  realized_amount: {description: What companies brought., unit: currency of the fund}
  gross_value_amount: {description: "What is held, at its marks.", unit: currency of the fund}
  cash_amount:
    description: Called for investments or got from them, and not yet paid on.
    unit: currency of the fund
  accrued_carry_amount:
    description: Carried interest due were all sold at its marks.
    unit: currency of the fund
  net_value_amount:
    description: Gross value and cash less accrued carry, what is the investors'.
    unit: currency of the fund
  dpi: {description: Distributed / paid in., unit: multiple}
  rvpi: {description: Net value / paid in., unit: multiple}
  tvpi: {description: DPI and RVPI together., unit: multiple}
  pic: {description: Paid in / committed., unit: multiple}
  moic: {description: "(Realized + gross value) / invested, before fees.", unit: multiple}
  gross_irr:
    description: Yearly rate of return between the fund and its companies, since inception.
    unit: part of 1
  gross_irr_reason: Why there is no gross_irr; null where there is one.
  gross_irr_1y: {description: The same over the year before., unit: part of 1}
  gross_irr_3y: {description: The same over the three years before., unit: part of 1}
  gross_irr_5y: {description: The same over the five years before., unit: part of 1}
  net_irr:
    description: Yearly rate of return of the investors, since inception.
    unit: part of 1
  net_irr_reason: Why there is no net_irr; null where there is one.
  net_irr_1y: {description: The same over the year before., unit: part of 1}
  net_irr_3y: {description: The same over the three years before., unit: part of 1}
  net_irr_5y: {description: The same over the five years before., unit: part of 1}
  positions_held: Holdings with shares on that day.
  positions_unmarked: Of these, those without a mark of that day.
  oldest_mark_on: Day of the oldest mark that counts.
  quarters_unmarked: Quarters since the first payment in which a holding lacked its mark.
checks:
  - expect_column_values_to_not_be_null: {column: currency}
  - expect_column_values_to_be_between: {column: unfunded_amount, min_value: 0}
  - expect_column_values_to_be_between: {column: dpi, min_value: 0}
  - expect_column_values_to_be_in_set:
      column: positions_unmarked
      value_set: [0]
      severity: warning
      description: Every holding is marked at the last quarter's end.
  - expect_column_values_to_not_be_null:
      column: net_irr
      row_condition: "net_irr_reason IS NULL AND as_of_on IS NOT NULL"
      description: Where there is no net IRR, the reason is told.
*/
WITH gaps AS (
    SELECT
        fund_id,
        COUNT(*) FILTER (positions_unmarked > 0) AS quarters_unmarked
    FROM marts.fund_performance_by_quarter
    GROUP BY fund_id
),

newest AS (
    SELECT *
    FROM marts.fund_performance_by_quarter
    QUALIFY ROW_NUMBER() OVER (PARTITION BY fund_id ORDER BY quarter_end_on DESC) = 1
)

SELECT
    f.fund_id,
    f.name,
    f.vintage_year,
    f.currency,
    q.quarter_end_on AS as_of_on,
    f.committed_amount,
    q.paid_in_amount,
    q.unfunded_amount,
    q.distributed_amount,
    q.invested_amount,
    q.realized_amount,
    q.gross_value_amount,
    q.cash_amount,
    q.accrued_carry_amount,
    q.net_value_amount,
    q.dpi,
    q.rvpi,
    q.tvpi,
    q.pic,
    q.moic,
    q.gross_irr,
    q.gross_irr_reason,
    q.gross_irr_1y,
    q.gross_irr_3y,
    q.gross_irr_5y,
    q.net_irr,
    q.net_irr_reason,
    q.net_irr_1y,
    q.net_irr_3y,
    q.net_irr_5y,
    q.positions_held,
    q.positions_unmarked,
    q.oldest_mark_on,
    g.quarters_unmarked
FROM core.fund AS f
LEFT JOIN newest AS q ON f.fund_id = q.fund_id
LEFT JOIN gaps AS g ON f.fund_id = g.fund_id
