"""Who owns what share of a company: of what is outstanding, and fully diluted.

Outstanding counts issued stock, as if every class were converted to what it turns
into. Fully diluted adds options, units and rights that settle in stock (vested or
not), warrants, and what the plans may still grant. Notes and SAFEs turn into a
number that only a round decides (`priced_round`), so they stand beside the shares.

Does not belong here: how holdings come to be (`replay`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

from pipelines.finance.captable.state import ZERO, CapTable, Holding
from pipelines.finance.captable.values import scaled

_ROUNDING = {"CEILING": ROUND_CEILING, "FLOOR": ROUND_FLOOR, "NORMAL": ROUND_HALF_UP}


@dataclass(frozen=True)
class Stake:
    """What one holder has; `stakeholder_id` is None for what the plans may still grant.

    Counts are in shares of the class that all convert into; `outstanding_share` and
    `fully_diluted_share` are between 0 and 1, None where there is nothing to divide by.
    """

    stakeholder_id: str | None
    shares: Decimal
    options: Decimal
    warrants: Decimal
    available: Decimal
    outstanding_share: Decimal | None
    fully_diluted_share: Decimal | None

    @property
    def fully_diluted(self) -> Decimal:
        """Shares, options, warrants and what may still be granted."""
        return self.shares + self.options + self.warrants + self.available


@dataclass(frozen=True)
class Capital:
    """A company's capital in shares of the class that all convert into."""

    shares: Decimal
    options: Decimal
    warrants: Decimal
    available: Decimal

    @property
    def fully_diluted(self) -> Decimal:
        """All of it."""
        return self.shares + self.options + self.warrants + self.available


def as_converted(table: CapTable, class_id: str | None, quantity: Decimal) -> Decimal:
    """`quantity` shares of a class in shares of what it turns into, rounded by its right."""
    seen: set[str] = set()
    while class_id is not None and class_id in table.conversions and class_id not in seen:
        seen.add(class_id)
        right = table.conversions[class_id]
        if right.ratio != 1:
            exact = scaled(quantity, right.ratio)
            quantity = exact.quantize(Decimal(1), _ROUNDING[right.rounding])
        class_id = right.target
    return quantity


def dilutive(held: Holding) -> bool:
    """Whether a security is or becomes shares: cash-settled rights never do."""
    return held.open and held.counted and held.item.get("compensation_type") != "CSAR"


def capital(table: CapTable) -> Capital:
    """The company's capital on the table's day."""
    by = {"stock": ZERO, "equity_compensation": ZERO, "warrant": ZERO}
    for held in table.holdings.values():
        if held.instrument in by and dilutive(held):
            by[held.instrument] += as_converted(table, held.stock_class_id, held.quantity)
    available = sum((max(pool.available, ZERO) for pool in table.pools.values()), ZERO)
    return Capital(by["stock"], by["equity_compensation"], by["warrant"], available)


def stakes(table: CapTable) -> tuple[Stake, ...]:
    """Every holder's stake, largest first, and the pools' last. Shares add up to 1."""
    whole = capital(table)
    mine: dict[str, dict[str, Decimal]] = {}
    for held in table.holdings.values():
        if held.instrument == "convertible" or not dilutive(held):
            continue
        kinds = mine.setdefault(held.stakeholder_id, {})
        more = as_converted(table, held.stock_class_id, held.quantity)
        kinds[held.instrument] = kinds.get(held.instrument, ZERO) + more
    found = [
        _stake(
            name,
            Capital(
                kinds.get("stock", ZERO),
                kinds.get("equity_compensation", ZERO),
                kinds.get("warrant", ZERO),
                ZERO,
            ),
            whole,
        )
        for name, kinds in mine.items()
    ]
    found.sort(key=lambda it: (-it.fully_diluted, it.stakeholder_id or ""))
    if whole.available:
        found.append(_stake(None, Capital(ZERO, ZERO, ZERO, whole.available), whole))
    return tuple(found)


def _stake(name: str | None, mine: Capital, whole: Capital) -> Stake:
    return Stake(
        name,
        mine.shares,
        mine.options,
        mine.warrants,
        mine.available,
        share_of(mine.shares, whole.shares),
        share_of(mine.fully_diluted, whole.fully_diluted),
    )


def share_of(part: Decimal, whole: Decimal) -> Decimal | None:
    """`part` of `whole` to 18 decimals; None where there is no whole."""
    if not whole:
        return None
    exact = Fraction(part) / Fraction(whole)
    return Decimal(round(exact * 10**18)).scaleb(-18)


def uncounted(table: CapTable) -> tuple[Holding, ...]:
    """Open warrants whose number of shares isn't stated: no count includes them."""
    return tuple(it for it in table.holdings.values() if it.open and not it.counted)
