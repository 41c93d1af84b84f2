"""The market-data export: companies, rounds and acquisitions, as a Mac's spreadsheet saved it.

Lines end in CR, bytes are Mac Roman, and the dirt of the real export is there at
small rates: spoilt encodings, totals that became dates or # signs, exact
duplicates, impossible years, records that are wholly empty, one ragged line.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random

from sandbox.files import table, write
from sandbox.universe import TODAY, Company, Round, Universe

_COMPANY = (
    "permalink,name,category_code,funding_total_usd,status,country_code,state_code,region,city,"
    "funding_rounds,founded_at,founded_month,founded_quarter,founded_year,first_funding_at,"
    "last_funding_at,last_milestone_at"
)
_ROUND = (
    "company_permalink,company_name,company_category_code,company_country_code,company_state_code,"
    "company_region,company_city,funding_round_type,funded_at,funded_month,funded_quarter,"
    "funded_year,raised_amount_usd"
)
_ACQUISITION = (
    "company_permalink,company_name,company_category_code,company_country_code,company_state_code,"
    "company_region,company_city,acquirer_permalink,acquirer_name,acquirer_category_code,"
    "acquirer_country_code,acquirer_state_code,acquirer_region,acquirer_city,acquired_at,"
    "acquired_month,acquired_quarter,acquired_year,price_amount,price_currency_code"
)
RAGGED = (
    "/company/ragged-lorv,Ragged, Lorv and Partners,software,1000000,operating,USA,NY,New York,"
    "New York,1,2015-01-01,2015-01,2015-Q1,2015,2016-05-04,2016-05-04,2017-01-01"
)
"""A record with a comma too many: nobody put its name in quotes."""

EMPTY_RECORDS = 40
DUPLICATE_ROUNDS = 5


def write_market_data(folder: Path, universe: Universe) -> None:
    """The three files of the export."""
    chance = universe.random("market")
    companies = table(_COMPANY, (_company_row(c) for c in universe.companies))
    companies.append(RAGGED)
    rounds = [_round_row(c, r) for c in universe.companies for r in c.rounds]
    rounds += chance.sample(rounds, DUPLICATE_ROUNDS)
    rounds.append(["/company/ragged-lorv", *rounds[0][1:]])
    empty: list[list[object]] = [[None] * 20] * EMPTY_RECORDS
    acquisitions = [*_acquisitions(chance, universe), *empty]
    _write(folder / "crunchbase" / "crunchbase-companies.csv", companies)
    _write(folder / "crunchbase" / "crunchbase-rounds.csv", table(_ROUND, rounds))
    _write(folder / "crunchbase" / "crunchbase-acquisitions.csv", table(_ACQUISITION, acquisitions))


def _write(path: Path, lines: list[str]) -> None:
    write(path, ("\r".join(lines) + "\r").encode("mac_roman"))


def spoil(text: str) -> str:
    """The text as UTF-8 read as Windows-1252, with _ for what Mac Roman lacks."""
    seen = text.encode().decode("cp1252", "replace")
    return "".join(c if _in_mac_roman(c) else "_" for c in seen)


def _in_mac_roman(character: str) -> bool:
    try:
        character.encode("mac_roman")
    except UnicodeEncodeError:
        return False
    return True


def _name(company: Company) -> str:
    if company.number == 20:
        return "#NAME?"
    return spoil(company.name) if not company.name.isascii() else company.name


def _day(on: date) -> list[str]:
    quarter = f"{on.year}-Q{(on.month + 2) // 3}"
    return [on.isoformat(), f"{on:%Y-%m}", quarter, f"{on.year:04d}"]


def _founded(company: Company) -> list[str]:
    impossible = {21: "1201-05-14", 22: "3201-01-01", 23: "1906-01-01"}.get(company.number)
    if impossible:
        return [impossible, impossible[:7], impossible[:4] + "-Q1", impossible[:4]]
    return _day(company.founded) if company.number % 9 else ["", "", "", ""]


def _total(company: Company) -> str:
    total = sum(r.amount_usd or 0 for r in company.rounds)
    if company.number in (24, 25):
        return ("5/18/27", "8/21/58")[company.number - 24]
    if company.number == 26:
        return "#" * 255
    if company.number % 97 == 0:
        total += 1_000_000
    return str(total) if total else ""


def _company_row(company: Company) -> list[object]:
    days = [_round_day(company, r) for r in company.rounds]
    return [
        f"/company/{company.slug}",
        _name(company),
        company.category,
        _total(company),
        company.status,
        company.country,
        company.state,
        company.region,
        company.city,
        len(company.rounds),
        *_founded(company),
        min(days, default=""),
        max(days, default=""),
        (TODAY + timedelta(days=30)).isoformat() if company.number % 53 == 0 else "",
    ]


def _round_day(company: Company, made: Round) -> str:
    placeholder = company.number in (27, 28) and made is company.rounds[0]
    return "1960-01-01" if placeholder else made.on.isoformat()


def _round_row(company: Company, made: Round) -> list[object]:
    return [
        f"/company/{company.slug}",
        _name(company),
        company.category,
        company.country,
        company.state,
        company.region,
        company.city,
        made.kind,
        *_day(date.fromisoformat(_round_day(company, made))),
        made.amount_usd,
    ]


def _acquisitions(chance: Random, universe: Universe) -> list[list[object]]:
    buyers = [c for c in universe.companies if c.status in ("operating", "ipo")]
    rows: list[list[object]] = []
    for company in universe.companies:
        if company.status != "acquired":
            continue
        buyer = chance.choice(buyers)
        on = min(TODAY, company.founded + timedelta(days=chance.randint(700, 4000)))
        price = chance.randint(1, 400) * 1_000_000 if chance.random() < 0.4 else None
        rows.append([*_side(company), *_side(buyer), *_day(on), price, "USD"])
    rows[0][-2:] = ["2.6E+12", "JPY"]
    rows.append(list(rows[1]))
    outside = [
        "/company/old-harbour-trust",
        spoil("Old Harbour’s Trust"),
        "",
        "",
        "",
        "unknown",
        "",
    ]
    rows[2][7:14] = outside
    return rows


def _side(company: Company) -> list[object]:
    return [
        f"/company/{company.slug}",
        _name(company),
        company.category,
        company.country,
        company.state,
        company.region,
        spoil("Malmö") if company.number % 40 == 0 else company.city,
    ]
