"""The central bank's data service: daily exchange rates as SDMX CSV.

Belongs here: keys, periods and the CSV of the dataflow EXR. Does not belong here:
the rates themselves (`rates` walks them, and writes the bank's other files).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sandbox.apis._pages import HORIZON
from sandbox.rates import FIRST, published
from sandbox.standin import NOW, Asked, Reply, StandIn
from sandbox.universe import Universe

HEADER = (
    "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE,OBS_STATUS,"
    "OBS_CONF,OBS_PRE_BREAK,OBS_COM,TIME_FORMAT,BREAKS,COLLECTION,COMPILING_ORG,DISS_ORG,"
    "DOM_SER_IDS,PUBL_ECB,PUBL_MU,PUBL_PUBLIC,UNIT_INDEX_BASE,COMPILATION,COVERAGE,DECIMALS,"
    "NAT_TITLE,SOURCE_AGENCY,SOURCE_PUB,TITLE,TITLE_COMPL,UNIT,UNIT_MULT"
)


class Ecb(StandIn):
    """`/data/EXR/D.<currencies>.EUR.SP00.A` with startPeriod and endPeriod."""

    name = "ecb"

    def __init__(self, universe: Universe, now: datetime = NOW) -> None:
        super().__init__(universe, now)
        self.rates = published(universe, HORIZON)

    def environment(self, address: str) -> Mapping[str, str]:
        """A short history, in windows of a quarter."""
        return {
            "ECB_URL": f"{address}/{self.name}",
            "ECB_START_DATE": "2025-07-01",
            "ECB_WINDOW": "P90D",
        }

    def answer(self, asked: Asked) -> Reply:
        """Observations; 404 where there is none, as SDMX services answer."""
        match asked.parts:
            case ("data", "EXR", key):
                return self._observations(asked, key)
        return Reply(404, {"Content-Type": "text/plain"}, b"No results found.")

    def _observations(self, asked: Asked, key: str) -> Reply:
        pieces = key.split(".")
        if len(pieces) != 5 or pieces[0] != "D" or pieces[2:] != ["EUR", "SP00", "A"]:
            return Reply(400, {"Content-Type": "text/plain"}, b"Syntax error: the series key.")
        if asked.get("format") != "csvdata":
            return Reply(406, {"Content-Type": "text/plain"}, b"Only csvdata is stood in for.")
        wanted = frozenset(pieces[1].split("+")) - {""}
        first = date.fromisoformat(asked.get("startPeriod", FIRST.isoformat()))
        last = date.fromisoformat(asked.get("endPeriod", self.now.date().isoformat()))
        rows = list(self._rows(wanted, first, min(last, self.now.date())))
        if not rows:
            return Reply(404, {"Content-Type": "text/plain"}, b"No results found.")
        csv = "\r\n".join([HEADER, *rows, ""])
        return Reply(200, {"Content-Type": "application/vnd.sdmx.data+csv"}, csv.encode())

    def _rows(self, wanted: frozenset[str], first: date, last: date) -> Iterable[str]:
        """Series by series, as the service groups them."""
        days = [(day, rates) for day, rates in self.rates.items() if first <= day <= last]
        for code in sorted({code for _, rates in days for code in rates}):
            if wanted and code not in wanted:
                continue
            for day, rates in days:
                if code in rates:
                    yield _row(code, day, rates[code])


def _row(code: str, day: date, rate: str) -> str:
    decimals = len(rate.partition(".")[2])
    title = f'"{code}/Euro ECB reference exchange rate, 2.15 pm (C.E.T.)"'
    return (
        f"EXR.D.{code}.EUR.SP00.A,D,{code},EUR,SP00,A,{day},{rate},A,F,,,P1D,,A,,,,,,,,,,"
        f"{decimals},,4F0,,{code}/Euro,{title},{code},0"
    )


def make(universe: Universe) -> Ecb:
    """The service of this world."""
    return Ecb(universe)
