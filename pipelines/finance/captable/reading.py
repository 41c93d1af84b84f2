"""Reading the objects of a package: every field typed, every fault collected.

Belongs here: one object at a time against its kind. Does not belong here: whether
objects fit together (`references`), what they add up to (`replay`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pipelines.errors import CapTableRefused
from pipelines.finance.captable import values
from pipelines.finance.captable.kinds import CHOICES, KINDS, READERS, Kind
from pipelines.finance.captable.values import Fault, NotReadable

_READER: Mapping[str, Callable[[object], object]] = {
    name: reader for reader, names in READERS.items() for name in names.split()
}


@dataclass(frozen=True)
class Item:
    """One object. Its values are typed by `kinds.READERS`; absent fields are absent."""

    kind: Kind
    id: str
    file: str
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        """A field that the kind requires."""
        return self.values[name]

    def get(self, name: str) -> Any:
        """A field, or None where the object has none."""
        return self.values.get(name)

    def fault(self, rule: str, message: str) -> Fault:
        """A fault of this object."""
        return Fault(self.file, self.kind.name, self.id, rule, message)


@dataclass
class Package:
    """Objects of one issuer by kind and id, and its transactions in the files' order."""

    name: str
    issuer: Item | None = None
    stakeholders: dict[str, Item] = field(default_factory=dict)
    classes: dict[str, Item] = field(default_factory=dict)
    plans: dict[str, Item] = field(default_factory=dict)
    terms: dict[str, Item] = field(default_factory=dict)
    financings: dict[str, Item] = field(default_factory=dict)
    others: dict[str, Item] = field(default_factory=dict)
    transactions: list[Item] = field(default_factory=list)

    def objects(self) -> Iterator[Item]:
        """Every object but the transactions."""
        if self.issuer is not None:
            yield self.issuer
        for group in self._groups().values():
            yield from group.values()
        yield from self.others.values()

    @cached_property
    def by_security(self) -> Mapping[str, Sequence[Item]]:
        """Security → the transactions that act on it alone; asked for once all are read."""
        found: dict[str, list[Item]] = {}
        for item in self.transactions:
            name = item.get("security_id")
            if name is not None:
                found.setdefault(name, []).append(item)
        return found

    def place(self, item: Item) -> Fault | None:
        """Put an object where it belongs; the fault where its id was there before."""
        if item.kind.action:
            self.transactions.append(item)
            return None
        if item.kind.name == "ISSUER":
            taken = self.issuer is not None
            self.issuer = self.issuer or item
        else:
            group = self._groups().get(item.kind.name, self.others)
            taken = item.id in group
            group.setdefault(item.id, item)
        if taken:
            return item.fault("id-unique", "An object with this identity was read before.")
        return None

    def _groups(self) -> dict[str, dict[str, Item]]:
        return {
            "STAKEHOLDER": self.stakeholders,
            "STOCK_CLASS": self.classes,
            "STOCK_PLAN": self.plans,
            "VESTING_TERMS": self.terms,
            "FINANCING": self.financings,
        }


def read_documents(name: str, documents: Mapping[str, Any]) -> Package:
    """A package from its parsed files (path → document); manifests bring the issuer.

    Raises CapTableRefused, with every fault, where an object is not of the format.
    """
    found: list[tuple[str, Mapping[str, Any]]] = []
    faults: list[Fault] = []
    for file, document in documents.items():
        rows = None
        if isinstance(document, Mapping):
            issuer = document.get("issuer")
            rows = [issuer] if isinstance(issuer, Mapping) else document.get("items")
        if not isinstance(rows, list):
            message = "The file has neither an issuer nor a list of items."
            faults.append(Fault(file, "FILE", file, "file-shape", message))
            continue
        found += [(file, row) for row in rows]
    return read_objects(name, found, faults)


def read_objects(
    name: str, rows: Iterable[tuple[str, Mapping[str, Any]]], faults: Iterable[Fault] = ()
) -> Package:
    """A package from (file, object) pairs; nulls count as absent.

    Raises CapTableRefused, with every fault, where an object is not of the format.
    """
    package = Package(name)
    wrong = list(faults)
    seen: set[str] = set()
    for file, row in rows:
        item = _read(file, row, wrong)
        if item is None:
            continue
        if item.kind.action and item.id in seen:
            message = "Another transaction of the package has this identity."
            wrong.append(item.fault("id-unique", message))
            continue
        if item.kind.action:
            seen.add(item.id)
        taken = package.place(item)
        if taken is not None:
            wrong.append(taken)
    if wrong:
        raise CapTableRefused(name, wrong)
    return package


def _read(file: str, row: object, faults: list[Fault]) -> Item | None:
    """The object typed, or None with the faults added."""
    if not isinstance(row, Mapping):
        faults.append(Fault(file, "?", "?", "object-shape", "An item is not an object."))
        return None
    said = str(row.get("object_type") or "?")
    ident = str(row.get("id") or "?")
    kind = KINDS.get(said)
    if kind is None:
        message = f"The format has no object type {said}; it has {len(KINDS)}, such as TX_STOCK_"
        faults.append(Fault(file, said, ident, "kind-known", message + "ISSUANCE."))
        return None
    before = len(faults)
    present = {key: value for key, value in row.items() if value is not None}
    for missing in sorted(kind.required - present.keys()):
        message = f"The field {missing} is required and absent."
        faults.append(Fault(file, said, ident, "field-required", message))
    typed = {}
    for key, value in present.items():
        if key not in kind.allowed:
            message = f"The format knows no field {key} of this object."
            faults.append(Fault(file, said, ident, "field-known", message))
            continue
        try:
            typed[key] = _typed(kind, key, value)
        except NotReadable as error:
            message = f"The field {key} is {value!r}; expected {error}."
            faults.append(Fault(file, said, ident, "field-type", message))
    return Item(kind, ident, file, typed) if len(faults) == before else None


def _typed(kind: Kind, key: str, value: object) -> object:
    if key == "name" and kind.name == "STAKEHOLDER":
        parts = values.part(value)
        values.text(parts.get("legal_name"))
        return parts
    choices = CHOICES.get(key)
    if choices is not None and value not in choices:
        raise NotReadable("one of " + ", ".join(sorted(choices)))
    return _READER.get(key, values.text)(value)
