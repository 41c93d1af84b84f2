"""A cap table on a day: what each security holds, and what the issuer may issue.

Belongs here: the values that a replay ends in. Does not belong here: how they come
to be (`replay`), who owns what share of them (`ownership`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from pipelines.finance.captable.reading import Item

ZERO = Decimal(0)


@dataclass(frozen=True)
class Holding:
    """One security. `quantity` counts shares, for a convertible it is the principal.

    `issued` is what it was issued with, `split` what splits added (or took), `gone`
    what left it by reason; issued + split = quantity + the sum of `gone`, always.
    `factor` is all splits in one, `used` what was exercised, released or passed on, in
    shares of now. `price` is what a share cost, for options and warrants the exercise price of now.
    `counted` is False for a warrant whose number of shares isn't known.
    """

    security_id: str
    instrument: str
    stakeholder_id: str
    stock_class_id: str | None
    stock_plan_id: str | None
    issued_on: date
    issued: Decimal
    quantity: Decimal
    price: Decimal | None
    currency: str | None
    item: Item
    split: Decimal = ZERO
    factor: Fraction = Fraction(1)
    used: Decimal = ZERO
    counted: bool = True
    accepted_on: date | None = None
    closed_on: date | None = None
    gone: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether anything is left in it."""
        return self.closed_on is None


@dataclass(frozen=True)
class Conversion:
    """What one share of a class turns into: `ratio` shares of `target`."""

    target: str
    ratio: Fraction
    rounding: str


@dataclass(frozen=True)
class Pool:
    """An equity plan: shares reserved, taken from it by grants, and given back to it."""

    reserved: Decimal
    taken: Decimal = ZERO
    returned: Decimal = ZERO

    @property
    def available(self) -> Decimal:
        """Shares that may still be granted."""
        return self.reserved - self.taken + self.returned


@dataclass(frozen=True)
class CapTable:
    """The state after the transactions of `on`.

    `authorized` has the limit of each class (None: no limit), `issuer_authorized`
    that of all classes together, `relationships` and `statuses` those of holders.
    """

    on: date
    holdings: Mapping[str, Holding]
    authorized: Mapping[str, Decimal | None]
    issuer_authorized: Decimal | None
    conversions: Mapping[str, Conversion]
    pools: Mapping[str, Pool]
    relationships: Mapping[str, frozenset[str]]
    statuses: Mapping[str, str]

    @cached_property
    def outstanding(self) -> Mapping[str, Decimal]:
        """Class → its shares that are issued and held by someone."""
        found: dict[str, Decimal] = {}
        for held in self.holdings.values():
            if held.instrument == "stock" and held.open and held.stock_class_id is not None:
                before = found.get(held.stock_class_id, ZERO)
                found[held.stock_class_id] = before + held.quantity
        return found
