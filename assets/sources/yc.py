"""An accelerator's public directory of companies, as dated CSV snapshots.

Every field is quoted, lists are written as Python would print them, whole
numbers as 2024.0, and a missing website as a bare "https://". A later snapshot
updates the companies of an earlier one.

    headwater run 'key:"raw/yc__companies"'
"""

from __future__ import annotations

from pipelines.spec import Check, Column, Csv, FileStream, Source


def _text(description: str) -> Column:
    return Column(type="VARCHAR", description=description)


COMPANIES = FileStream(
    name="companies",
    files=("**/yc-companies*.csv",),
    format=Csv(delimiter=",", encoding="utf-8", header_row=1),
    description="One row a company of the accelerator, as its newest snapshot says.",
    mode="merge",
    key=("company_id",),
    columns={
        "company_id": _text("The directory's number of the company."),
        "company_name": _text("Name; not unique in the directory."),
        "short_description": _text("One line."),
        "long_description": _text("Some paragraphs, with line breaks."),
        "batch": _text("Season and year of the programme: W24, S21, IK12."),
        "status": _text("Active, Inactive, Acquired or Public."),
        "tags": _text("List of tags in Python's notation."),
        "location": _text("City or region, free text."),
        "country": _text("ISO 3166 alpha-2; NA is Namibia."),
        "year_founded": _text("Year with a decimal point: 2021.0."),
        "num_founders": _text("Number of founders."),
        "founders_names": _text("List of names in Python's notation."),
        "team_size": _text("Number of people with a decimal point."),
        "website": _text("Address; a bare https:// where there is none."),
        "cb_url": _text("The company's page at Crunchbase, or something else."),
        "linkedin_url": _text("The company's page at LinkedIn."),
    },
    checks=(
        Check(
            expectation="expect_column_values_to_not_be_null", arguments={"column": "company_id"}
        ),
        Check(expectation="expect_column_values_to_be_unique", arguments={"column": "company_id"}),
    ),
)

SOURCE = Source(
    name="yc",
    description="Directory of an accelerator's companies and founders.",
    owner="data@headwater.example",
    homepage="https://www.ycombinator.com/companies",
    licence="Facts of a public directory; the collection is MIT (c) 2023 Miguel Corral Jr.",
    streams=(COMPANIES,),
)
