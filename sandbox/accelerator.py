"""The accelerator's directory: every field quoted, lists as Python prints them.

Dirt on purpose: whole numbers as 2021.0, a bare https:// for no website, NA for
Namibia, line breaks and quotes in descriptions, two companies of one name, a
cell that is no list.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from sandbox import words
from sandbox.files import table, write
from sandbox.universe import TODAY, Company, Universe

_HEADER = (
    "company_id,company_name,short_description,long_description,batch,status,tags,location,country,"
    "year_founded,num_founders,founders_names,team_size,website,cb_url,linkedin_url"
)
_STATUS = {
    "operating": "Active",
    "acquired": "Acquired",
    "closed": "Inactive",
    "ipo": "Public",
}
SNAPSHOT = "2026-03-31"


def write_directory(folder: Path, universe: Universe) -> None:
    """One dated snapshot of the directory."""
    chance = universe.random("accelerator")
    members = [c for c in universe.companies if c.founded.year >= 2010][::2]
    rows = [_row(chance, company) for company in members]
    rows[3][1] = rows[4][1]
    rows[5][6] = "nan"
    lines = table(_HEADER, rows, quote_all=True)
    path = folder / "yc-companies" / f"yc-companies-{SNAPSHOT}.csv"
    write(path, ("\n".join(lines) + "\n").encode())


def _row(chance: Random, company: Company) -> list[object]:
    site = f"https://www.{company.slug}.example/"
    if company.number % 31 == 0:
        site = "https://"
    season = "W" if company.founded.month < 7 else "S"
    year = min(company.founded.year + 1, TODAY.year)
    # Directories and market data agree on a name only roughly.
    name = company.name + (" 💸" if company.number % 37 == 0 else "")
    about = f'{company.name} makes {company.category} simple.\n\nIts users call it "plain".'
    return [
        20_000 + company.number,
        name,
        f"{company.category.title()} for everyone",
        about,
        f"{season}{year % 100:02d}",
        _STATUS[company.status],
        repr(chance.sample(words.TAGS.split(), chance.randint(0, 3))),
        company.city,
        words.ALPHA2[company.country],
        f"{company.founded.year}.0" if company.number % 7 else "",
        len(company.founders),
        repr(list(company.founders)),
        f"{company.people}.0",
        site,
        f"https://www.crunchbase.com/organization/{company.slug}" if company.number % 3 else "",
        f"https://www.linkedin.com/company/{company.slug}/",
    ]
