"""EDGAR's JSON of the made-up world: tickers, filers with their filings, facts.

A CIK is a number here, a padded text there; a filer's older filings lie in a
second file that names it in its own name alone; an employer number of nine
zeros stands for none; some tickers share a CIK.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from sandbox.files import write_json
from sandbox.forms import accession, filed_on, filers_of_form_d
from sandbox.universe import TODAY, Company, Universe

_FORMS = ("4", "8-K", "10-Q", "10-K", "S-8", "SC 13G")
RECENT = 120
OLDER = 60


def write_filings(folder: Path, universe: Universe) -> None:
    """Tickers, five filers (one of them with older filings, one a person), facts of one."""
    for name, document in documents(universe).items():
        write_json(folder / "edgar-json" / name, document)


def documents(universe: Universe) -> dict[str, Any]:
    """File name → what is in it, for all of EDGAR's JSON."""
    chance = universe.random("filings")
    listed = [c for c in universe.companies if c.status == "ipo"]
    made: dict[str, Any] = {"company_tickers.json": _tickers(listed)}
    private = filers_of_form_d(universe)[0]
    for company in [*listed[:3], private]:
        paged = company is listed[0]
        name = f"CIK{company.cik:010d}"
        recent = _filings(chance, company, 0, RECENT if company is not private else 1)
        if company is private:
            recent |= {"accessionNumber": [accession(company)], "form": ["D"]}
            recent["filingDate"] = [filed_on(company).isoformat()]
        files = [{"name": f"{name}-submissions-001.json", "filingCount": OLDER}] if paged else []
        filer = _filer(company, listed=company is not private)
        filer["filings"] = {"recent": recent, "files": files}
        made[f"submissions/{name}.json"] = filer
        if paged:
            older = _filings(chance, company, RECENT, OLDER)
            made[f"submissions/{name}-submissions-001.json"] = older
    person = _person(listed[0])
    person["filings"] = {"recent": _filings(chance, listed[0], 0, 3), "files": []}
    made[f"submissions/CIK{int(person['cik']):010d}.json"] = person
    made[f"{listed[0].slug}_facts.json"] = _facts(chance, listed[0])
    return made


def _tickers(listed: list[Company]) -> dict[str, Any]:
    entries = [(c, c.slug[:4].upper()) for c in listed]
    entries += [(c, c.slug[:4].upper() + "W") for c in listed[:2]]
    return {
        str(place): {"cik_str": company.cik, "ticker": ticker, "title": company.legal_name.upper()}
        for place, (company, ticker) in enumerate(entries)
    }


def _filer(company: Company, *, listed: bool) -> dict[str, Any]:
    return {
        "cik": f"{company.cik:010d}" if listed else str(company.cik),
        "entityType": "operating" if listed else "other",
        "sic": "7372" if listed else "",
        "sicDescription": "Services-Prepackaged Software" if listed else "",
        "name": company.legal_name.upper(),
        "tickers": [company.slug[:4].upper()] if listed else [],
        "ein": f"{company.cik * 97 % 1_000_000_000:09d}" if listed else "000000000",
        "lei": None,
        "website": "",
        "category": "Non-accelerated filer<br>Smaller reporting company" if listed else "",
        "fiscalYearEnd": "1231",
        "stateOfIncorporation": "DE",
        "stateOfIncorporationDescription": "DE",
        "phone": "000-000-0000",
        "formerNames": [
            {
                "name": company.name.upper() + " LABS INC",
                "from": f"{company.founded}T00:00:00.000Z",
                "to": f"{company.founded + timedelta(days=400)}T00:00:00.000Z",
            }
        ],
    }


def _person(company: Company) -> dict[str, Any]:
    first, _, last = company.founders[0].partition(" ")
    nothing = dict.fromkeys(_filer(company, listed=True))
    return nothing | {
        "cik": f"{company.cik + 500_000:010d}",
        "entityType": "other",
        "name": f"{last} {first}",
        "tickers": [],
        "stateOfIncorporation": "",
        "formerNames": [],
    }


def _filings(chance: Random, company: Company, start: int, number: int) -> dict[str, list[Any]]:
    days = [TODAY - timedelta(days=11 * (start + n) + 3) for n in range(number)]
    return {
        "accessionNumber": [
            f"{company.cik:010d}-{day:%y}-{900_000 - start - n:06d}" for n, day in enumerate(days)
        ],
        "filingDate": [day.isoformat() for day in days],
        "reportDate": [
            (day - timedelta(days=2)).isoformat() if n % 3 else "" for n, day in enumerate(days)
        ],
        "acceptanceDateTime": [f"{day}T16:{n % 60:02d}:09.000Z" for n, day in enumerate(days)],
        "act": ["34" if n % 2 else "" for n in range(number)],
        "form": [chance.choice(_FORMS) for _ in range(number)],
        "fileNumber": ["" for _ in range(number)],
        "filmNumber": ["" for _ in range(number)],
        "items": ["5.02,9.01" if n % 7 == 0 else "" for n in range(number)],
        "size": [chance.randint(2_000, 900_000) for _ in range(number)],
        "primaryDocument": [f"doc{n}.htm" for n in range(number)],
        "primaryDocDescription": ["" for _ in range(number)],
    }


def _facts(chance: Random, company: Company) -> dict[str, Any]:
    def series(scale: int) -> list[dict[str, Any]]:
        return [
            {
                "start": f"{year}-01-01",
                "end": f"{year}-12-31",
                "val": chance.randint(1, 900) * scale,
                "accn": f"{company.cik:010d}-{(year + 1) % 100:02d}-000010",
                "fy": year,
                "fp": "FY",
                "form": "10-K",
                "filed": f"{year + 1}-02-27",
            }
            for year in range(2020, 2026)
        ]

    concepts = {
        name: {"label": label, "description": label, "units": {unit: series(scale)}}
        for name, label, unit, scale in (
            ("Revenues", "Revenues", "USD", 100_000),
            ("NetIncomeLoss", "Net income", "USD", -10_000),
            ("EarningsPerShareBasic", "Earnings per share", "USD/shares", 1),
        )
    }
    return {"cik": company.cik, "entityName": company.legal_name, "facts": {"us-gaap": concepts}}
