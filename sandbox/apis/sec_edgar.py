"""EDGAR: the daily index, documents, submissions and reported concepts.

Belongs here: its two hosts (www and data), the declared User-Agent, the limit a
second, and what it answers where there is nothing. Does not belong here: filings and
forms themselves (`filings` and `forms` make them for the firm's files, too).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sandbox.filings import documents
from sandbox.forms import filed_on, forms_d
from sandbox.standin import NOW, Asked, RateLimit, Reply, StandIn
from sandbox.universe import Universe

_HTML = {"Content-Type": "text/html"}
_XML = {"Content-Type": "application/xml"}
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


class SecEdgar(StandIn):
    """`/www/Archives/…` and `/data/…`. The real one lets 10 requests a second pass."""

    name = "sec_edgar"

    def __init__(self, universe: Universe, now: datetime = NOW, per_second: int = 10) -> None:
        super().__init__(universe, now)
        self.per_second = per_second
        self.limit = RateLimit(per_second, 1)
        self.forms = forms_d(universe)
        made = documents(universe)
        self.submissions = {
            name.removeprefix("submissions/"): document
            for name, document in made.items()
            if name.startswith("submissions/")
        }
        self.facts = next(made[name] for name in made if name.endswith("_facts.json"))
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
        for name, document in self.submissions.items():
            if "filings" not in document:
                continue
            recent = document["filings"]["recent"]
            for at, accession in enumerate(recent["accessionNumber"]):
                filed = date.fromisoformat(recent["filingDate"][at])
                if accession not in self.forms:
                    cik, title = int(name[3:13]), str(document["name"])
                    found.append(Entry(cik, title, recent["form"][at], filed, accession))
        return found

    @property
    def ciks(self) -> tuple[int, ...]:
        """The filers whose submissions there are."""
        return tuple(sorted({int(name[3:13]) for name in self.submissions}))

    def environment(self, address: str) -> Mapping[str, str]:
        """A declared User-Agent, both hosts, and a window of half a year."""
        return {
            "SEC_EDGAR_URL": f"{address}/{self.name}/www",
            "SEC_EDGAR_DATA_URL": f"{address}/{self.name}/data",
            "SEC_EDGAR_USER_AGENT": "Quillfen Ventures data@quillfen.example",
            "SEC_EDGAR_REQUESTS_PER_SECOND": str(self.per_second * 8 // 10),
            "SEC_EDGAR_START_DATE": "2025-10-01",
            "SEC_EDGAR_END_DATE": self.now.date().isoformat(),
            "SEC_EDGAR_FORMS": "",
            "SEC_EDGAR_CIKS": ",".join(map(str, self.ciks)),
        }

    def answer(self, asked: Asked) -> Reply:
        """A file of the archive or of the data host."""
        if "@" not in asked.headers.get("user-agent", ""):
            page = "<html><title>Your Request Originates from an Undeclared Automated Tool</title>"
            return Reply(403, _HTML, page.encode())
        if not self.limit.take().passed:
            return self.refuse(429, 1)
        match asked.parts:
            case ("www", "Archives", "edgar", "daily-index", year, quarter, file):
                return self._index(int(year), int(quarter.removeprefix("QTR")), file)
            case ("www", "Archives", "edgar", "data", _, accession, "primary_doc.xml"):
                dashed = f"{accession[:10]}-{accession[10:12]}-{accession[12:]}"
                if dashed in self.forms:
                    return Reply(200, {"Content-Type": "text/xml"}, self.forms[dashed][1].encode())
            case ("data", "submissions", file) if file in self.submissions:
                return Reply(body=self.submissions[file])
            case ("data", "api", "xbrl", "companyconcept", cik, taxonomy, file):
                return self._concept(cik, taxonomy, file.removesuffix(".json"))
        return _nothing()

    def refuse(self, status: int, wait_s: float) -> Reply:
        """A page of HTML; who asks too fast is shut out for ten minutes."""
        title = "Request Rate Threshold Exceeded" if status == 429 else "Service Unavailable"
        reply = super().refuse(status, wait_s)
        return Reply(status, {**_HTML, **reply.headers}, f"<html><title>{title}</title>".encode())

    def _index(self, year: int, quarter: int, file: str) -> Reply:
        days = sorted({e.filed for e in self.entries if e.filed <= self.now.date()})
        days = [d for d in days if (d.year, (d.month + 2) // 3) == (year, quarter)]
        if file == "index.json" and days:
            return Reply(body=_listing(year, quarter, days))
        for day in days:
            if file == f"master.{day:%Y%m%d}.idx":
                lines = [e.line for e in self.entries if e.filed == day]
                return Reply(200, _PLAIN, _master(day, lines).encode())
        return _nothing()

    def _concept(self, cik: str, taxonomy: str, tag: str) -> Reply:
        concept = self.facts["facts"].get(taxonomy, {}).get(tag)
        if concept is None or int(cik.removeprefix("CIK")) != self.facts["cik"]:
            return _nothing(404)
        head = {"cik": self.facts["cik"], "taxonomy": taxonomy, "tag": tag}
        return Reply(body={**head, "entityName": self.facts["entityName"], **concept})


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


def _nothing(status: int = 403) -> Reply:
    """The archive's store answers 403 for what isn't there, the API 404."""
    error = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    return Reply(status, _XML, f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'.encode())


def make(universe: Universe) -> SecEdgar:
    """EDGAR of this world, more patient than the real one, so that a first run is short."""
    return SecEdgar(universe, per_second=1000)
