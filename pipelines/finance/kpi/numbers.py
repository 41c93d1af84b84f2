"""Numbers that companies wrote as text: (1,234.50), 1 234,5, € 1.2m, 45 %, n/a.

Belongs here: one text → an exact number, and the unit written beside it. Does not
belong here: cells that are numbers, which need no reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pipelines.finance.kpi.units import Unit, unit_of

_MISSING = "n/a na n.a. n.a n/m nm none null nil - – — -- . .. ... tbd tbc tba pending ? x"
MISSING = frozenset(_MISSING.split())
_NUMBER = re.compile(r"\d[\d.,' ]*\d|\d")
_GROUPS = re.compile(r"\d{1,3}(?:(?P<mark>[.,' ])\d{3})(?:(?P=mark)\d{3})*")
_SPACES = re.compile("[\u00a0\u202f\u2009]")


@dataclass(frozen=True)
class Said:
    """A number as written, before its unit is applied."""

    value: Decimal
    unit: Unit


def is_missing(text: str) -> bool:
    """Whether a text stands for no value."""
    return text.strip().casefold() in MISSING


def number_of(text: str) -> Said | None:
    """The number that a text is; None where it is none, or could be two (1,234; 1.234)."""
    text = _SPACES.sub(" ", text).replace("−", "-").replace("’", "'").strip()
    found = _NUMBER.search(text)
    if found is None:
        return None
    before, after = text[: found.start()], text[found.end() :]
    negative = "-" in before or ("(" in before and ")" in after)
    around = re.sub("[-+()]", " ", f"{before} {after}").strip()
    unit = unit_of(around) if around else Unit()
    value = _exact(found[0])
    if unit is None or value is None or any(c.isdigit() for c in around):
        return None
    return Said(-value if negative else value, unit)


def _exact(digits: str) -> Decimal | None:
    """The digits with their marks, where those can be read in one way alone."""
    marks = [c for c in digits if c in ".,' "]
    if not marks:
        return Decimal(digits)
    last = marks[-1]
    whole, _, rest = digits.rpartition(last)
    if len(set(marks)) == 1:
        grouped = _GROUPS.fullmatch(digits) is not None
        if grouped and (len(marks) > 1 or last in "' " or digits.startswith("0")):
            return None if digits.startswith("0") else Decimal(_bare(digits))
        if grouped or len(marks) > 1 or last in "' ":
            return None
        return Decimal(f"{whole}.{rest}")
    if last in "' " or marks.count(last) > 1 or not _GROUPS.fullmatch(whole):
        return None
    return Decimal(f"{_bare(whole)}.{rest}")


def _bare(digits: str) -> str:
    return re.sub("[.,' ]", "", digits)
