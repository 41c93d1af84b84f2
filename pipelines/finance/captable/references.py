"""Whether the objects of a package know each other: every reference has its object.

Belongs here: holders, classes, plans, schedules, securities, triggers and financings
that are named and must exist. Legends and documents hold no shares and are not asked
for. Does not belong here: days and quantities (`replay`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.finance.captable.reading import Item, Package
from pipelines.finance.captable.values import Fault


def issuances(package: Package) -> dict[str, Item]:
    """Security → the transaction that issued it."""
    found: dict[str, Item] = {}
    for item in package.transactions:
        if item.kind.action == "issuance":
            found.setdefault(item["security_id"], item)
    return found


def check_references(package: Package) -> list[Fault]:
    """Every reference without an object, in the files' order."""
    issued = issuances(package)
    by_id = {item.id: item for item in package.transactions}
    faults: list[Fault] = []
    for item in package.objects():
        faults += _of_object(package, item, by_id)
    first: set[str] = set()
    for item in package.transactions:
        faults += _of_names(package, item)
        faults += _of_securities(item, issued, by_id)
        faults += _of_schedules(package, item, issued)
        if item.kind.action == "issuance":
            if item["security_id"] in first:
                message = f"The security {item['security_id']} was issued before."
                faults.append(item.fault("security-unique", message))
            first.add(item["security_id"])
    return faults


def _missing(item: Item, field: str, what: str, name: str) -> Fault:
    message = f"The field {field} names the {what} {name}, which the package does not have."
    return item.fault(f"{what.replace(' ', '-')}-exists", message)


def _of_object(package: Package, item: Item, by_id: Mapping[str, Item]) -> Iterator[Fault]:
    classes = [item.get("stock_class_id"), *(item.get("stock_class_ids") or ())]
    classes += [right.class_id for right in item.get("conversion_rights") or ()]
    for name in classes:
        if name is not None and name not in package.classes:
            yield _missing(item, "stock_class_id", "stock class", str(name))
    for name in item.get("issuance_ids") or ():
        found = by_id.get(name)
        if found is None or found.kind.action != "issuance":
            yield _missing(item, "issuance_ids", "issuance", name)


def _of_names(package: Package, item: Item) -> Iterator[Fault]:
    known: dict[str, tuple[str, Mapping[str, Item]]] = {
        "stakeholder_id": ("stakeholder", package.stakeholders),
        "stock_class_id": ("stock class", package.classes),
        "stock_plan_id": ("stock plan", package.plans),
        "vesting_terms_id": ("vesting terms", package.terms),
    }
    for field, (what, objects) in known.items():
        name = item.get(field)
        if name is not None and name not in objects:
            yield _missing(item, field, what, name)
    issuer = item.get("issuer_id")
    if issuer is not None and (package.issuer is None or package.issuer.id != issuer):
        yield _missing(item, "issuer_id", "issuer", issuer)


def _of_securities(
    item: Item, issued: Mapping[str, Item], by_id: Mapping[str, Item]
) -> Iterator[Fault]:
    acted = [item.get("security_id"), *(item.get("security_ids") or ())]
    for name in acted:
        if name is None or item.kind.action == "issuance":
            continue
        found = issued.get(name)
        if found is None:
            yield _missing(item, "security_id", "security", name)
            continue
        other = found.kind.instrument
        if item.kind.instrument not in {other, "vesting", "stock_plan"}:
            message = f"The security {name} is of the kind {other}, not {item.kind.instrument}."
            yield item.fault("security-kind", message)
        if found["date"] > item["date"]:
            message = f"The security {name} is issued on {found['date']}, after {item['date']}."
            yield item.fault("security-issued-before", message)
    results = [item.get("resulting_security_id"), item.get("balance_security_id")]
    for name in [*results, *(item.get("resulting_security_ids") or ())]:
        if name is not None and name not in issued:
            yield _missing(item, "resulting_security_ids", "resulting security", name)
        elif name is not None and issued[name]["date"] < item["date"]:
            message = f"The security {name}, which comes of it, is issued before {item['date']}."
            yield item.fault("result-not-before", message)
    split = item.get("split_transaction_id")
    if split is not None and (split not in by_id or by_id[split].kind.action != "split"):
        yield _missing(item, "split_transaction_id", "split", split)


def _of_schedules(package: Package, item: Item, issued: Mapping[str, Item]) -> Iterator[Fault]:
    security = issued.get(item.get("security_id") or "")
    trigger = item.get("trigger_id")
    if trigger is not None and security is not None:
        listed = security.get("conversion_triggers") or security.get("exercise_triggers") or ()
        if trigger not in {found.id for found in listed}:
            yield _missing(item, "trigger_id", "trigger", trigger)
    condition = item.get("vesting_condition_id")
    if condition is None or security is None:
        return
    terms = package.terms.get(security.get("vesting_terms_id") or "")
    known = terms["vesting_conditions"] if terms is not None else ()
    if condition not in {found.id for found in known}:
        yield _missing(item, "vesting_condition_id", "vesting condition", condition)
