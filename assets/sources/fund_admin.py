"""The funds' administrator: commitments, notices, holdings and marks, from its database.

Amounts are exact decimals in the fund's currency. Rows that the administrator changed
since the last run are asked for by `updated_at`; what it deletes stays here.

    headwater run 'key:"raw/fund_admin__*"'
"""

from __future__ import annotations

from pipelines.spec import Check, Column, Database, PulledStream, Setting, Source


def _money(description: str) -> Column:
    return Column(type="DECIMAL(18,2)", description=description, unit="currency of the fund")


def _rate(description: str) -> Column:
    return Column(type="DECIMAL(9,6)", description=description, unit="part of 1")


def _text(description: str) -> Column:
    return Column(type="VARCHAR", description=description)


def _day(description: str) -> Column:
    return Column(type="DATE", description=description)


def _filled(column: str) -> Check:
    return Check(expectation="expect_column_values_to_not_be_null", arguments={"column": column})


def _positive(column: str) -> Check:
    return Check(
        expectation="expect_column_values_to_be_between",
        arguments={"column": column, "min_value": 0},
    )


UPDATED = Column(type="TIMESTAMP", description="When the administrator last changed the row.")
FUND = _text("Key of the fund.")

FUNDS = PulledStream(
    name="funds",
    description="One row a fund.",
    key=("fund_id",),
    columns={
        "fund_id": FUND,
        "name": _text("Legal name of the fund."),
        "vintage": Column(type="BIGINT", description="Year of its first closing."),
        "currency": _text("Currency of its books, ISO 4217."),
        "committed_amount": _money("What all investors committed together."),
    },
    checks=(_filled("name"), _positive("committed_amount")),
)

INVESTORS = PulledStream(
    name="investors",
    description="One row a limited partner.",
    key=("investor_id",),
    personal=("contact_email",),
    columns={
        "investor_id": Column(type="BIGINT", description="Key of the investor."),
        "name": _text("Name of the investor."),
        "kind": _text("pension fund, endowment …"),
        "contact_email": _text("Whom to write to."),
    },
    checks=(_filled("name"),),
)

COMMITMENTS = PulledStream(
    name="commitments",
    description="One row a commitment of an investor to a fund.",
    mode="merge",
    key=("commitment_id",),
    cursor="updated_at",
    columns={
        "commitment_id": Column(type="BIGINT", description="Key of the commitment."),
        "fund_id": FUND,
        "investor_id": Column(type="BIGINT", description="Key of the investor."),
        "amount": _money("What is committed."),
        "committed_on": _day("Day of the commitment."),
        "updated_at": UPDATED,
    },
    checks=(_filled("fund_id"), _positive("amount")),
)

CAPITAL_CALLS = PulledStream(
    name="capital_calls",
    description="One row a capital call of a fund.",
    mode="merge",
    key=("call_id",),
    cursor="updated_at",
    columns={
        "call_id": Column(type="BIGINT", description="Key of the call."),
        "fund_id": FUND,
        "call_number": Column(type="BIGINT", description="Which call of the fund, from 1."),
        "purpose": _text("What the money is for."),
        "called_on": _day("Day of the notice."),
        "due_on": _day("Day by which investors pay."),
        "amount": _money("What is called from all investors together."),
        "updated_at": UPDATED,
    },
    checks=(_filled("called_on"), _positive("amount")),
)

CALL_PAYMENTS = PulledStream(
    name="call_payments",
    description="One row an investor's part of a capital call.",
    mode="merge",
    key=("call_id", "commitment_id"),
    cursor="updated_at",
    columns={
        "call_id": Column(type="BIGINT", description="Key of the call."),
        "commitment_id": Column(type="BIGINT", description="Key of the commitment."),
        "amount": _money("The investor's part."),
        "paid_on": _day("Day of the payment; empty while it is awaited."),
        "updated_at": UPDATED,
    },
    checks=(_positive("amount"),),
)

POSITIONS = PulledStream(
    name="positions",
    description="One row a company that a fund holds, at each quarter's end.",
    mode="merge",
    key=("fund_id", "company", "as_of"),
    cursor="updated_at",
    columns={
        "fund_id": FUND,
        "company": _text("The company, by its legal name."),
        "as_of": _day("The quarter's last day."),
        "instrument": _text("What is held."),
        "shares": Column(type="DECIMAL(24,6)", description="Number of shares."),
        "cost": _money("What was paid for them."),
        "fair_value": _money("What they were worth on that day."),
        "updated_at": UPDATED,
    },
    checks=(_positive("cost"), _positive("fair_value")),
)

FUND_TERMS = PulledStream(
    name="fund_terms",
    description="One row a fund: what its agreement says of fees and carried interest.",
    key=("fund_id",),
    columns={
        "fund_id": FUND,
        "fee_rate": _rate("Management fee a year, of what is committed."),
        "investment_period_ends_on": _day("Last day on which the fund may make new investments."),
        "hurdle_rate": _rate("Preferred return a year."),
        "hurdle_compounds": Column(
            type="BIGINT", description="How often a year it compounds; 0 is simple interest."
        ),
        "carry_rate": _rate("The manager's part of all profit."),
        "catch_up_share": _rate("The manager's part of what is distributed in the catch-up."),
        "waterfall": _text("whole_fund or deal_by_deal."),
        "updated_at": UPDATED,
    },
    checks=(_filled("waterfall"), _positive("carry_rate")),
)

DISTRIBUTIONS = PulledStream(
    name="distributions",
    description="One row a distribution of a fund.",
    mode="merge",
    key=("distribution_id",),
    cursor="updated_at",
    columns={
        "distribution_id": Column(type="BIGINT", description="Key of the distribution."),
        "fund_id": FUND,
        "distribution_number": Column(
            type="BIGINT", description="Which distribution of the fund, from 1."
        ),
        "purpose": _text("Where the money comes from."),
        "notified_on": _day("Day of the notice."),
        "paid_on": _day("Day on which investors were paid."),
        "amount": _money("What is paid to all investors together."),
        "updated_at": UPDATED,
    },
    checks=(_filled("paid_on"), _positive("amount")),
)

NOTICE_LINES = PulledStream(
    name="notice_lines",
    description="One row an investor's part of one line of a call or distribution notice.",
    mode="merge",
    key=("notice_kind", "notice_id", "commitment_id", "line_type"),
    cursor="updated_at",
    columns={
        "notice_kind": _text("call or distribution."),
        "notice_id": Column(type="BIGINT", description="Key of the call or the distribution."),
        "commitment_id": Column(type="BIGINT", description="Key of the commitment."),
        "line_type": _text("investments, management_fees, return_of_capital …"),
        "inside_commitment": Column(
            type="BIGINT", description="1 where a call lowers what is still to be called, else 0."
        ),
        "recallable": Column(
            type="BIGINT", description="1 where what is distributed may be called again, else 0."
        ),
        "amount": _money("The investor's part."),
        "updated_at": UPDATED,
    },
    checks=(_filled("amount"), _positive("amount")),
)

INVESTMENT_TRANSACTIONS = PulledStream(
    name="investment_transactions",
    description="One row a deal between a fund and a company that it holds or held.",
    mode="merge",
    key=("transaction_id",),
    cursor="updated_at",
    columns={
        "transaction_id": Column(type="BIGINT", description="Key of the transaction."),
        "fund_id": FUND,
        "company": _text("The company, by its legal name."),
        "instrument": _text("What was bought or sold."),
        "kind": _text("purchase, sale, dividend or write_off."),
        "traded_on": _day("Day of the transaction."),
        "shares": Column(type="DECIMAL(24,6)", description="Shares bought, sold or written off."),
        "amount": _money("What the fund paid for a purchase, or got."),
        "updated_at": UPDATED,
    },
    checks=(_filled("kind"), _positive("amount"), _positive("shares")),
)

VALUATIONS = PulledStream(
    name="valuations",
    description="One row a version of a mark: a correction is a row more, none is changed.",
    mode="merge",
    key=("fund_id", "company", "measured_on", "recorded_at"),
    cursor="updated_at",
    columns={
        "fund_id": FUND,
        "company": _text("The company, by its legal name."),
        "measured_on": _day("The day whose value it is."),
        "recorded_at": Column(type="TIMESTAMP", description="When this version was approved."),
        "fair_value": _money("What the fund's holding was worth on that day."),
        "method": _text("How it was valued."),
        "inputs": _text("What went into the method: a JSON object."),
        "calibrated_on": _day("Day of the transaction that the method is calibrated to."),
        "approved_by": _text("Who approved it."),
        "comment": _text("Why it was corrected; empty in a first version."),
        "updated_at": UPDATED,
    },
    checks=(_filled("method"), _filled("approved_by"), _positive("fair_value")),
)

SOURCE = Source(
    name="fund_admin",
    description="The database of the funds' administrator.",
    owner="finance@headwater.example",
    licence="Confidential: the funds' own books.",
    connection=Database(
        url=Setting(
            env="FUND_ADMIN_URL",
            description="Address of the administrator's database, as SQLAlchemy writes it.",
            secret=True,
        )
    ),
    streams=(
        FUNDS,
        FUND_TERMS,
        INVESTORS,
        COMMITMENTS,
        CAPITAL_CALLS,
        CALL_PAYMENTS,
        DISTRIBUTIONS,
        NOTICE_LINES,
        POSITIONS,
        INVESTMENT_TRANSACTIONS,
        VALUATIONS,
    ),
)
