"""EDGAR's data host: submissions of filers, and concepts that they report.

Belongs here: its paths. Does not belong here: what is filed and reported (`filings`
makes that for the firm's files, too).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sandbox.apis._sec import PATIENCE, Sec, nothing
from sandbox.filings import documents
from sandbox.standin import NOW, Asked, Reply
from sandbox.universe import Universe


class SecEdgarData(Sec):
    """`/submissions/…` and `/api/xbrl/companyconcept/…`."""

    name = "sec_edgar_data"

    def __init__(self, universe: Universe, now: datetime = NOW, per_second: int = 10) -> None:
        super().__init__(universe, now, per_second)
        made = documents(universe)
        self.submissions = {
            name.removeprefix("submissions/"): document
            for name, document in made.items()
            if name.startswith("submissions/")
        }
        self.facts = next(made[name] for name in made if name.endswith("_facts.json"))

    @property
    def ciks(self) -> tuple[int, ...]:
        """The filers whose submissions there are."""
        return tuple(sorted({int(name[3:13]) for name in self.submissions}))

    def environment(self, address: str) -> Mapping[str, str]:
        """All filers that there are."""
        return {
            **super().environment(address),
            "SEC_EDGAR_DATA_URL": f"{address}/{self.name}",
            "SEC_EDGAR_CIKS": ",".join(map(str, self.ciks)),
        }

    def file(self, asked: Asked) -> Reply:
        """Submissions of a filer, or a concept of one."""
        match asked.parts:
            case ("submissions", file) if file in self.submissions:
                return Reply(body=self.submissions[file])
            case ("api", "xbrl", "companyconcept", cik, taxonomy, file):
                return self._concept(cik, taxonomy, file.removesuffix(".json"))
        return nothing(404)

    def _concept(self, cik: str, taxonomy: str, tag: str) -> Reply:
        concept = self.facts["facts"].get(taxonomy, {}).get(tag)
        if concept is None or int(cik.removeprefix("CIK")) != self.facts["cik"]:
            return nothing(404)
        head = {"cik": self.facts["cik"], "taxonomy": taxonomy, "tag": tag}
        return Reply(body={**head, "entityName": self.facts["entityName"], **concept})


def make(universe: Universe) -> SecEdgarData:
    """The data host of this world."""
    return SecEdgarData(universe, per_second=PATIENCE)
