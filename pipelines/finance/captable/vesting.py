"""What of a security has vested on a day.

A schedule is a graph of conditions. It begins with the conditions that follow no
other; of those that can come next the earliest happens, and of several on one day
the one listed first. A condition that recurs goes on until one beside it happens
first. What a condition vests is spread over whole shares by the schedule's
allocation type. Exact vesting days in the issuance go before a schedule, and a
security with neither is vested when it is issued (both rules are the format's).

Does not belong here: what a termination does. The format says it by cancelling.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

from pipelines.finance.captable.ledger import issued_quantity
from pipelines.finance.captable.reading import Item, Package
from pipelines.finance.captable.replay import History
from pipelines.finance.captable.state import ZERO
from pipelines.finance.captable.terms import Condition, Period
from pipelines.finance.captable.values import decimal_of, scaled


@dataclass(frozen=True)
class Tranche:
    """Shares that vest on a day; `why` is the condition, `acceleration`, `stated` or `issuance`."""

    on: date
    quantity: Decimal
    why: str


@dataclass(frozen=True)
class Vesting:
    """A security on a day: of all it was issued with, what has vested, and of what it holds.

    What was exercised, released or passed on counts as vested; what was cancelled or
    bought back counts as unvested as long as there is any. All in shares of that day.
    """

    vested: Decimal
    held_vested: Decimal
    held_unvested: Decimal


def tranches(package: Package, security_id: str) -> tuple[Tranche, ...]:
    """What vests when, by the transactions of the package, in shares as they were issued."""
    mine = package.by_security[security_id]
    issued = next(item for item in mine if item.kind.action == "issuance")
    total = issued_quantity(issued) or ZERO
    stated = issued.get("vestings")
    terms = package.terms.get(issued.get("vesting_terms_id") or "")
    if stated:
        return tuple(Tranche(on, quantity, "stated") for on, quantity in stated)
    if terms is None:
        return (Tranche(issued["date"], total, "issuance"),)
    happened: dict[str, date] = {}
    for item in mine:
        condition = item.get("vesting_condition_id")
        if condition is not None:
            happened[condition] = min(item["date"], happened.get(condition, date.max))
    path = list(_path(terms["vesting_conditions"], happened))
    amounts = _amounts([condition for _, condition in path], total)
    spread = _allocate(amounts, Fraction(total), terms["allocation_type"])
    return tuple(
        Tranche(on, quantity, condition.id)
        for (on, condition), quantity in zip(path, spread, strict=True)
        if quantity
    )


def tranches_of_today(history: History) -> Iterator[tuple[str, tuple[Tranche, ...]]]:
    """Security and what vests of it when, in shares after every split, accelerations included.

    Accelerated shares are the last that would have vested, so the schedule ends with
    them: the tranches of a security never add up to more than it was issued with.
    """
    for table in history.tables[-1:]:
        for name, held in table.holdings.items():
            if held.instrument == "convertible" or not held.counted:
                continue
            found = [
                Tranche(it.on, scaled(it.quantity, held.factor), it.why)
                for it in tranches(history.package, name)
            ]
            for item in _accelerations(history.package, name):
                then = history.on(item["date"]).holdings[name].factor
                now = scaled(item["quantity"], held.factor / then)
                found.append(Tranche(item["date"], now, "acceleration"))
            yield (
                name,
                _capped(sorted(found, key=lambda it: it.on), scaled(held.issued, held.factor)),
            )


def _capped(found: Sequence[Tranche], total: Decimal) -> tuple[Tranche, ...]:
    """Tranches up to a total; what goes beyond it is cut."""
    kept = []
    for each in found:
        quantity = min(each.quantity, total)
        total -= quantity
        if quantity > 0:
            kept.append(Tranche(each.on, quantity, each.why))
    return tuple(kept)


def vesting_on(history: History, security_id: str, day: date) -> Vesting | None:
    """What of a security has vested at the end of `day`; None before it is issued."""
    held = history.on(day).holdings.get(security_id)
    if held is None:
        return None
    by_schedule = sum(
        (it.quantity for it in tranches(history.package, security_id) if it.on <= day), ZERO
    )
    vested = scaled(by_schedule, held.factor)
    for item in _accelerations(history.package, security_id):
        if item["date"] <= day:
            then = history.on(item["date"]).holdings[security_id].factor
            vested += scaled(item["quantity"], held.factor / then)
    vested = min(vested, scaled(held.issued, held.factor))
    kept = max(ZERO, min(vested - held.used, held.quantity))
    return Vesting(vested, kept, held.quantity - kept)


def _accelerations(package: Package, security_id: str) -> Iterator[Item]:
    for item in package.by_security[security_id]:
        if item.kind.action == "acceleration":
            yield item


def _path(
    conditions: Sequence[Condition], happened: Mapping[str, date]
) -> Iterator[tuple[date, Condition]]:
    """Each condition that is met, with its day, in order; recurring ones several times."""
    by_id = {condition.id: condition for condition in conditions}
    following = {name for condition in conditions for name in condition.next}
    ahead = [condition for condition in conditions if condition.id not in following]
    met: dict[str, date] = {}
    times: dict[str, int] = {}
    done: set[str] = set()
    started = min(happened.values(), default=date.min)
    last = date.min
    while True:
        best: tuple[date, int, Condition] | None = None
        for place, condition in enumerate(ahead):
            if condition.id in done:
                continue
            nth = times.get(condition.id, 0) + 1
            on = _when(condition, nth, happened, met, started)
            if on is not None and (best is None or (max(on, last), place) < best[:2]):
                best = (max(on, last), place, condition)
        if best is None:
            return
        last, _, condition = best
        times[condition.id] = times.get(condition.id, 0) + 1
        if condition.trigger == "VESTING_START_DATE":
            started = last
        yield last, condition
        if condition.period is None or times[condition.id] >= condition.period.occurrences:
            done.add(condition.id)
            met[condition.id] = last
            ahead = [by_id[name] for name in condition.next]


def _when(
    condition: Condition,
    nth: int,
    happened: Mapping[str, date],
    met: Mapping[str, date],
    started: date,
) -> date | None:
    """Day on which a condition is met for the nth time; None where it isn't (yet)."""
    if condition.on is not None:
        return condition.on
    if condition.period is None:
        return happened.get(condition.id)
    base = met.get(condition.relative_to or "")
    return None if base is None else _after(base, condition.period, nth, started)


def _after(base: date, period: Period, nth: int, started: date) -> date:
    """`nth` periods after `base`; instalments before the cliff wait for it."""
    times = max(nth, min(period.cliff, period.occurrences))
    if period.unit == "DAYS":
        return base + timedelta(days=period.length * times)
    months = base.year * 12 + base.month - 1 + period.length * times
    year, month = divmod(months, 12)
    said = period.day_of_month or ""
    wanted = int(said[:2]) if said[:2].isdigit() else started.day
    return date(year, month + 1, min(wanted, calendar.monthrange(year, month + 1)[1]))


def _amounts(path: Sequence[Condition], total: Decimal) -> list[Fraction]:
    """Exact shares of each step; never more than the grant in all."""
    whole, sofar = Fraction(total), Fraction(0)
    found = []
    for condition in path:
        if condition.quantity is not None:
            amount = Fraction(condition.quantity)
        else:
            of = whole - sofar if condition.of_rest else whole
            amount = (condition.portion or Fraction(0)) * of
        amount = min(amount, whole - sofar)
        sofar += amount
        found.append(amount)
    return found


def _allocate(amounts: Sequence[Fraction], total: Fraction, kind: str) -> list[Decimal]:
    """Exact amounts as whole shares, by the allocation types of the format."""
    if kind == "FRACTIONAL":
        return [decimal_of(amount) for amount in amounts]
    if kind in {"CUMULATIVE_ROUNDING", "CUMULATIVE_ROUND_DOWN"}:
        rounding = ROUND_HALF_UP if kind == "CUMULATIVE_ROUNDING" else ROUND_FLOOR
        sofar, before, spread = Fraction(0), ZERO, []
        for amount in amounts:
            sofar += amount
            exact = decimal_of(sofar)
            now = exact if sofar == total else exact.quantize(Decimal(1), rounding)
            spread.append(now - before)
            before = now
        return spread
    spread = [Decimal(amount.numerator // amount.denominator) for amount in amounts]
    over = decimal_of(sum(amounts, Fraction(0))) - sum(spread, ZERO)
    places = [place for place, amount in enumerate(amounts) if amount]
    if kind.startswith("BACK"):
        places.reverse()
    if kind.endswith("SINGLE_TRANCHE"):
        places = places[:1]
        share = over
    else:
        share = Decimal(1)
    for place in places:
        more = min(share, over)
        spread[place] += more
        over -= more
    return spread
