"""Are two names of a type the same type of the warehouse?"""

from __future__ import annotations

from pipelines.quality.subject import CannotRun
from pipelines.sqltypes import arrow_type


def same_type(actual: str, wanted: str) -> bool:
    """Whether `wanted` (`text`, `DECIMAL(18, 2)`, …) names the type `actual`."""
    if actual.upper() == wanted.strip().upper():
        return True
    try:
        expected = arrow_type(wanted)
    except ValueError as error:
        raise CannotRun(str(error)) from None
    try:
        return bool(arrow_type(actual) == expected)
    except ValueError:
        return False
