"""What a source says of an organization, and the same in comparable form.

    given (a row a source's record) ──► features(table) ──► a row a record, comparable

Belongs here: the columns that matching takes and makes, and cleaning a table of them.
Does not belong here: how one value is cleaned (`names`, `domains`, `registers`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipelines.matching import registers
from pipelines.matching.domains import of_mailbox, registrable
from pipelines.matching.names import Name, read_name

GIVEN = {
    "source": "VARCHAR",
    "source_id": "VARCHAR",
    "scope": "VARCHAR",
    "name": "VARCHAR",
    "other_names": "VARCHAR[]",
    "websites": "VARCHAR[]",
    "emails": "VARCHAR[]",
    "lei": "VARCHAR",
    "cik": "VARCHAR",
    "register": "VARCHAR",
    "company_number": "VARCHAR",
    "vendor_ids": "VARCHAR[]",
    "country_code": "VARCHAR",
    "city": "VARCHAR",
    "founded_year": "INTEGER",
    "people": "VARCHAR[]",
    "replaces": "VARCHAR[]",
}
"""Column → type of what a source says. Two ids of one source are two organizations, but
only within a `scope`, where it has any (each cap table's package names its investors
anew). `vendor_ids` are vendor:id of other systems that
the source names, `replaces` the source's own ids that this record was known by."""

FEATURES = {
    "record_id": "VARCHAR",
    "source": "VARCHAR",
    "source_id": "VARCHAR",
    "scope": "VARCHAR",
    "name": "VARCHAR",
    "name_key": "VARCHAR",
    "name_short": "VARCHAR",
    "name_keys": "VARCHAR[]",
    "name_words": "VARCHAR",
    "numerals": "VARCHAR",
    "series_of": "VARCHAR",
    "name_is_placeholder": "BOOLEAN",
    "domain": "VARCHAR",
    "domains": "VARCHAR[]",
    "lei": "VARCHAR",
    "cik": "VARCHAR",
    "company_number": "VARCHAR",
    "vendor_ids": "VARCHAR[]",
    "country_code": "VARCHAR",
    "city": "VARCHAR",
    "founded_year": "INTEGER",
    "people": "VARCHAR[]",
    "replaces": "VARCHAR[]",
}
"""Column → type of a record in comparable form."""

_LIST, _TEXT = pa.list_(pa.string()), pa.string()
_ARROW = {"VARCHAR": _TEXT, "VARCHAR[]": _LIST, "INTEGER": pa.int32(), "BOOLEAN": pa.bool_()}
SCHEMA = pa.schema([(name, _ARROW[kind]) for name, kind in FEATURES.items()])
FORMAT = 1
"""Raised when cleaning changes, so that every record is cleaned anew."""


def record_id(source: str, source_id: str) -> str:
    """How matching calls one record of one source."""
    return f"{source}:{source_id}"


def features(given: pa.Table) -> pa.Table:
    """Records in comparable form, in the order given; columns of GIVEN may be missing."""
    columns = {
        name: given[name].to_pylist() if name in given.column_names else [None] * given.num_rows
        for name in GIVEN
    }
    made: dict[str, list[Any]] = {name: [] for name in FEATURES}
    for values in zip(*columns.values(), strict=True):
        for name, value in _one(dict(zip(GIVEN, values, strict=True))).items():
            made[name].append(value)
    return pa.Table.from_pydict(made, schema=SCHEMA)


def _one(given: Mapping[str, Any]) -> dict[str, Any]:
    name = read_name(given["name"])
    others = [read_name(text) for text in (*name.others, *(given["other_names"] or ()))]
    domains = _unique(
        [
            *map(registrable, given["websites"] or ()),
            *map(of_mailbox, given["emails"] or ()),
        ]
    )
    source = given["source"]
    return {
        "record_id": record_id(source, given["source_id"]),
        "source": source,
        "source_id": given["source_id"],
        "scope": f"{source}/{given['scope']}" if given["scope"] else source,
        "name": given["name"],
        **_name(name, others),
        "domain": domains[0] if domains else None,
        "domains": domains,
        "lei": registers.lei(given["lei"]),
        "cik": registers.cik(given["cik"]),
        "company_number": registers.company_number(given["register"], given["company_number"]),
        "vendor_ids": _unique(map(_lower, given["vendor_ids"] or ())),
        "country_code": _upper(given["country_code"]),
        "city": read_name(given["city"]).key or None,
        "founded_year": given["founded_year"],
        "people": _people(given["people"] or (), given["emails"] or ()),
        "replaces": [record_id(source, old) for old in given["replaces"] or ()],
    }


def _name(name: Name, others: Sequence[Name]) -> dict[str, Any]:
    keys = _unique([name.key, *(other.key for other in others)])
    return {
        "name_key": name.key or None,
        "name_short": name.short or None,
        "name_keys": keys,
        "name_words": " ".join(name.words) or None,
        "numerals": " ".join(name.numerals) or None,
        "series_of": name.series_of,
        "name_is_placeholder": name.is_placeholder,
    }


def _people(names: Iterable[str], emails: Iterable[str]) -> list[str]:
    """Persons by the words of their name in order of the alphabet, and mailboxes as they are."""
    people = (" ".join(sorted(_person(name))) for name in names)
    boxes = (box.strip().lower() for box in emails if of_mailbox(box))
    return _unique([*(person for person in people if " " in person), *boxes])


def _person(name: str) -> tuple[str, ...]:
    return read_name(name.replace("'", "")).words


def _lower(text: str | None) -> str | None:
    return text.strip().lower() if text else None


def _upper(text: str | None) -> str | None:
    return (text or "").strip().upper() or None


def _unique(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))
