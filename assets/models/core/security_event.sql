/*
description: >
  Everything that happened to a security on a cap table: issued, accepted, transferred,
  converted, exercised, cancelled, split. One row a transaction or change event.
owner: finance@headwater.example
key: [security_event_id]
columns:
  security_event_id: Issuer (or package) and the transaction's identity in it.
  org_id: The issuer, as in core.organization; null where the package has no manifest.
  object_type: Kind of transaction in the Open Cap Table Format.
  instrument: stock, convertible, warrant, equity_compensation, vesting, stock_class …
  action: issuance, transfer, cancellation …
  event_on: Day it took effect.
  security_id: Security it acts on; null for events of a class, plan or holder.
  stakeholder_id: Holder it concerns.
  stock_class_id: Class it concerns.
  stock_plan_id: Plan it concerns.
  quantity: {description: Exact number of shares., unit: shares}
  amount: Money invested, cancelled or transferred, in `currency`, exact.
  price_per_share: Price of one share, in `currency`, exact.
  currency: Currency of amount and price, ISO 4217.
  resulting_security_ids: Securities that come of it.
checks:
  - expect_column_values_to_not_be_null: {column: event_on}
  - expect_column_values_to_not_be_null: {column: action}
  - expect_column_values_to_be_between: {column: quantity, min_value: 0}
  - expect_column_values_to_be_between:
      {column: amount, min_value: 0, severity: warning, description: No amount is negative.}
  - expect_column_values_to_not_be_null:
      column: security_id
      row_condition: "action = 'issuance'"
  - expect_column_values_to_not_be_null:
      column: currency
      row_condition: "amount IS NOT NULL OR price_per_share IS NOT NULL"
*/
WITH split AS (
    SELECT
        *,
        REGEXP_EXTRACT(
            LOWER(object_type),
            '^(?:tx|ce)_(stakeholder|stock_class|stock_plan|issuer|equity_compensation'
            || '|plan_security|convertible|warrant|vesting|stock)_(.+)$',
            ['instrument', 'action']
        ) AS parts
    FROM staging.ocf__transactions
)

SELECT
    'ocf:' || COALESCE(issuer_id, package) || ':' || transaction_id AS security_event_id,
    'ocf:' || issuer_id AS org_id,
    object_type,
    NULLIF(parts.instrument, '') AS instrument,
    COALESCE(NULLIF(parts.action, ''), LOWER(object_type)) AS action,
    event_on,
    security_id,
    stakeholder_id,
    stock_class_id,
    stock_plan_id,
    quantity,
    amount,
    price_per_share,
    currency,
    resulting_security_ids
FROM split
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY COALESCE(issuer_id, package), transaction_id ORDER BY package
) = 1
