"""The made-up firm's companies as a dozen systems know them, and which is which.

Belongs here: rows as the systems' staging models give them, straight from the made-up
world, with its truth. Does not belong here: loading anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.matching.records import GIVEN, features
from pipelines.sqltypes import arrow_type
from sandbox.identities import Identity, identities
from sandbox.universe import make_universe
from sandbox.words import ALPHA2

Row = dict[str, Any]
SCHEMA = pa.schema([(name, arrow_type(kind)) for name, kind in GIVEN.items()])


def world(seed: int = 7) -> tuple[list[Row], dict[str, int]]:
    """Rows of all systems, and record → the number of the company that it is."""
    universe = make_universe(seed)
    held = {company.number for company in universe.portfolio}
    rows: list[Row] = []
    truth = {}
    for who in identities(universe).companies:
        for row in (*_crms(who), *_books(who), *_registers(who), *_market(who)):
            rows.append(row)
            truth[f"{row['source']}:{row['source_id']}"] = who.company.number
        for row in _portfolio(who) if who.company.number in held else ():
            rows.append(row)
            truth[f"{row['source']}:{row['source_id']}"] = who.company.number
    return rows, truth


def _told(who: Identity) -> Row:
    company = who.company
    return {
        "city": company.city,
        "country_code": ALPHA2[company.country],
        "founded_year": company.founded.year,
    }


def _people(who: Identity) -> Row:
    return {
        "people": [person.name for person in who.people],
        "emails": [person.email for person in who.people],
    }


def _row(source: str, source_id: object, who: Identity, *told: Row, **more: Any) -> Row:
    row = {"source": source, "source_id": str(source_id), "name": who.name_in(source)}
    for part in (*told, more):
        row |= part
    return row


def _crms(who: Identity) -> Iterator[Row]:
    yield _row("affinity", who.number_in("affinity"), who, websites=[who.domain])
    yield _row("attio", who.uuid_in("attio"), who, websites=[who.domain])
    site = {"websites": [who.domain]}
    yield _row("hubspot", who.number_in("hubspot"), who, _told(who), _people(who), site)
    place = {**_told(who), "founded_year": None}
    yield _row("pipedrive", who.number_in("pipedrive"), who, place, _people(who))


def _books(who: Identity) -> Iterator[Row]:
    first = {"emails": [who.people[0].email]}
    number = who.company.number
    if number % 3 == 0:
        yield _row("xero", who.uuid_in("xero"), who, first)
    if number % 3 == 1:
        yield _row("quickbooks", who.number_in("quickbooks"), who, first, city=who.company.city)
    if number % 4 == 0:
        yield _row("stripe", who.text_in("stripe"), who, first, city=who.company.city)


def _registers(who: Identity) -> Iterator[Row]:
    number = {"register": "GB", "company_number": who.company_number}
    if who.lei:
        known = number if who.company_number else {}
        yield _row("gleif", who.lei, who, _told(who), known, lei=who.lei)
    if who.company_number:
        people = {"people": [person.name for person in who.people]}
        yield _row("companies_house", who.company_number, who, _told(who), people, number)
    if who.cik:
        country = ALPHA2[who.company.country]
        yield _row("sec_edgar", who.cik, who, cik=str(who.cik), country_code=country)


def _market(who: Identity) -> Iterator[Row]:
    company = who.company
    page = {"vendor_ids": [f"crunchbase:{company.slug}"]}
    name = {"name": company.name}
    yield _row("crunchbase", f"/company/{company.slug}", who, _told(who), name, page)
    if company.founded.year >= 2010 and company.number % 2:
        site = f"https://www.{who.domain}/" if company.number % 31 else "https://"
        known = page if company.number % 3 else {}
        year = company.founded.year if company.number % 7 else None
        people = {"people": list(company.founders), "websites": [site]}
        told = {**_told(who), "founded_year": year}
        yield _row("yc", 20_000 + company.number, who, told, name, known, people)


def _portfolio(who: Identity) -> Iterator[Row]:
    company = who.company
    yield _row("portfolio", company.name.lower(), who, name=company.name)
    yield _row("fund_admin", company.legal_name, who, name=company.legal_name)
    yield _row("ocf", f"issuer-{company.number}", who, name=company.legal_name)


def given_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as matching takes them; what a row leaves out is null."""
    whole = [{name: row.get(name) for name in GIVEN} for row in rows]
    return pa.Table.from_pylist(whole, schema=SCHEMA)


def records_in(
    connection: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, Any]], table: str = "records"
) -> None:
    """Make a table of the rows in comparable form."""
    connection.register("made", features(given_table(rows)))
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS FROM made")
    connection.unregister("made")


def pairwise(groups: Sequence[Sequence[str]], truth: Mapping[str, int]) -> tuple[float, float]:
    """Precision and recall over pairs of records, against the truth."""
    true: dict[int, int] = {}
    for number in truth.values():
        true[number] = true.get(number, 0) + 1
    right = said = 0
    for group in groups:
        counts: dict[int, int] = {}
        for record in group:
            counts[truth[record]] = counts.get(truth[record], 0) + 1
        right += sum(n * (n - 1) // 2 for n in counts.values())
        said += len(group) * (len(group) - 1) // 2
    return right / max(said, 1), right / sum(n * (n - 1) // 2 for n in true.values())
