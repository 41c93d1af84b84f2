"""Who owns what share of a company: of what is outstanding, and fully diluted.

Outstanding counts issued stock, as if every class were converted to what it turns
into. Fully diluted adds options, units and rights that settle in stock (vested or
not), warrants, and what the plans may still grant. Notes and SAFEs turn into a
number that only a round decides (`priced_round`), so they stand beside the shares.

Does not belong here: how holdings come to be (`replay`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

from pipelines.finance.captable.state import ZERO, CapTable, Conversion, Holding
from pipelines.finance.captable.values import scaled

_DIVISION = Context(prec=50)
_SHARE = Decimal("1E-18")
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


class Tally:
    """Everyone's shares while the days go by: only what changed is counted again."""

    def __init__(self) -> None:
        self._counted: dict[str, tuple[Holding, Decimal]] = {}
        self._holders: dict[str, dict[str, Decimal]] = {}
        self._whole = {"stock": ZERO, "equity_compensation": ZERO, "warrant": ZERO}
        self._rights: Mapping[str, Conversion] = {}
        self._available = ZERO

    def turn(self, table: CapTable) -> None:
        """Count what is not as it was on the day before."""
        again = table.conversions != self._rights
        self._rights = table.conversions
        counted = self._counted
        for name, held in table.holdings.items():
            before = counted.get(name)
            if before is not None and before[0] is held and not again:
                continue
            now = ZERO
            if held.instrument in self._whole and dilutive(held):
                now = as_converted(table, held.stock_class_id, held.quantity)
            counted[name] = (held, now)
            more = now if before is None else now - before[1]
            if more:
                self._add(held, more)
        pools = table.pools.values()
        self._available = sum((max(pool.available, ZERO) for pool in pools), ZERO)

    def _add(self, held: Holding, more: Decimal) -> None:
        kinds = self._holders.setdefault(held.stakeholder_id, {})
        kinds[held.instrument] = kinds.get(held.instrument, ZERO) + more
        self._whole[held.instrument] += more

    def capital(self) -> Capital:
        """The company's capital."""
        return _capital(self._whole, self._available)

    def stakes(self) -> tuple[Stake, ...]:
        """Every holder's stake, largest first, and the pools' last. Shares add up to 1."""
        whole = self.capital()
        found = [
            _stake(name, _capital(kinds, ZERO), whole)
            for name, kinds in self._holders.items()
            if any(kinds.values())
        ]
        found.sort(key=lambda it: (-it.fully_diluted, it.stakeholder_id or ""))
        if whole.available:
            found.append(_stake(None, _capital({}, whole.available), whole))
        return tuple(found)


def _capital(kinds: Mapping[str, Decimal], available: Decimal) -> Capital:
    return Capital(
        kinds.get("stock", ZERO),
        kinds.get("equity_compensation", ZERO),
        kinds.get("warrant", ZERO),
        available,
    )


def capital(table: CapTable) -> Capital:
    """The company's capital on the table's day."""
    tally = Tally()
    tally.turn(table)
    return tally.capital()


def stakes(table: CapTable) -> tuple[Stake, ...]:
    """Every holder's stake, largest first, and the pools' last. Shares add up to 1."""
    tally = Tally()
    tally.turn(table)
    return tally.stakes()


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
    return _DIVISION.quantize(_DIVISION.divide(part, whole), _SHARE)


def uncounted(table: CapTable) -> tuple[Holding, ...]:
    """Open warrants whose number of shares isn't stated: no count includes them."""
    return tuple(it for it in table.holdings.values() if it.open and not it.counted)
