/*
description: Ticker symbols of EDGAR's filers; several tickers share a CIK.
owner: data@headwater.example
key: [cik, ticker]
columns:
  cik: Central index key, ten digits.
  ticker: Ticker symbol.
  name: Name of the filer.
checks:
  - expect_column_values_to_match_regex: {column: cik, regex: "^[0-9]{10}$"}
  - expect_column_values_to_not_be_null: {column: name, severity: warning}
*/
SELECT DISTINCT ON (t.cik_str, t.ticker)
    LPAD(CAST(t.cik_str AS VARCHAR), 10, '0') AS cik,
    t.ticker,
    t.title AS name
FROM raw.edgar__tickers AS t
WHERE t.cik_str IS NOT NULL AND t.ticker IS NOT NULL
ORDER BY t.cik_str, t.ticker, t.title
