"""Replaying a package's transactions in order, to the cap table of every day.

The format has no time of day and promises no order within a day. So a day's
transactions run by what they are, not by where they stand: splits first (they act
on what the day began with), then limits, issuances, what takes a stated quantity,
what takes all that is left, retractions, and last what moves no shares. A package
gives the same holdings however its files are sorted.

A transaction that takes from a security leaves the rest in it, unless it names a
balance security: then the rest moves there. Securities that come of a transaction
have issuances of their own; what they were issued with must agree with what was
taken. Does not belong here: references (`references`), vesting (`vesting`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from pipelines.errors import CapTableRefused
from pipelines.finance.captable.actions import ACTIONS
from pipelines.finance.captable.ledger import Ledger, start
from pipelines.finance.captable.reading import Item, Package
from pipelines.finance.captable.references import check_references
from pipelines.finance.captable.state import ZERO, CapTable
from pipelines.finance.captable.values import Fault

_FIRST = ("split",)
_LIMITS = ("authorized_shares_adjustment", "conversion_ratio_adjustment", "pool_adjustment")
_WHOLE = {("convertible", "conversion"), ("warrant", "exercise")}
_STILL = ("acceptance", "repricing", "relationship", "status", "start", "event", "acceleration")


@dataclass(frozen=True)
class History:
    """The cap tables of a package, one for each day on which something happened."""

    package: Package
    tables: tuple[CapTable, ...]

    def on(self, day: date) -> CapTable:
        """The cap table at the end of `day`; empty before the first transaction."""
        at = bisect_right(self.tables, day, key=lambda table: table.on)
        return self.tables[at - 1] if at else start(self.package).snapshot(day)


def replay(package: Package) -> History:
    """Every day's cap table. Raises CapTableRefused with all faults that were found."""
    faults = check_references(package)
    if faults:
        raise CapTableRefused(package.name, faults)
    ordered = sorted(package.transactions, key=_order)
    ledger = start(package)
    tables = []
    for on, items in groupby(ordered, key=lambda item: item["date"]):
        for item in items:
            ACTIONS[item.kind.action](ledger, item)
        table = ledger.snapshot(on)
        ledger.faults += _limits(ledger, table)
        ledger.faults += _sums(ledger)
        tables.append(table)
    if ledger.faults:
        raise CapTableRefused(package.name, ledger.faults)
    return History(package, tuple(tables))


def _order(item: Item) -> tuple[date, int, str]:
    """Day, place of the action within the day, identity."""
    action = item.kind.action
    if action in _FIRST:
        place = 0
    elif action in _LIMITS:
        place = 1
    elif action == "issuance":
        place = 2
    elif (item.kind.instrument, action) in _WHOLE or action in {"reissuance", "consolidation"}:
        place = 4
    elif action == "retraction":
        place = 5
    elif action in _STILL:
        place = 6
    else:
        place = 3
    return item["date"], place, item.id


def _limits(ledger: Ledger, table: CapTable) -> list[Fault]:
    """What the day's end exceeds: classes, the issuer, pools; each limit that was touched."""
    found = []
    outstanding = table.outstanding if ledger.touched_classes else {}
    for name, item in ledger.touched_classes.items():
        limit, count = table.authorized[name], outstanding.get(name, ZERO)
        if limit is not None and count > limit:
            message = (
                f"On {table.on} {count} shares of the class {name} are outstanding, and {limit} "
                "are authorised."
            )
            found.append(item.fault("authorized-exceeded", message))
    total, limit = sum(outstanding.values(), ZERO), table.issuer_authorized
    if limit is not None and total > limit:
        item = next(reversed(ledger.touched_classes.values()))
        message = f"On {table.on} {total} shares are outstanding, and the issuer may issue {limit}."
        found.append(item.fault("issuer-authorized-exceeded", message))
    for name, item in ledger.touched_pools.items():
        pool = table.pools[name]
        if pool.available < 0:
            message = (
                f"On {table.on} the plan {name} has granted {pool.taken - pool.returned} shares of "
                f"the {pool.reserved} that are reserved."
            )
            found.append(item.fault("pool-overdrawn", message))
    ledger.touched_classes.clear()
    ledger.touched_pools.clear()
    return found


def _sums(ledger: Ledger) -> list[Fault]:
    """Securities whose issued and split shares aren't those held and those gone."""
    found = []
    for held in ledger.changed():
        gone = sum(held.gone.values(), ZERO)
        if held.issued + held.split != held.quantity + gone:
            message = (
                f"The security {held.security_id} was issued with {held.issued} and splits added"
                f" {held.split}, but {held.quantity} are held and {gone} are gone."
            )
            found.append(held.item.fault("sum-of-issued", message))
    return found


def class_ledger(table: CapTable, stock_class_id: str) -> Mapping[str, Decimal]:
    """Shares of a class: issued, split, outstanding, and gone by reason (they add up)."""
    held = [
        it
        for it in table.holdings.values()
        if it.instrument == "stock" and it.stock_class_id == stock_class_id
    ]
    gone = {reason: ZERO for it in held for reason in it.gone}
    for it in held:
        for reason, quantity in it.gone.items():
            gone[reason] += quantity
    return {
        "issued": sum((it.issued for it in held), ZERO),
        "split": sum((it.split for it in held), ZERO),
        "outstanding": table.outstanding.get(stock_class_id, ZERO),
        **dict(sorted(gone.items())),
    }
