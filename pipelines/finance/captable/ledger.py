"""A cap table while it is replayed: its state, its limits, and the faults found so far.

Belongs here: what transactions read and change, and what an issuance says of its
security. Does not belong here: what a transaction does (`actions`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from pipelines.finance.captable.reading import Item, Package
from pipelines.finance.captable.references import issuances
from pipelines.finance.captable.state import CapTable, Conversion, Holding, Pool
from pipelines.finance.captable.terms import Mechanism
from pipelines.finance.captable.values import Fault, Money


class Ledger:
    """A cap table while it is replayed; `faults` collects what can't be."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.issued = issuances(package)
        self.holdings: dict[str, Holding] = {}
        self.authorized: dict[str, Decimal | None] = {}
        self.issuer_authorized: Decimal | None = None
        self.conversions: dict[str, Conversion] = {}
        self.pools: dict[str, Pool] = {}
        self.relationships: dict[str, frozenset[str]] = {}
        self.statuses: dict[str, str] = {}
        self.faults: list[Fault] = []
        self.touched_classes: dict[str, Item] = {}
        self.touched_pools: dict[str, Item] = {}
        self._changed: set[str] = set()
        moved = [item for item in package.transactions if item.kind.action != "issuance"]
        self.derived = {name for item in moved for name in results_of(item)}
        self.returned_by_hand = {
            item["security_id"] for item in moved if item.kind.action == "return_to_pool"
        }

    def snapshot(self, on: date) -> CapTable:
        """The state as values of their own."""
        return CapTable(
            on,
            dict(self.holdings),
            dict(self.authorized),
            self.issuer_authorized,
            dict(self.conversions),
            dict(self.pools),
            dict(self.relationships),
            dict(self.statuses),
        )

    def put(self, held: Holding) -> None:
        """Store a security's new state."""
        self.holdings[held.security_id] = held
        self._changed.add(held.security_id)

    def changed(self) -> list[Holding]:
        """Securities that changed since this was last asked."""
        found = [self.holdings[name] for name in sorted(self._changed)]
        self._changed.clear()
        return found

    def refuse(self, item: Item, rule: str, message: str) -> None:
        """Note a fault; the transaction has no effect."""
        self.faults.append(item.fault(rule, message))


def start(package: Package) -> Ledger:
    """The ledger before any transaction: limits, ratios and pools as first declared."""
    ledger = Ledger(package)
    if package.issuer is not None:
        ledger.issuer_authorized = package.issuer.get("initial_shares_authorized")
    for name, item in package.classes.items():
        ledger.authorized[name] = item["initial_shares_authorized"]
        for right in item.get("conversion_rights") or ():
            if right.class_id is not None:
                ledger.conversions[name] = conversion(right.class_id, right.mechanism)
                break
    for name, item in package.plans.items():
        ledger.pools[name] = Pool(item["initial_shares_reserved"])
    for name, item in package.stakeholders.items():
        one = item.get("current_relationship")
        said = item.get("current_relationships") or ([one] if one else [])
        ledger.relationships[name] = frozenset(said)
        if item.get("current_status"):
            ledger.statuses[name] = item["current_status"]
    return ledger


def results_of(item: Item) -> list[str]:
    """Securities that come of a transaction, its balance among them."""
    named = [item.get("resulting_security_id"), item.get("balance_security_id")]
    named += item.get("resulting_security_ids") or ()
    return [name for name in named if name is not None]


def class_of(package: Package, item: Item) -> str | None:
    """Class that a security is of, or turns into; None where that's open."""
    named: str | None = item.get("stock_class_id")
    if named is None and item.get("stock_plan_id") is not None:
        plan = package.plans[item["stock_plan_id"]]
        among = plan.get("stock_class_ids") or [plan.get("stock_class_id")]
        named = among[0] if len(among) == 1 else None
    for trigger in item.get("exercise_triggers") or ():
        named = named or trigger.right.class_id
    return named


def issued_quantity(item: Item) -> Decimal | None:
    """Shares, or principal of a convertible; None for a warrant that names no number."""
    if item.kind.instrument == "convertible":
        principal: Money = item["investment_amount"]
        return principal.amount
    stated: Decimal | None = item.get("quantity")
    for trigger in item.get("exercise_triggers") or ():
        stated = trigger.right.mechanism.quantity if stated is None else stated
    return stated


def conversion(target: str, by: Mechanism) -> Conversion:
    """What one share of a class turns into, by a ratio."""
    return Conversion(target, by.ratio or Fraction(1), by.rounding)
