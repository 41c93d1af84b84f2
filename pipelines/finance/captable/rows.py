"""Packages out of tables, and holdings as rows that say from when until when they hold.

Belongs here: what models over cap tables share, on plain rows. Does not belong here:
tables themselves, or columns of a model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pipelines.errors import CapTableRefused
from pipelines.finance.captable.ownership import Stake, Tally, as_converted
from pipelines.finance.captable.reading import read_objects
from pipelines.finance.captable.replay import History, replay
from pipelines.finance.captable.state import Conversion, Holding
from pipelines.finance.captable.values import Fault

Row = Mapping[str, Any]

TABLES = (
    "issuers",
    "stakeholders",
    "stock_classes",
    "stock_plans",
    "vesting_terms",
    "financings",
    "transactions",
)
"""Kinds of objects that decide what is held, named as the source's tables."""

_JSON = frozenset(
    {
        "conversion_rights",
        "conversion_triggers",
        "exercise_triggers",
        "new_ratio_conversion_mechanism",
        "termination_exercise_windows",
        "vesting_conditions",
    }
)
_OF_THE_MANIFEST = frozenset({"ocf_version", "as_of", "generated_at"})


@dataclass(frozen=True)
class Told:
    """One company's cap table: `org_id` is the issuer's.

    `as_of_on` is the day for which its package was written, None where it doesn't say.
    """

    org_id: str
    company: str
    as_of_on: date | None
    history: History

    def named(self, name: str) -> str:
        """An identity of the package among those of all companies."""
        return f"{self.org_id}:{name}"

    def maybe(self, name: str | None) -> str | None:
        """The same for what may be absent."""
        return None if name is None else self.named(name)

    def holder(self, stakeholder_id: str) -> str:
        """A holder's legal name."""
        said: str = self.history.package.stakeholders[stakeholder_id]["name"]["legal_name"]
        return said


@dataclass(frozen=True)
class Entry:
    """What a security held from a day on, to the day before `until` (None: still)."""

    holding: Holding
    as_converted: Decimal
    since: date
    until: date | None


@dataclass(frozen=True)
class Owned:
    """A company's ownership from a day on, to the day before `until` (None: still)."""

    stakes: tuple[Stake, ...]
    since: date
    until: date | None


def read_tables(
    tables: Mapping[str, Iterable[Row]],
) -> tuple[list[Told], list[tuple[str, Fault]]]:
    """Every company's newest package that holds together, and (package, fault) of the others.

    `tables` has the rows of each of `TABLES`; a package is a folder of files (`_file`).
    A package that is refused leaves the company with the one before it.
    """
    objects: dict[str, list[tuple[str, Row]]] = {}
    written: dict[str, tuple[str, str]] = {}
    for table in TABLES:
        for row in tables[table]:
            package = _folder(row["_file"])
            objects.setdefault(package, []).append((row["_file"], _object(row)))
            if table == "issuers":
                written.setdefault(package, (str(row["id"]), str(row.get("as_of") or "")))
    newest: dict[str, Told] = {}
    faults: list[tuple[str, Fault]] = []
    for package in sorted(objects, key=lambda name: (written.get(name, ("", ""))[1], name)):
        if package not in written:
            message = "The package has no manifest, so nobody knows whose cap table it is."
            fault = Fault(package, "ISSUER", "?", "manifest-exists", message)
            faults.append((package, fault))
            continue
        issuer, as_of = written[package]
        try:
            history = replay(read_objects(package, objects[package]))
        except CapTableRefused as refused:
            faults += [(package, it) for it in refused.faults if isinstance(it, Fault)]
        else:
            newest[issuer] = _told(issuer, as_of, history)
    return [newest[issuer] for issuer in sorted(newest)], faults


def entries(history: History) -> Iterator[Entry]:
    """What each security held from when until when; nothing for days on which it held none."""
    open_: dict[str, Entry] = {}
    seen: dict[str, Holding] = {}
    rights: Mapping[str, Conversion] = {}
    for table in history.tables:
        turned_over = rights != table.conversions
        for name, held in table.holdings.items():
            if seen.get(name) is held and not turned_over:
                continue
            seen[name] = held
            before = open_.get(name)
            turned = as_converted(table, held.stock_class_id, held.quantity)
            if before is not None and held.open and _same(before, held, turned):
                continue
            if before is not None:
                yield Entry(before.holding, before.as_converted, before.since, table.on)
                del open_[name]
            if held.open:
                open_[name] = Entry(held, turned, table.on, None)
        rights = table.conversions
    yield from open_.values()


def ownership(history: History) -> Iterator[Owned]:
    """The ownership of the company from when until when, oldest first."""
    before: Owned | None = None
    tally = Tally()
    for table in history.tables:
        tally.turn(table)
        now = tally.stakes()
        if before is not None and before.stakes == now:
            continue
        if before is not None:
            yield Owned(before.stakes, before.since, table.on)
        before = Owned(now, table.on, None)
    if before is not None:
        yield before


def _told(issuer: str, as_of: str, history: History) -> Told:
    item = history.package.issuer
    company: str = item["legal_name"] if item is not None else issuer
    try:
        day = date.fromisoformat(as_of)
    except ValueError:
        day = None
    return Told(f"ocf:{issuer}", company, day, history)


def _same(before: Entry, held: Holding, turned: Decimal) -> bool:
    was = before.holding
    return (was.quantity, was.price, before.as_converted) == (held.quantity, held.price, turned)


def _folder(file: str) -> str:
    return file.rpartition("/")[0] + "/" if "/" in file else ""


def _object(row: Row) -> Row:
    """The format's object in a row: without what the load added, JSON text read again."""
    left = {
        key: _parsed(value) if key in _JSON else value
        for key, value in row.items()
        if value is not None and not key.startswith("_")
    }
    if left.get("object_type") == "ISSUER":
        return {key: value for key, value in left.items() if key not in _OF_THE_MANIFEST}
    return left


def _parsed(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        parsed: object = json.loads(value)
    except ValueError:
        return value
    return parsed
