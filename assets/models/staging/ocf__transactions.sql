/*
description: >
  Transactions and change events of every cap table package, typed. Which columns are filled
  depends on `object_type`. Quantities and amounts are exact decimals.
owner: data@headwater.example
key: [package, transaction_id]
columns:
  package: Folder of the package.
  transaction_id: Identity within the package.
  issuer_id: Issuer of the package, as its manifest says.
  issuer_name: Its legal name.
  object_type: Kind of transaction, e.g. TX_STOCK_ISSUANCE.
  event_on: Day it took effect.
  security_id: Security it acts on.
  stakeholder_id: Holder it concerns.
  stock_class_id: Class it concerns.
  stock_plan_id: Plan it concerns.
  quantity: {description: "Number of shares issued, moved, cancelled or authorised.", unit: shares}
  quantity_raw: The number as the file has it.
  amount: Money invested, cancelled or transferred, in `currency`.
  price_per_share: Price of one share, exercise or repurchase price, in `currency`.
  currency: Currency of amount and price, ISO 4217.
  resulting_security_ids: Securities that come of it.
  reason: Reason given.
  source_file: File the row was read from.
checks:
  - expect_column_values_to_match_regex: {column: object_type, regex: "^(TX|CE)_[A-Z_]+$"}
  - expect_column_values_to_not_be_null: {column: event_on}
  - expect_column_values_to_match_regex: {column: currency, regex: "^[A-Z]{3}$"}
  - expect_column_values_to_not_be_null: {column: issuer_id, severity: warning}
  - expect_column_values_to_not_be_null:
      column: quantity
      row_condition: "quantity_raw IS NOT NULL"
      description: Every quantity that is stated is a number.
*/
WITH issuers AS (
    SELECT
        REGEXP_REPLACE(_file, '[^/]*$', '') AS package,
        ARG_MIN(id, _file) AS issuer_id,
        ARG_MIN(legal_name, _file) AS issuer_name
    FROM raw.ocf__issuers
    GROUP BY ALL
),

events AS (
    SELECT
        t.*,
        REGEXP_REPLACE(t._file, '[^/]*$', '') AS package,
        COALESCE(
            t.quantity, t.quantity_converted, t.new_shares_authorized, t.shares_reserved
        ) AS number,
        COALESCE(t.investment_amount, t.amount) AS money,
        COALESCE(
            t.share_price,
            t.price,
            t.release_price,
            t.new_exercise_price,
            t.exercise_price,
            t.purchase_price
        ) AS each_costs
    FROM raw.ocf__transactions AS t
)

SELECT
    e.package,
    e.id AS transaction_id,
    i.issuer_id,
    i.issuer_name,
    e.object_type,
    TRY_CAST(e.date AS DATE) AS event_on,
    e.security_id,
    e.stakeholder_id,
    e.stock_class_id,
    e.stock_plan_id,
    TRY_CAST(e.number AS DECIMAL(38, 10)) AS quantity,
    e.number AS quantity_raw,
    TRY_CAST(e.money.amount AS DECIMAL(38, 10)) AS amount,
    TRY_CAST(e.each_costs.amount AS DECIMAL(38, 10)) AS price_per_share,
    COALESCE(e.money.currency, e.each_costs.currency) AS currency,
    COALESCE(
        e.resulting_security_ids,
        LIST_FILTER([e.resulting_security_id], LAMBDA security: security IS NOT NULL)
    ) AS resulting_security_ids,
    e.reason_text AS reason,
    e._file AS source_file
FROM events AS e
LEFT JOIN issuers AS i ON e.package = i.package
WHERE e.id IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY e.package, e.id ORDER BY e._file, e._path) = 1
