"""Where a workbook was put, and what that says: whose it is, and of which day.

Belongs here: paths. Does not belong here: a workbook's content.

Workbooks lie in `reporting/<company>/`. The day on which one was believed is the ISO day
in its path (2026-04-12), nearest to its name; else the day it says it was last saved.
"""

from __future__ import annotations

import re
from datetime import date

_DAY = re.compile(r"(?<!\d)(20\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")


def company_of(file: str) -> str | None:
    """The company's folder; None where the workbook lies in none."""
    parts = file.split("!/", 1)[0].split("/")
    if "reporting" not in parts[:-2]:
        return None
    return parts[parts.index("reporting") + 1]


def as_of(file: str, modified: date | None) -> date | None:
    """The day a workbook is of; None where neither its path nor itself tells."""
    for part in reversed(file.split("/")):
        days = [day for found in _DAY.finditer(part) if (day := _valid(*found.groups()))]
        if days:
            return days[-1]
    return modified


def _valid(*parts: str) -> date | None:
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        return None
