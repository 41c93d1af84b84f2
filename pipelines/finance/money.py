"""Amounts of money, exact, each with its currency; and their conversion.

Belongs here: adding and comparing amounts of one currency, and turning them into
another by published rates. Does not belong here: where rates come from, and what a
currency became (`currencies`). A float is refused: 0.1 is no amount.

    rates = RateTable([("USD", date(2024, 3, 28), Decimal("1.0811"))])
    made = rates.convert(Money("1081.10", "USD"), "EUR", date(2024, 4, 1))
    made.money, made.rate_on, made.age_days     # 1000.00 EUR, 28 March, 4
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from pipelines.errors import FinanceError
from pipelines.finance.currencies import ENDINGS, Ending, decimals

EXACT = Context(prec=50, rounding=ROUND_HALF_UP)
"""Digits kept between steps, far more than any amount has."""

CENT = Decimal("0.01")
"""The unit that funds keep their books in."""

_CODE = re.compile("[A-Z]{3}")


def exact(value: Decimal | int | str) -> Decimal:
    """A finite decimal; FinanceError for a float, for NaN and for what is no number."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise FinanceError(
            f"An amount must be exact; got {value!r}, of type {type(value).__name__}. Give a "
            "Decimal, a whole number, or its text."
        )
    try:
        made = Decimal(value)
    except InvalidOperation:
        raise FinanceError(f"An amount must be a number; got the text {value!r}.") from None
    if not made.is_finite():
        raise FinanceError(f"An amount must be finite; got {made}.")
    return made


@dataclass(frozen=True)
class Money:
    """An exact amount of one currency (ISO 4217). Only equal currencies add and compare."""

    amount: Decimal
    currency: str

    def __init__(self, amount: Decimal | int | str, currency: str) -> None:
        if not _CODE.fullmatch(currency):
            raise FinanceError(f"A currency is three capital letters; got {currency!r}.")
        object.__setattr__(self, "amount", exact(amount))
        object.__setattr__(self, "currency", currency)

    def __add__(self, other: Money) -> Money:
        return Money(EXACT.add(self.amount, self._same(other)), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(EXACT.subtract(self.amount, self._same(other)), self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(EXACT.multiply(self.amount, exact(factor)), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def rounded(self) -> Money:
        """To the currency's smallest unit, half up (Regulation (EC) 1103/97, article 5)."""
        unit = Decimal(1).scaleb(-decimals(self.currency))
        return Money(self.amount.quantize(unit, context=EXACT), self.currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise FinanceError(
                f"{self} and {other} are of two currencies, so they neither add nor compare. "
                "Convert one of them at the rate of a day first."
            )
        return other.amount


@dataclass(frozen=True)
class Conversion:
    """An amount in another currency, and how it was come by.

    `rate` are units of the new currency for one of the old. `rate_on` is the day that
    rate was published, the older one where two were needed, and `age_days` how long
    before the day asked for. Both are None where the law fixed the rate.
    """

    money: Money
    rate: Decimal
    rate_on: date | None
    age_days: int | None
    rule: str


class RateTable:
    """Published rates against one base currency, such as the ECB's against the euro."""

    def __init__(
        self,
        rates: Iterable[tuple[str, date, Decimal]],
        *,
        base: str = "EUR",
        max_age_days: int = 7,
        endings: Sequence[Ending] = ENDINGS,
    ) -> None:
        """`rates`: (currency, publishing day, its units for one unit of `base`).

        A rate serves the days after it until the next is published, yet no longer than
        `max_age_days`: the longest closing of TARGET, Easter with its weekend, is five.
        """
        self._base = base
        self._max_age_days = max_age_days
        self._endings = {ending.currency: ending for ending in endings}
        self._series: dict[str, tuple[list[date], list[Decimal]]] = {}
        for currency, on, rate in sorted(rates, key=lambda row: (row[0], row[1])):
            if exact(rate) <= 0:
                raise FinanceError(f"The rate of {currency} on {on} is {rate}; it must be above 0.")
            days, values = self._series.setdefault(currency, ([], []))
            if days and days[-1] == on:
                raise FinanceError(f"There are two rates of {currency} for {on}; keep one of them.")
            days.append(on)
            values.append(rate)

    def convert(self, money: Money, to: str, on: date) -> Conversion:
        """The amount in `to` by the last rates published by that day, rounded to its unit.

        Raises FinanceError where there is no rate of that day, where the newest is too
        old, and where a currency had ended: `redenominate` turns such an amount into
        its successor first.
        """
        if money.currency == to:
            return Conversion(money.rounded(), Decimal(1), on, 0, "the same currency")
        ending = self._endings.get(money.currency)
        if ending is not None and ending.successor == to:
            return _by_law(money, ending)
        old, old_on = self._rate(money.currency, on)
        new, new_on = self._rate(to, on)
        rate_on = min(old_on, new_on)
        made = Money(EXACT.divide(EXACT.multiply(money.amount, new), old), to).rounded()
        age = (on - rate_on).days
        rule = "the rate of the day" if age == 0 else "the last rate published before the day"
        return Conversion(made, EXACT.divide(new, old), rate_on, age, rule)

    def _rate(self, currency: str, on: date) -> tuple[Decimal, date]:
        """Units of a currency for one of the base, and the day that was published on."""
        ending = self._endings.get(currency)
        if ending is not None and on > ending.last_day:
            raise FinanceError(
                f"{currency} ended on {ending.last_day}, so there is no rate of it for {on}. "
                f"{ending.units} {currency} became one {ending.successor}: turn the amount into "
                f"{ending.successor} by redenominate() first, if that is what is meant."
            )
        if currency == self._base:
            return Decimal(1), on
        days, values = self._series.get(currency, ([], []))
        place = bisect_right(days, on) - 1
        if place < 0:
            known = f"the first is of {days[0]}" if days else "there is none at all"
            raise FinanceError(f"There is no rate of {currency} by {on}: {known}.")
        if (age := (on - days[place]).days) > self._max_age_days:
            raise FinanceError(
                f"The last rate of {currency} by {on} is of {days[place]}, {age} days before; more "
                f"than {self._max_age_days} days is no rate. Give a rate from another source."
            )
        return values[place], days[place]


def redenominate(money: Money, endings: Sequence[Ending] = ENDINGS) -> Money:
    """An amount of an ended currency in its successor, by the law's rate, rounded.

    A currency that still exists comes back as it is. The successor of a successor is
    followed too.
    """
    by_code = {ending.currency: ending for ending in endings}
    while (ending := by_code.get(money.currency)) is not None:
        money = _by_law(money, ending).money
    return money


def _by_law(money: Money, ending: Ending) -> Conversion:
    made = Money(EXACT.divide(money.amount, ending.units), ending.successor).rounded()
    rule = f"fixed by law: {ending.units} {ending.currency} for one {ending.successor}"
    return Conversion(made, EXACT.divide(Decimal(1), ending.units), None, None, rule)
