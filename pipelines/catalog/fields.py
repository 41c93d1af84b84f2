"""Reading a header's fields, each with the type it must have.

Belongs here: field → value with a report of what was got and expected. Does not
belong here: which fields a model or a rule has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pipelines.catalog.problems import Reporter, nearest
from pipelines.spec import Check, Column, Severity


class Fields:
    """The fields of one header; `done` reports those that nobody asked for."""

    def __init__(self, values: Mapping[str, Any], report: Reporter) -> None:
        self._values = values
        self._report = report
        self._known: set[str] = set()

    def has(self, name: str) -> bool:
        """Whether the field is given."""
        self._known.add(name)
        return name in self._values

    def text(self, name: str) -> str:
        """A required text."""
        self._known.add(name)
        value = self._values.get(name)
        if not isinstance(value, str) or not value.strip():
            self._report(name, f"Got {_shown(value)}; expected a text.")
            return ""
        return " ".join(value.split())

    def texts(self, name: str) -> tuple[str, ...]:
        """A required list of texts."""
        self._known.add(name)
        value = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._report(name, f"Got {_shown(value)}; expected a list of names, e.g. [round_id].")
            return ()
        return tuple(value)

    def choice(self, name: str, kind: Any, default: str) -> Any:
        """One of the values of a Literal type."""
        self._known.add(name)
        value = self._values.get(name, default)
        if value not in get_args(kind):
            self._report(name, f"Got {_shown(value)}; expected {' or '.join(get_args(kind))}.")
            return default
        return value

    def truth(self, name: str, *, default: bool = False) -> bool:
        """An optional true or false."""
        self._known.add(name)
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            self._report(name, f"Got {_shown(value)}; expected true or false.")
            return default
        return value

    def scalar(self, name: str) -> str | int | float | bool | None:
        """An optional single value."""
        self._known.add(name)
        value = self._values.get(name)
        if value is not None and not isinstance(value, str | int | float):
            self._report(name, f"Got {_shown(value)}; expected a text, a number, true or false.")
            return None
        return value

    def mapping(self, name: str) -> dict[Any, Any] | None:
        """An optional mapping."""
        self._known.add(name)
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self._report(name, f"Got {_shown(value)}; expected fields below it.")
            return None
        return value

    def columns(self, name: str) -> dict[str, Column]:
        """Column → description, or its description, unit and type."""
        columns = {}
        for column, given in (self.mapping(name) or {}).items():
            where = f"{name}.{column}"
            if not isinstance(column, str):
                self._report(where, f"Got the column name {column!r}; expected a text in quotes.")
                continue
            if not isinstance(given, dict):
                given = {"description": given}
            inner = Fields(given, self._report.below(where))
            columns[column] = Column(
                description=inner.text("description"),
                unit=inner.text("unit") if inner.has("unit") else None,
                type=inner.text("type") if inner.has("type") else None,
            )
            inner.done()
        return columns

    def checks(self, name: str) -> tuple[Check, ...]:
        """A list of `expectation: {arguments}`."""
        self._known.add(name)
        value = self._values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            self._report(name, f"Got {_shown(value)}; expected a list of expectations.")
            return ()
        return tuple(
            check
            for number, item in enumerate(value, 1)
            if (check := self._check(f"{name}[{number}]", item)) is not None
        )

    def _check(self, where: str, item: Any) -> Check | None:
        if isinstance(item, str):
            item = {item: {}}
        if not isinstance(item, dict) or len(item) != 1:
            self._report(where, f"Got {_shown(item)}; expected one `expectation: {{arguments}}`.")
            return None
        [(expectation, arguments)] = item.items()
        arguments = {} if arguments is None else arguments
        if not isinstance(expectation, str) or not isinstance(arguments, dict):
            self._report(where, f"Got {_shown(item)}; expected `expectation: {{arguments}}`.")
            return None
        rest = dict(arguments)
        inner = Fields(rest, self._report.below(where))
        severity = inner.choice("severity", Severity, "critical")
        description = inner.text("description") if inner.has("description") else ""
        rest.pop("severity", None)
        rest.pop("description", None)
        return Check(
            expectation=expectation, arguments=rest, severity=severity, description=description
        )

    def done(self) -> None:
        """Report every field that isn't known."""
        for name in self._values:
            if name not in self._known:
                self._report(str(name), f"There is no such field.{nearest(name, self._known)}")


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value)
