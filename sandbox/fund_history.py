"""What the firm's funds did: what they bought, sold, called, paid out, and what it is worth.

Belongs here: the true story of each fund, from the cap tables on. Does not belong here:
how the administrator writes it down (`fund_admin`), or what it comes to in returns.

Each fund also held companies that were sold or failed since, and so have no cap table
here any more. Nothing yet came back beyond what investors paid in with their preferred
return on it, so no carried interest was paid.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache

from sandbox.cap_tables import Purchase, purchases
from sandbox.identities import identities
from sandbox.universe import TODAY, Company, Universe

CENT = Decimal("0.01")
_FEE = Decimal("0.02")
_EXPENSES = Decimal("0.001")
_EXITS = {2005: 2, 2014: 3}
"""Vintage → how many companies the fund sold or lost since."""


@dataclass(frozen=True)
class Exit:
    """Shares of a company that were sold, or written off, all at once."""

    bought: Purchase
    on: date
    proceeds: Decimal


@dataclass(frozen=True)
class Fund:
    """One fund: it buys from its first year on, until the next one begins."""

    fund_id: str
    name: str
    vintage: int
    committed: Decimal
    bought: tuple[Purchase, ...]
    """What is still held."""
    exits: tuple[Exit, ...]
    shares: tuple[Decimal, ...]
    """What part each investor has, in whole per cent; together 100."""

    @property
    def every_purchase(self) -> list[Purchase]:
        """What was ever bought, oldest first."""
        found = [*self.bought, *(gone.bought for gone in self.exits)]
        return sorted(found, key=lambda bought: (bought.on, bought.company.number))

    @property
    def investment_period_ends(self) -> date:
        """The last day of its fifth year."""
        return date(self.vintage + 4, 12, 31)


@dataclass(frozen=True)
class Call:
    """One capital call of a fund, of one kind of line in the notice's template."""

    purpose: str
    on: date
    amount: Decimal
    line: str
    inside: bool = True
    """Whether it lowers what is still to be called."""


@dataclass(frozen=True)
class Payout:
    """One distribution: line → amount; some may be called again."""

    purpose: str
    on: date
    lines: dict[str, Decimal]
    recallable: bool

    @property
    def amount(self) -> Decimal:
        """All lines together."""
        return sum(self.lines.values(), Decimal(0))


@dataclass(frozen=True)
class Mark:
    """What a fund's holding was worth on a day, as somebody came to know it."""

    fund: Fund
    company: Company
    measured: date
    known: date
    value: Decimal
    method: str
    inputs: str
    calibrated: date
    approver: str
    comment: str | None = None


def funds(universe: Universe) -> tuple[Fund, ...]:
    """Two funds that bought all that is held, and a third that has just begun.

    The third has raised what its Form D says.
    """
    chance = universe.random("fund admin")
    bought = purchases(universe)
    first = tuple(b for b in bought if b.on.year < 2014)
    second = tuple(b for b in bought if b.on.year >= 2014)
    made = []
    for number, (vintage, own) in enumerate(((2005, first), (2014, second), (2026, ())), 1):
        exits = _exits(universe, vintage)
        spent = sum((b.cost for b in (*own, *(e.bought for e in exits))), Decimal(0))
        size = (spent * Decimal("1.5") // 5_000_000 + 1) * 5_000_000
        committed = Decimal(41_500_000) if vintage == 2026 else size
        cuts = sorted(chance.sample(range(5, 96, 5), 5))
        parts = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
        name = f"Quillfen Fund {'I' * number}, a series of Quillfen Ventures, LP"
        shares = tuple(map(Decimal, parts))
        made.append(Fund(f"QF{number}", name, vintage, committed, own, exits, shares))
    return tuple(made)


def _exits(universe: Universe, vintage: int) -> tuple[Exit, ...]:
    """Companies that were acquired or closed, bought in a round of the fund's first years."""
    found: list[Exit] = []
    for company in universe.companies:
        if len(found) == _EXITS.get(vintage, 0):
            break
        early = [r for r in company.rounds if vintage <= r.on.year < vintage + 6 and r.amount_usd]
        settled = company.status in ("acquired", "closed")
        if not (settled and early and company.rounds[-1].on.year < 2022):
            continue
        chance = universe.random(f"exit {company.number}")
        paid = Decimal(early[-1].amount_usd or 0) * chance.randint(20, 45) / 100
        price = Decimal(chance.randint(40, 900)) / 100
        bought = Purchase(company, early[-1].on, Decimal(int(paid / price)), price)
        on = company.rounds[-1].on + timedelta(days=chance.randint(400, 900))
        multiple = Decimal(chance.randint(60, 180)) / 100
        proceeds = (bought.cost * multiple).quantize(CENT)
        lost = company.status == "closed"
        found.append(Exit(bought, on, Decimal(0) if lost else proceeds))
    return tuple(found)


def calls(fund: Fund) -> list[Call]:
    """A call before each purchase, one a year for the fee of five years, one for founding it."""
    found = [
        Call(
            f"Investment in {b.company.legal_name}", b.on - timedelta(days=20), b.cost,
            "investments",
        )
        for b in fund.every_purchase
    ]  # fmt: skip
    fee = (fund.committed * _FEE).quantize(CENT)
    years = range(fund.vintage, min(fund.vintage + 5, TODAY.year + 1))
    found += [
        Call(f"Management fee {year}", date(year, 1, 15), fee, "management_fees") for year in years
    ]
    costs = (fund.committed * _EXPENSES).quantize(CENT)
    opened = date(fund.vintage, 1, 15)
    found.append(
        Call("Organizational expenses", opened, costs, "organizational_expenses", inside=False)
    )
    return sorted(found, key=lambda call: (call.on, call.purpose))


def payouts(fund: Fund) -> list[Payout]:
    """What came back, some weeks after each sale, and one dividend."""
    found = []
    for gone in fund.exits:
        if not gone.proceeds:
            continue
        capital = min(gone.proceeds, gone.bought.cost)
        lines = {"return_of_capital": capital, "realized_gain": gone.proceeds - capital}
        found.append(
            Payout(
                f"Sale of {gone.bought.company.legal_name}",
                gone.on + timedelta(days=25),
                {line: amount for line, amount in lines.items() if amount},
                recallable=gone.on <= fund.investment_period_ends,
            )
        )
    for company, on, amount in dividends(fund):
        purpose = f"Dividend of {company.legal_name}"
        lines = {"dividend_income": amount}
        found.append(Payout(purpose, on + timedelta(days=25), lines, recallable=False))
    found = [payout for payout in found if payout.on <= TODAY]
    return sorted(found, key=lambda payout: (payout.on, payout.purpose))


def dividends(fund: Fund) -> list[tuple[Company, date, Decimal]]:
    """One dividend of the fund's oldest holding: 3 % of what it cost."""
    if not fund.bought:
        return []
    oldest = fund.bought[0]
    return [(oldest.company, date(2023, 6, 30), (oldest.cost * 3 / 100).quantize(CENT))]


def split(amount: Decimal, shares: Iterable[Decimal]) -> list[Decimal]:
    """An amount by per cent, in cents; the cents left over go to the first."""
    parts = [(amount * share / 100).quantize(CENT, ROUND_DOWN) for share in shares]
    parts[0] += amount - sum(parts)
    return parts


def quarters(first: date, last: date) -> Iterator[date]:
    """The last days of quarters from `first` to `last`, both included."""
    for year in range(first.year, last.year + 1):
        for month, day in ((3, 31), (6, 30), (9, 30), (12, 31)):
            if first <= date(year, month, day) <= last:
                yield date(year, month, day)


@lru_cache(maxsize=4)
def marks(universe: Universe) -> tuple[Mark, ...]:
    """Every valuation that was approved; one was corrected later, and one was never made.

    A holding is worth its shares at the price of its newest round, times a factor that
    is 1 when the method is calibrated to that round and drifts from then on.
    """
    found: list[Mark] = []
    for fund in funds(universe):
        held: dict[int, list[Purchase]] = {}
        for bought in fund.every_purchase:
            held.setdefault(bought.company.number, []).append(bought)
        for parts in held.values():
            found += _marks_of(universe, fund, parts)
    return tuple(sorted(found, key=lambda m: (m.known, m.fund.fund_id, m.company.number)))


def _marks_of(universe: Universe, fund: Fund, parts: list[Purchase]) -> Iterator[Mark]:
    company = parts[0].company
    chance = universe.random(f"marks of {company.number} in {fund.fund_id}")
    approvers = [person.name for person in identities(universe).firm[:2]]
    gone = next((e.on for e in fund.exits if e.bought.company == company), date.max)
    odd = company == fund.bought[0].company
    factor, multiple = Decimal(1), Decimal(chance.randint(30, 90)) / 10
    newest = parts[0]
    for quarter in quarters(parts[0].on, min(TODAY, gone - timedelta(days=1))):
        own = [part for part in parts if part.on <= quarter]
        if own[-1] != newest:
            factor, newest = Decimal(1), own[-1]
        elif (quarter - newest.on).days > 180:
            factor = (factor * chance.randint(940, 1075) / 1000).quantize(Decimal("0.0001"))
        shares = sum((part.shares for part in own), Decimal(0))
        value = (shares * newest.price * factor).quantize(CENT)
        method = "revenue_multiple" if factor != 1 else "calibrated_transaction"
        inputs = {
            "multiple": str(multiple * factor), "multiple_at_calibration": str(multiple),
            "price_of_round": str(newest.price), "shares": str(shares),
        }  # fmt: skip
        if odd and fund.vintage == 2005 and quarter == date(2025, 12, 31):
            continue
        mark = Mark(
            fund, company, quarter, quarter + timedelta(days=12), value, method,
            json.dumps(inputs, sort_keys=True), newest.on, approvers[quarter.month // 3 % 2],
        )  # fmt: skip
        yield mark
        if odd and fund.vintage == 2014 and quarter == date(2025, 9, 30):
            yield _corrected(mark)


def _corrected(mark: Mark) -> Mark:
    value = (mark.value * Decimal("0.94")).quantize(CENT)
    comment = "Corrected: a customer had left before the measurement date."
    return Mark(
        mark.fund, mark.company, mark.measured, date(2025, 11, 20), value, mark.method,
        mark.inputs, mark.calibrated, mark.approver, comment,
    )  # fmt: skip
