"""What each transaction does to a cap table.

Belongs here: one function for each action of the format, on a ledger that is being
replayed. Does not belong here: the order in which they run (`replay`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from pipelines.finance.captable.ledger import (
    Ledger,
    class_of,
    conversion,
    issued_quantity,
    results_of,
)
from pipelines.finance.captable.reading import Item
from pipelines.finance.captable.state import ZERO, Holding, Pool
from pipelines.finance.captable.values import Money, scaled


def _issue(ledger: Ledger, item: Item) -> None:
    quantity = issued_quantity(item)
    if quantity is not None and quantity <= 0:
        ledger.refuse(item, "quantity-positive", f"It issues {quantity}; expected more than zero.")
        return
    price: Money | None = item.get("share_price") or item.get("exercise_price")
    price = price or item.get("base_price")
    principal: Money | None = item.get("investment_amount")
    currency = price.currency if price else principal.currency if principal else None
    held = Holding(
        security_id=item["security_id"],
        instrument=item.kind.instrument,
        stakeholder_id=item["stakeholder_id"],
        stock_class_id=class_of(ledger.package, item),
        stock_plan_id=item.get("stock_plan_id"),
        issued_on=item["date"],
        issued=quantity or ZERO,
        quantity=quantity or ZERO,
        price=price.amount if price else None,
        currency=currency,
        item=item,
        counted=quantity is not None,
    )
    ledger.put(held)
    if held.instrument == "stock" and held.stock_class_id is not None:
        ledger.touched_classes[held.stock_class_id] = item
    if held.stock_plan_id is not None and held.security_id not in ledger.derived:
        pool = ledger.pools[held.stock_plan_id]
        ledger.pools[held.stock_plan_id] = replace(pool, taken=pool.taken + held.issued)
        ledger.touched_pools[held.stock_plan_id] = item


_LOST = frozenset({"cancelled", "repurchased", "retracted"})
"""Reasons that take what has not vested before what has."""


def _take(
    ledger: Ledger, item: Item, security: str, quantity: Decimal | None, reason: str
) -> Decimal | None:
    """Take `quantity` (None: all) from a security; None where that can't be."""
    held = ledger.holdings.get(security)
    if held is None:
        ledger.refuse(item, "security-valid", f"The issuance of {security} has faults itself.")
        return None
    if not held.open:
        message = f"Nothing is left in the security {security} since {held.closed_on}."
        ledger.refuse(item, "security-open", message)
        return None
    if not held.counted:
        # How many shares it is for was never stated, so there is no part of it to leave.
        ledger.put(replace(held, closed_on=item["date"]))
        return None
    balance = item.get("balance_security_id")
    left = (issued_quantity(ledger.issued[balance]) or ZERO) if balance is not None else None
    quantity = held.quantity - (left or ZERO) if quantity is None else quantity
    if quantity <= 0:
        ledger.refuse(item, "quantity-positive", f"It takes {quantity}; expected more than zero.")
        return None
    rest = held.quantity - quantity
    if rest < 0:
        message = f"It takes {quantity} from the security {security}, which holds {held.quantity}."
        ledger.refuse(item, "holding-negative", message)
        return None
    gone = {**held.gone, reason: held.gone.get(reason, ZERO) + quantity}
    if left is not None:
        if left != rest:
            message = (
                f"{rest} remain of the security {security}, but the balance security {balance} is"
                f" issued with {left}."
            )
            ledger.refuse(item, "balance-agrees", message)
            return None
        gone["balance"] = gone.get("balance", ZERO) + rest
        rest = ZERO
    closed = None if rest else item["date"]
    used = held.used if reason in _LOST else held.used + quantity
    ledger.put(replace(held, quantity=rest, gone=gone, used=used, closed_on=closed))
    return quantity


def _results(
    ledger: Ledger, item: Item, sources: Iterable[str], taken: Decimal, *, exact: bool
) -> None:
    """Whether what came of it was issued with what was taken (at most, unless `exact`)."""
    found = [ledger.issued[name] for name in results_of(item)]
    found = [it for it in found if it["security_id"] != item.get("balance_security_id")]
    total = sum((issued_quantity(it) or ZERO for it in found), ZERO)
    if total > taken or (exact and total != taken):
        expected = f"{taken}" if exact else f"at most {taken}"
        message = f"The securities that come of it are issued with {total}; expected {expected}."
        ledger.refuse(item, "results-agree", message)
    if not exact:
        return
    before = [ledger.holdings[name] for name in sources]
    kinds = {(held.instrument, held.stock_class_id) for held in before}
    for made in found:
        if (made.kind.instrument, class_of(ledger.package, made)) not in kinds:
            message = f"The security {made['security_id']} is of another kind or class."
            ledger.refuse(item, "results-kind", message)


def _transfer(ledger: Ledger, item: Item) -> None:
    taken = _take(ledger, item, item["security_id"], _amount(ledger, item), "transferred")
    if taken is not None:
        _results(ledger, item, [item["security_id"]], taken, exact=True)


def _cancel(ledger: Ledger, item: Item) -> None:
    taken = _take(ledger, item, item["security_id"], _amount(ledger, item), "cancelled")
    held = ledger.holdings.get(item["security_id"])
    if taken is None or held is None or held.stock_plan_id is None:
        return
    plan = ledger.package.plans[held.stock_plan_id]
    if plan.get("default_cancellation_behavior") != "RETURN_TO_POOL":
        return
    if held.security_id not in ledger.returned_by_hand and _is_grant(ledger, held):
        _give_back(ledger, held.stock_plan_id, taken)


def _is_grant(ledger: Ledger, held: Holding) -> bool:
    """Whether the plan's shares are still behind it: not for stock that was exercised."""
    return (
        held.instrument != "stock"
        or held.item.get("issuance_type") == "RSA"
        or held.security_id not in ledger.derived
    )


def _give_back(ledger: Ledger, plan: str, quantity: Decimal) -> None:
    pool = ledger.pools[plan]
    ledger.pools[plan] = replace(pool, returned=pool.returned + quantity)


def _exercise(ledger: Ledger, item: Item) -> None:
    taken = _take(ledger, item, item["security_id"], item.get("quantity"), "exercised")
    if taken is not None and item.kind.instrument == "equity_compensation":
        _results(ledger, item, [item["security_id"]], taken, exact=False)


def _release(ledger: Ledger, item: Item) -> None:
    taken = _take(ledger, item, item["security_id"], item["quantity"], "released")
    if taken is not None:
        _results(ledger, item, [item["security_id"]], taken, exact=False)


def _convert(ledger: Ledger, item: Item) -> None:
    # `quantity_converted` of a convertible counts units that the format leaves open;
    # what stays is said by the balance security, and nothing stays without one.
    stock = item.kind.instrument == "stock"
    quantity = item["quantity_converted"] if stock else None
    _take(ledger, item, item["security_id"], quantity, "converted")


def _repurchase(ledger: Ledger, item: Item) -> None:
    _take(ledger, item, item["security_id"], item["quantity"], "repurchased")


def _retract(ledger: Ledger, item: Item) -> None:
    taken = _take(ledger, item, item["security_id"], None, "retracted")
    held = ledger.holdings.get(item["security_id"])
    if taken is None or held is None or held.stock_plan_id is None:
        return
    if held.security_id not in ledger.returned_by_hand and _is_grant(ledger, held):
        _give_back(ledger, held.stock_plan_id, taken)


def _reissue(ledger: Ledger, item: Item) -> None:
    taken = _take(ledger, item, item["security_id"], None, "reissued")
    if taken is not None:
        _results(ledger, item, [item["security_id"]], taken, exact=True)


def _consolidate(ledger: Ledger, item: Item) -> None:
    taken = [_take(ledger, item, name, None, "consolidated") for name in item["security_ids"]]
    if all(quantity is not None for quantity in taken):
        total = sum((quantity for quantity in taken if quantity is not None), ZERO)
        _results(ledger, item, item["security_ids"], total, exact=True)


def _return_to_pool(ledger: Ledger, item: Item) -> None:
    _give_back(ledger, item["stock_plan_id"], item["quantity"])
    ledger.touched_pools[item["stock_plan_id"]] = item


def _accept(ledger: Ledger, item: Item) -> None:
    held = ledger.holdings.get(item["security_id"])
    if held is not None and held.accepted_on is None:
        ledger.put(replace(held, accepted_on=item["date"]))


def _reprice(ledger: Ledger, item: Item) -> None:
    held = ledger.holdings.get(item["security_id"])
    price: Money = item["new_exercise_price"]
    if held is None or not held.open:
        ledger.refuse(item, "security-open", "Nothing is left of the security to reprice.")
    else:
        ledger.put(replace(held, price=price.amount, currency=price.currency))


def _split(ledger: Ledger, item: Item) -> None:
    """Multiply what is of the class or turns into it, its pools, and what converts into it."""
    name, by = item["stock_class_id"], item["split_ratio"]
    if by == 0:
        ledger.refuse(item, "quantity-positive", "It splits by 0; expected more than zero.")
        return
    for held in list(ledger.holdings.values()):
        if held.stock_class_id == name and held.open and held.instrument != "convertible":
            _split_holding(ledger, held, by)
    for plan, pool in ledger.pools.items():
        said = ledger.package.plans[plan]
        if [name] == list(said.get("stock_class_ids") or [said.get("stock_class_id")]):
            parts = (pool.reserved, pool.taken, pool.returned)
            ledger.pools[plan] = Pool(*(scaled(part, by) for part in parts))
    for source, right in ledger.conversions.items():
        if right.target == name:
            ledger.conversions[source] = replace(right, ratio=right.ratio * by)
        if source == name:
            ledger.conversions[source] = replace(right, ratio=right.ratio / by)
    ledger.touched_classes[name] = item


def _split_holding(ledger: Ledger, held: Holding, by: Fraction) -> None:
    quantity = scaled(held.quantity, by)
    added = held.split + quantity - held.quantity
    option = held.instrument != "stock" and held.price is not None
    price = scaled(held.price, 1 / by) if option and held.price is not None else held.price
    factor = held.factor * by
    used = scaled(held.used, by)
    ledger.put(replace(held, quantity=quantity, split=added, price=price, factor=factor, used=used))


def _authorize(ledger: Ledger, item: Item) -> None:
    limit: Decimal = item["new_shares_authorized"]
    name = item.get("stock_class_id")
    if name is None:
        ledger.issuer_authorized = limit
    else:
        ledger.authorized[name] = limit
        ledger.touched_classes[name] = item


def _adjust_ratio(ledger: Ledger, item: Item) -> None:
    name = item["stock_class_id"]
    right = ledger.conversions.get(name)
    if right is None:
        message = f"The class {name} converts into no other class, so it has no ratio to adjust."
        ledger.refuse(item, "conversion-right-exists", message)
        return
    ledger.conversions[name] = conversion(right.target, item["new_ratio_conversion_mechanism"])


def _adjust_pool(ledger: Ledger, item: Item) -> None:
    name = item["stock_plan_id"]
    ledger.pools[name] = replace(ledger.pools[name], reserved=item["shares_reserved"])
    ledger.touched_pools[name] = item


def _relate(ledger: Ledger, item: Item) -> None:
    name = item["stakeholder_id"]
    now = ledger.relationships.get(name, frozenset())
    begun, ended = item.get("relationship_started"), item.get("relationship_ended")
    now = now - {ended} if ended else now
    ledger.relationships[name] = now | {begun} if begun else now


def _status(ledger: Ledger, item: Item) -> None:
    ledger.statuses[item["stakeholder_id"]] = item["new_status"]


def _vest(ledger: Ledger, item: Item) -> None:
    """What vests moves no shares; `vesting` reads these transactions from the package."""
    if item["security_id"] not in ledger.holdings:
        ledger.refuse(item, "security-valid", "The issuance of the security has faults itself.")


def _amount(ledger: Ledger, item: Item) -> Decimal:
    """Shares or principal that a transfer or cancellation names; currencies must agree."""
    amount: Money | None = item.get("amount")
    if amount is None:
        quantity: Decimal = item["quantity"]
        return quantity
    held = ledger.holdings.get(item["security_id"])
    if held is not None and held.currency != amount.currency:
        message = f"It names {amount.currency}; the security is in {held.currency}."
        ledger.refuse(item, "currency-agrees", message)
    return amount.amount


ACTIONS: Mapping[str, Callable[[Ledger, Item], None]] = {
    "acceleration": _vest,
    "acceptance": _accept,
    "authorized_shares_adjustment": _authorize,
    "cancellation": _cancel,
    "consolidation": _consolidate,
    "conversion": _convert,
    "conversion_ratio_adjustment": _adjust_ratio,
    "event": _vest,
    "exercise": _exercise,
    "issuance": _issue,
    "pool_adjustment": _adjust_pool,
    "reissuance": _reissue,
    "relationship": _relate,
    "release": _release,
    "repricing": _reprice,
    "repurchase": _repurchase,
    "retraction": _retract,
    "return_to_pool": _return_to_pool,
    "split": _split,
    "start": _vest,
    "status": _status,
    "transfer": _transfer,
}
"""Action → what it does. Every action of the format is here."""
