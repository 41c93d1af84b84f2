"""EDGAR's archive: the index of each day, and the Forms D that it lists.

Belongs here: index files and documents. Does not belong here: filings and forms
themselves (`filings` and `forms` make them for the firm's files, too).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sandbox.apis._sec import PATIENCE, Sec, nothing
from sandbox.filings import documents
from sandbox.forms import filed_on, forms_d
from sandbox.standin import NOW, Asked, Reply
from sandbox.universe import Universe

_PLAIN = {"Content-Type": "text/plain"}


@dataclass(frozen=True, order=True)
class Entry:
    """One line of an index."""

    cik: int
    name: str
    form: str
    filed: date
    accession: str

    @property
    def file_name(self) -> str:
        """Where the submission lies below /Archives/."""
        return f"edgar/data/{self.cik}/{self.accession}.txt"

    @property
    def line(self) -> str:
        """As the master index has it; its header writes days with dashes, its lines without."""
        return f"{self.cik}|{self.name}|{self.form}|{self.filed:%Y%m%d}|{self.file_name}"


class SecEdgar(Sec):
    """`/Archives/edgar/daily-index/…` and `/Archives/edgar/data/…`."""

    name = "sec_edgar"

    def __init__(self, universe: Universe, now: datetime = NOW, per_second: int = 10) -> None:
        super().__init__(universe, now, per_second)
        self.forms = forms_d(universe)
        self.entries = sorted({*self._from_forms(), *self._from_submissions()})

    def _from_forms(self) -> list[Entry]:
        return [
            Entry(
                company.cik,
                company.legal_name,
                "D/A" if "<submissionType>D/A<" in form else "D",
                filed_on(company),
                accession,
            )
            for accession, (company, form) in self.forms.items()
        ]

    def _from_submissions(self) -> list[Entry]:
        found = []
        for name, document in documents(self.universe).items():
            if not name.startswith("submissions/") or "filings" not in document:
                continue
            cik, title = int(document["cik"]), str(document["name"])
            recent = document["filings"]["recent"]
            for at, accession in enumerate(recent["accessionNumber"]):
                filed = date.fromisoformat(recent["filingDate"][at])
                if accession not in self.forms:
                    found.append(Entry(cik, title, recent["form"][at], filed, accession))
        return found

    def environment(self, address: str) -> Mapping[str, str]:
        """Half a year of days, with every form."""
        return {
            **super().environment(address),
            "SEC_EDGAR_URL": f"{address}/{self.name}",
            "SEC_EDGAR_START_DATE": "2025-10-01",
            "SEC_EDGAR_END_DATE": self.now.date().isoformat(),
            "SEC_EDGAR_FORMS": "",
        }

    def file(self, asked: Asked) -> Reply:
        """An index, or a form."""
        match asked.parts:
            case ("Archives", "edgar", "daily-index", year, quarter, file):
                return self._index(int(year), int(quarter.removeprefix("QTR")), file)
            case ("Archives", "edgar", "data", _, accession, "primary_doc.xml"):
                dashed = f"{accession[:10]}-{accession[10:12]}-{accession[12:]}"
                if dashed in self.forms:
                    return Reply(200, {"Content-Type": "text/xml"}, self.forms[dashed][1].encode())
        return nothing(403)

    def _index(self, year: int, quarter: int, file: str) -> Reply:
        days = sorted({e.filed for e in self.entries if e.filed <= self.now.date()})
        days = [d for d in days if (d.year, (d.month + 2) // 3) == (year, quarter)]
        if file == "index.json" and days:
            return Reply(body=_listing(year, quarter, days))
        for day in days:
            if file == f"master.{day:%Y%m%d}.idx":
                lines = [e.line for e in self.entries if e.filed == day]
                return Reply(200, _PLAIN, _master(day, lines).encode())
        return nothing(403)


def _listing(year: int, quarter: int, days: list[date]) -> dict[str, Any]:
    items = [
        {
            "last-modified": f"{day:%m/%d/%Y} 10:05:00 PM",
            "name": f"{kind}.{day:%Y%m%d}.idx",
            "type": "file",
            "href": f"{kind}.{day:%Y%m%d}.idx",
            "size": "1 KB",
        }
        for day in days
        for kind in ("company", "form", "master")
    ]
    path = f"daily-index/{year}/QTR{quarter}/"
    return {"directory": {"name": path, "parent-dir": "../", "item": items}}


def _master(day: date, lines: list[str]) -> str:
    head = [
        "Description:           Daily Index of EDGAR Dissemination Feed",
        f"Last Data Received:    {day:%b %d, %Y}",
        "Comments:              webmaster@sec.gov",
        "Anonymous FTP:         ftp://ftp.sec.gov/edgar/",
        " ",
        "CIK|Company Name|Form Type|Date Filed|File Name",
        "-" * 80,
    ]
    return "\n".join([*head, *lines, ""])


def make(universe: Universe) -> SecEdgar:
    """The archive of this world."""
    return SecEdgar(universe, per_second=PATIENCE)
