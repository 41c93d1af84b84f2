/*
description: >
  Labels of companies' workbooks that a person must decide, each with the question and the guess.
  An answer is a line in reporting/labels.csv with company, label and metric, or ignore; it then
  holds for all workbooks of the company.
owner: portfolio@headwater.example
key: [queue_id]
columns:
  queue_id: Company, sheet, heading, label and guess.
  company: The company's folder below reporting/.
  source_sheet: The sheet.
  section: The heading over the label; empty where there is none.
  label: The label as the workbook has it; empty where there is none.
  suggested_metric: The likeliest metric's id; null where nothing is like it.
  confidence: How likely, 0 to 1; 0.9 and more where the label is clear and its figures aren't.
  questions: What is open, a sentence each, five at most.
  cells: Number of cells that wait for the answer.
  newest_file: The newest workbook that holds it.
  sample_cell: One of its cells there.
  sample_value: What that cell holds.
checks:
  - expect_column_values_to_not_be_null: {column: company, severity: warning}
  - expect_column_values_to_be_between: {column: cells, min_value: 1}
*/
SELECT
    CONCAT_WS(
        '|', COALESCE(r.company, ''), r.source_sheet, r.section, r.label, COALESCE(r.metric, '')
    ) AS queue_id,
    r.company,
    r.source_sheet,
    r.section,
    r.label,
    r.metric AS suggested_metric,
    MAX(r.confidence) AS confidence,
    LIST_SORT(LIST(DISTINCT r.reason))[1:5] AS questions,
    COUNT(*) AS cells,
    MAX_BY(r.source_file, (COALESCE(r.as_of_on, DATE '1990-01-01'), r.reading_id)) AS newest_file,
    MAX_BY(r.source_cell, (COALESCE(r.as_of_on, DATE '1990-01-01'), r.reading_id)) AS sample_cell,
    MAX_BY(r.value_raw, (COALESCE(r.as_of_on, DATE '1990-01-01'), r.reading_id)) AS sample_value
FROM staging.portfolio_kpi__readings AS r
WHERE r.status = 'queued'
GROUP BY r.company, r.source_sheet, r.section, r.label, r.metric
