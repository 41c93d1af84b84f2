"""What currencies became of one another, and how many decimals each has.

Belongs here: facts of law about currencies. Does not belong here: rates of a market,
or arithmetic on amounts (`money`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Ending:
    """A currency that ended: its last day as money of its own, and what it became.

    `units` of the old currency made one unit of the successor, fixed by law: for a
    redenomination (TRL to TRY) by that country's, for a currency that joined the euro
    by a regulation of the European Council.
    """

    currency: str
    last_day: date
    successor: str
    units: Decimal


ENDINGS = (
    Ending("TRL", date(2004, 12, 31), "TRY", Decimal(1_000_000)),
    Ending("ROL", date(2005, 6, 30), "RON", Decimal(10_000)),
    Ending("SIT", date(2006, 12, 31), "EUR", Decimal("239.640")),
    Ending("CYP", date(2007, 12, 31), "EUR", Decimal("0.585274")),
    Ending("MTL", date(2007, 12, 31), "EUR", Decimal("0.429300")),
    Ending("SKK", date(2008, 12, 31), "EUR", Decimal("30.1260")),
    Ending("EEK", date(2010, 12, 31), "EUR", Decimal("15.6466")),
    Ending("LVL", date(2013, 12, 31), "EUR", Decimal("0.702804")),
    Ending("LTL", date(2014, 12, 31), "EUR", Decimal("3.45280")),
    Ending("HRK", date(2022, 12, 31), "EUR", Decimal("7.53450")),
    Ending("BGN", date(2025, 12, 31), "EUR", Decimal("1.95583")),
)
"""Every ended currency that euro reference rates were published for."""

_WHOLE = frozenset(["CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"])
_THOUSANDTHS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def decimals(currency: str) -> int:
    """How many decimals amounts of a currency have, by ISO 4217: 2 for most."""
    return 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2
