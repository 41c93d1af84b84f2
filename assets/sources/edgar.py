"""EDGAR's JSON: tickers, what each filer submitted, and its reported facts.

A filer's newest thousand filings lie in CIK##########.json as an object of
equally long arrays; older ones follow in CIK##########-submissions-001.json.
A CIK is a number, a padded text or `cik_str`, depending on the file.

    headwater run 'key:"raw/edgar__*"'
"""

from __future__ import annotations

from pipelines.spec import Check, Column, FileStream, Json, Source, Unnest


def _text(description: str) -> Column:
    return Column(type="VARCHAR", description=description)


FILING_COLUMNS = {
    "accession_number": _text("Identity of the filing: 0001193125-20-329449."),
    "filing_date": _text("Day of filing, YYYY-MM-DD."),
    "report_date": _text("Day the filing reports on; empty where there is none."),
    "acceptance_date_time": _text("When EDGAR accepted it, ISO 8601."),
    "act": _text("Act it was filed under: 33, 34, 40."),
    "form": _text("Form type: D, 4, 10-K …"),
    "file_number": _text("SEC file number."),
    "film_number": _text("SEC film number."),
    "items": _text("Items or exemptions claimed, separated by commas."),
    "size": Column(type="BIGINT", description="Size of the submission.", unit="bytes"),
    "primary_document": _text("File name of the main document."),
    "primary_doc_description": _text("What the filer calls it."),
}

ACCESSION = Check(
    expectation="expect_column_values_to_not_be_null", arguments={"column": "accession_number"}
)

TICKERS = FileStream(
    name="tickers",
    files=("**/company_tickers.json",),
    format=Json(records="$.*"),
    description="Ticker, CIK and name; several tickers share a CIK.",
    key=("cik_str", "ticker"),
    columns={
        "cik_str": Column(type="BIGINT", description="CIK as a number."),
        "ticker": _text("Ticker symbol."),
        "title": _text("Name of the filer."),
    },
    checks=(
        Check(expectation="expect_column_values_to_not_be_null", arguments={"column": "ticker"}),
    ),
)

FILERS = FileStream(
    name="filers",
    files=("**/company_submission.json", "**/submissions/CIK??????????.json"),
    format=Json(records="$"),
    description="One row a filer: company, fund or person.",
    key=("cik",),
    columns={
        "cik": _text("CIK, padded with zeros in some files."),
        "name": _text("Conformed name."),
        "entity_type": _text("operating, other …"),
        "sic": _text("Industry code."),
        "sic_description": _text("Industry."),
        "ein": _text("Employer number; 000000000 where there is none."),
        "lei": _text("Legal entity identifier."),
        "website": _text("Website, nearly always empty."),
        "category": _text("Filer category, with HTML line breaks."),
        "fiscal_year_end": _text("MMDD."),
        "state_of_incorporation": _text("EDGAR's code of a state or a country."),
        "state_of_incorporation_description": _text("The same in words."),
        "phone": _text("Telephone number."),
        "tickers": Column(type="VARCHAR[]", description="Ticker symbols."),
    },
    unnest=(Unnest(column="former_names", into="former_names", keys=("cik",)),),
    checks=(Check(expectation="expect_column_values_to_be_unique", arguments={"column": "cik"}),),
)

FILINGS = FileStream(
    name="filings",
    files=("**/company_submission.json", "**/submissions/CIK??????????.json"),
    format=Json(
        records="$.filings.recent", columnar=True, context={"cik": "$.cik", "filer_name": "$.name"}
    ),
    description="A filer's newest filings, up to a thousand and a few.",
    key=("cik", "accession_number"),
    columns={
        "cik": _text("CIK of the filer whose list this is."),
        "filer_name": _text("Name of that filer."),
        **FILING_COLUMNS,
    },
    checks=(ACCESSION,),
)

OLDER_FILINGS = FileStream(
    name="older_filings",
    files=("**/submissions/CIK*-submissions-*.json",),
    format=Json(records="$", columnar=True),
    description="The filings before those; the CIK stands in the file's name alone.",
    columns=FILING_COLUMNS,
    checks=(ACCESSION,),
)

FACTS = FileStream(
    name="facts",
    files=("**/*_facts.json", "**/companyfacts/CIK*.json"),
    format=Json(
        records="$.facts.*.*.units.*[*]",
        context={
            "cik": "$.cik",
            "entity_name": "$.entityName",
            "taxonomy": "$.facts.*~",
            "concept": "$.facts.*.*~",
            "label": "$.facts.*.*.label",
            "unit": "$.facts.*.*.units.*~",
        },
    ),
    description="One value as one filing reported it.",
    columns={
        "cik": _text("CIK of the company."),
        "entity_name": _text("Name of the company."),
        "taxonomy": _text("Taxonomy of the concept: us-gaap, ifrs-full, dei."),
        "concept": _text("Concept within the taxonomy."),
        "label": _text("The concept in words."),
        "unit": _text("Unit of the value: a currency, shares."),
        "start": _text("First day of the period; none for a point in time."),
        "end": _text("Last day of the period, or the day."),
        "val": Column(type="DECIMAL(38,10)", description="The value, in `unit`."),
        "accn": _text("Filing that reported it."),
        "fy": Column(type="BIGINT", description="Fiscal year of that filing."),
        "fp": _text("Fiscal period of that filing: FY, Q1 …"),
        "form": _text("Form of that filing."),
        "filed": _text("Day of that filing."),
        "frame": _text("Calendar frame, on the value that EDGAR prefers."),
    },
)

SOURCE = Source(
    name="edgar",
    description="The SEC's EDGAR: tickers, filers, filings and reported facts.",
    owner="data@headwater.example",
    homepage="https://www.sec.gov/search-filings/edgar-application-programming-interfaces",
    licence="Public record of the United States; no copyright claimed.",
    streams=(TICKERS, FILERS, FILINGS, OLDER_FILINGS, FACTS),
)
