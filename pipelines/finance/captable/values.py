"""Single values of the Open Cap Table Format, read exactly, and what is wrong with one.

Belongs here: numbers, days, money and ratios as the format writes them. Does not
belong here: which object has which field (`kinds`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]{1,10})?")
_PERCENT = re.compile(r"0?(\.[0-9]{1,10})?|1(\.0{1,10})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
PLACES = Decimal("1E-10")
"""The format's numbers have at most ten decimals."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a package: where, which object, which rule, and why."""

    file: str
    object_type: str
    object_id: str
    rule: str
    message: str

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.file}: {self.object_type} {self.object_id} ({self.rule}): {self.message}"


@dataclass(frozen=True)
class Money:
    """An exact amount; `currency` is ISO 4217."""

    amount: Decimal
    currency: str


class NotReadable(ValueError):
    """A value is not what the format writes; the text says what was expected."""


def number(value: object) -> Decimal:
    """A fixed-point number of at most ten decimals, written as text (or a whole number)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    raise NotReadable("a number written as text, with at most ten decimals")


def percent(value: object) -> Decimal:
    """A share between 0 and 1, written as text: 0.2 is 20 %."""
    if isinstance(value, str) and value and _PERCENT.fullmatch(value):
        return Decimal(value)
    raise NotReadable("a share between 0 and 1 written as text, such as 0.2 for 20 %")


def day(value: object) -> date:
    """A day as YYYY-MM-DD; readers of tables may hand over the day itself."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise NotReadable("a day of the calendar as YYYY-MM-DD")


def money(value: object) -> Money:
    """An amount with its currency."""
    parts = part(value)
    currency = parts.get("currency")
    if not (isinstance(currency, str) and _CURRENCY.fullmatch(currency)):
        raise NotReadable("an amount with a currency of three letters")
    return Money(number(parts.get("amount")), currency)


def ratio(value: object) -> Fraction:
    """A ratio of two numbers, exact; the denominator is above zero."""
    parts = part(value)
    top, bottom = number(parts.get("numerator")), number(parts.get("denominator"))
    if bottom <= 0 or top < 0:
        raise NotReadable("a ratio of a numerator and a denominator above zero")
    return Fraction(top) / Fraction(bottom)


def text(value: object) -> str:
    """A text that is not empty."""
    if isinstance(value, str) and value:
        return value
    raise NotReadable("a text that is not empty")


def texts(value: object) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(text(item) for item in _sequence(value))


def whole(value: object) -> int:
    """A whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]+", value):
        return int(value)
    raise NotReadable("a whole number")


def flag(value: object) -> bool:
    """Yes or no."""
    if isinstance(value, bool):
        return value
    raise NotReadable("true or false")


def part(value: object) -> Mapping[str, object]:
    """An object within an object."""
    if isinstance(value, Mapping):
        return value
    raise NotReadable("an object")


def parts(value: object) -> tuple[Mapping[str, object], ...]:
    """A list of objects."""
    return tuple(part(item) for item in _sequence(value))


def authorized(value: object) -> Decimal | None:
    """A number of shares; None where the format says that there is no limit."""
    return None if value in ("UNLIMITED", "NOT APPLICABLE") else number(value)


def scaled(quantity: Decimal, by: Fraction) -> Decimal:
    """`quantity` times an exact ratio, to the format's ten decimals (half to even)."""
    if by == 1:
        return quantity
    exact = Fraction(quantity) * by
    return decimal_of(exact)


def decimal_of(exact: Fraction) -> Decimal:
    """An exact fraction to the format's ten decimals (half to even)."""
    return Decimal(round(exact * 10**10)).scaleb(-10)


def _sequence(value: object) -> Sequence[object]:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return value
    raise NotReadable("a list")
