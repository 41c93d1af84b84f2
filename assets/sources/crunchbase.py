"""Crunchbase's CSV export: companies, their rounds, their acquisitions.

The export was made by a spreadsheet on a Mac: lines end in CR, bytes are Mac
Roman, numbers too wide for their column became dates or "#" signs. Raw keeps
all of it as text; staging repairs it and says what it did.

    headwater run 'key:"raw/crunchbase__*"'
"""

from __future__ import annotations

from pipelines.spec import Check, Column, Csv, FileStream, Source

EXPORT = Csv(delimiter=",", encoding="mac_roman", header_row=1)


def _text(description: str, unit: str | None = None) -> Column:
    return Column(type="VARCHAR", description=description, unit=unit)


def _place(prefix: str, whose: str) -> dict[str, Column]:
    return {
        f"{prefix}category_code": _text(f"Crunchbase's category of the {whose}."),
        f"{prefix}country_code": _text(f"Country of the {whose}, ISO 3166 alpha-3."),
        f"{prefix}state_code": _text(f"State of the {whose}, where the country has states."),
        f"{prefix}region": _text(f"Metropolitan region of the {whose}; `unknown` is a value."),
        f"{prefix}city": _text(f"City of the {whose}."),
    }


def _day(prefix: str, what: str) -> dict[str, Column]:
    return {
        f"{prefix}_at": _text(f"Day of {what}, YYYY-MM-DD."),
        f"{prefix}_month": _text(f"Month of {what}, YYYY-MM."),
        f"{prefix}_quarter": _text(f"Quarter of {what}, YYYY-Qn."),
        f"{prefix}_year": _text(f"Year of {what}."),
    }


COMPANIES = FileStream(
    name="companies",
    files=("**/crunchbase-companies*.csv",),
    format=EXPORT,
    description="One row a company, as the export has it.",
    key=("permalink",),
    columns={
        "permalink": _text("Crunchbase's path of the company; its identity."),
        "name": _text("Name of the company; a spreadsheet may have spoilt it."),
        **_place("", "company"),
        "funding_total_usd": _text("Sum of all rounds; sometimes a date or # signs.", "USD"),
        "status": _text("operating, acquired, closed or ipo."),
        "funding_rounds": _text("Number of rounds, exact duplicates counted."),
        **_day("founded", "founding"),
        "first_funding_at": _text("Day of the first round."),
        "last_funding_at": _text("Day of the last round."),
        "last_milestone_at": _text("Day of the last milestone, which may lie ahead."),
    },
    checks=(
        Check(expectation="expect_column_values_to_not_be_null", arguments={"column": "permalink"}),
        Check(expectation="expect_column_values_to_be_unique", arguments={"column": "permalink"}),
    ),
)

ROUNDS = FileStream(
    name="rounds",
    files=("**/crunchbase-rounds*.csv",),
    format=EXPORT,
    description="One row a financing round; the export gives rounds no identity.",
    duplicates="report",
    columns={
        "company_permalink": _text("The company that was financed."),
        "company_name": _text("Its name, as in the companies file."),
        **_place("company_", "company"),
        "funding_round_type": _text("angel, venture, series-a … as Crunchbase names them."),
        **_day("funded", "the round"),
        "raised_amount_usd": _text("Amount raised; empty where it was not disclosed.", "USD"),
    },
    checks=(
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": "company_permalink"},
        ),
    ),
)

ACQUISITIONS = FileStream(
    name="acquisitions",
    files=("**/crunchbase-acquisitions*.csv",),
    format=EXPORT,
    description="One row an acquisition; the export ends in many wholly empty records.",
    duplicates="report",
    columns={
        "company_permalink": _text("The company that was bought."),
        "company_name": _text("Its name."),
        **_place("company_", "company"),
        "acquirer_permalink": _text("The company that bought it."),
        "acquirer_name": _text("Name of the buyer."),
        **_place("acquirer_", "buyer"),
        **_day("acquired", "the acquisition"),
        "price_amount": _text("Price in `price_currency_code`; empty where not disclosed."),
        "price_currency_code": _text("Currency of the price, ISO 4217."),
    },
    checks=(
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": "company_permalink"},
        ),
    ),
)

SOURCE = Source(
    name="crunchbase",
    description="Market data: companies, financing rounds and acquisitions up to October 2013.",
    owner="data@headwater.example",
    homepage="https://www.crunchbase.com",
    licence="CC-BY: name CrunchBase as the source, with a link (export of October 2013).",
    streams=(COMPANIES, ROUNDS, ACQUISITIONS),
)
