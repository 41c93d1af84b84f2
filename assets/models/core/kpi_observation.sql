/*
description: >
  Figures that portfolio companies reported, one row a figure and workbook. A restatement adds a
  row and leaves the old one: what was believed on a day D are the rows with
  as_of_on <= D and (believed_until_on is null or believed_until_on > D).
owner: portfolio@headwater.example
key: [observation_id]
columns:
  observation_id: Workbook, sheet and cell.
  company: The company as the source knows it, its folder below reporting/.
  metric: The metric's id.
  metric_title: The metric's name.
  kind: money, count, percent, months, days or ratio.
  basis: "flow: adds up over periods; stock: of the last day; rate: neither."
  period_start_on: First day of the period.
  period_end_on: Last day of the period.
  granularity: month, quarter, half or year.
  scenario: actual, budget or forecast.
  value: The figure in whole units of `unit`, exact; percentages in points (45 is 45 %).
  unit: Currency (ISO 4217) of money, else the kind.
  currency: Currency, ISO 4217; null where it is no money.
  as_of_on: Day from which it was believed, that of the workbook.
  believed_until_on: Day on which a later workbook took its place; null while none has.
  previous_value: What the workbook before said of the same period, in `unit`; null if none did.
  is_restatement: True where the workbook before said something else.
  label: The label as the workbook has it.
  confidence: How sure the metric is, 0 to 1.
  reason: Why, in a sentence.
  source_file: The workbook.
  source_sheet: Its sheet.
  source_cell: The cell.
checks:
  - expect_column_values_to_not_be_null: {column: company}
  - expect_column_values_to_not_be_null: {column: metric}
  - expect_column_values_to_not_be_null: {column: value}
  - expect_column_values_to_not_be_null: {column: as_of_on}
  - expect_column_values_to_be_in_set:
      {column: scenario, value_set: [actual, budget, forecast]}
  - expect_column_values_to_be_in_set:
      {column: granularity, value_set: [month, quarter, half, year]}
  - expect_column_values_to_be_in_set:
      {column: kind, value_set: [money, count, percent, months, days, ratio]}
  - expect_column_values_to_match_regex: {column: currency, regex: "^[A-Z]{3}$"}
  - expect_column_values_to_not_be_null: {column: currency, row_condition: "kind = 'money'"}
  - expect_column_values_to_be_between:
      {column: period_end_on, min_value: "1990-01-01", max_value: "2101-01-01"}
  - expect_column_values_to_be_between: {column: confidence, min_value: 0.9, max_value: 1}
  - expect_column_values_to_be_in_set:
      column: is_restatement
      value_set: [false]
      severity: info
      description: No figure was restated.
*/
SELECT
    r.reading_id AS observation_id,
    r.company,
    r.metric,
    r.metric_title,
    r.kind,
    r.basis,
    r.period_start_on,
    r.period_end_on,
    r.granularity,
    r.scenario,
    r.value,
    r.unit,
    r.currency,
    r.as_of_on,
    LEAD(r.as_of_on) OVER series AS believed_until_on,
    LAG(r.value) OVER series AS previous_value,
    COALESCE(
        LAG(r.value) OVER series <> r.value OR LAG(r.unit) OVER series <> r.unit, FALSE
    ) AS is_restatement,
    r.label,
    r.confidence,
    r.reason,
    r.source_file,
    r.source_sheet,
    r.source_cell
FROM staging.portfolio_kpi__readings AS r
WHERE r.status = 'used' AND r.company IS NOT NULL
WINDOW series AS (
    PARTITION BY r.company, r.metric, r.granularity, r.period_end_on, r.scenario
    ORDER BY r.as_of_on, r.source_file
)
