"""What kinds of value stand in each place of the records, and as which type.

Belongs here: observing exact values and saying which Arrow type holds them all.
Does not belong here: parsing, or building arrays.

A place that holds values of two kinds (number and text, object and scalar) is
`mixed`: its column is text. Integers are int64, beyond 64 bits DECIMAL(38,0);
numbers with a fraction are DECIMAL(38,s) while 38 digits hold every literal
seen, else doubles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import pyarrow as pa

from pipelines.extract.formats.json_exact import Number

_DIGITS = 38
_EXACT_IN_DOUBLE = 15
_MOST_FIELDS = 1_000
_INT64 = range(-(2**63), 2**63)

Kind = Literal["null", "bool", "number", "text", "object", "list", "mixed"]
_KINDS: dict[type, Kind] = {
    bool: "bool",
    int: "number",
    Number: "number",
    str: "text",
    dict: "object",
    list: "list",
}


class Unholdable(ValueError):
    """No column can hold the value; the message is a predicate about it."""


@dataclass
class Shape:
    """What was seen in one place: a record, a field, or the items of a list.

    `lowest` and `highest` bound the integers; `whole` and `scale` are the most
    digits before and after the point of numbers written with a fraction.
    """

    kind: Kind = "null"
    lowest: int = 0
    highest: int = 0
    fractional: bool = False
    whole: int = 0
    scale: int = 0
    fields: dict[str, Shape] = field(default_factory=dict)
    item: Shape | None = None

    def observe(self, value: Any, *, top: bool = True) -> None:
        """Make room for the value; Unholdable when no type has room for it."""
        if value is None:
            return
        kind = _KINDS[type(value)]
        if kind == "number":
            self._observe_number(value)
        if self.kind != kind:
            self.kind = kind if self.kind == "null" else "mixed"
        if kind == "object" or kind == "list":
            self._observe_inside(value, top)

    def _observe_inside(self, value: Any, top: bool) -> None:
        if self.kind == "object":
            fields = self.fields
            for name, inner in value.items():
                shape = fields.get(name)
                if shape is None:
                    shape = fields[name] = Shape()
                shape.observe(inner, top=False)
            if not top and len(fields) > _MOST_FIELDS:
                # Names that are data: as text, the object's values stay together.
                self.kind, self.fields = "mixed", {}
        elif self.kind == "list":
            self.item = self.item or Shape()
            for inner in value:
                self.item.observe(inner, top=False)

    def _observe_number(self, value: int | Number) -> None:
        if isinstance(value, int):
            if value > self.highest or value < self.lowest:
                if len(str(abs(value))) > _DIGITS:
                    raise Unholdable(f"holds {value}, a number of more than {_DIGITS} digits")
                self.highest = max(self.highest, value)
                self.lowest = min(self.lowest, value)
            return
        whole, scale = _extent(value)
        self.fractional = True
        self.whole, self.scale = max(self.whole, whole), max(self.scale, scale)

    @property
    def number(self) -> pa.DataType:
        """The type of numbers seen here; text where only text keeps them all."""
        if not self.fractional and self.lowest in _INT64 and self.highest in _INT64:
            return pa.int64()
        integer = len(str(max(self.highest, -self.lowest)))
        if max(integer, self.whole) + self.scale <= _DIGITS:
            return pa.decimal128(_DIGITS, self.scale)
        return pa.float64() if integer <= _EXACT_IN_DOUBLE else pa.string()

    def labels(self) -> dict[str, str]:
        """Field → its name in a struct: as the source says, where that is possible.

        The warehouse compares names without case and allows neither an empty
        one nor a NUL, so such a field gets another name.
        """
        taken: set[str] = set()
        labels = {}
        for name in self.fields:
            label = clean = name.replace("\0", "\u2400") or "_"
            times = 1
            while label.lower() in taken:
                times += 1
                label = f"{clean}#{times}"
            taken.add(label.lower())
            labels[name] = label
        return labels

    def arrow(self) -> pa.DataType:
        """The Arrow type that holds every value seen here."""
        if self.kind == "null":
            return pa.null()
        if self.kind == "bool":
            return pa.bool_()
        if self.kind == "number":
            return self.number
        if self.kind == "list" and self.item is not None:
            return pa.list_(self.item.arrow())
        if self.kind == "object" and self.fields:
            labels = self.labels()
            return pa.struct([(labels[name], s.arrow()) for name, s in self.fields.items()])
        return pa.string()

    @property
    def plain(self) -> bool:
        """Every value, as it stands in the JSON, is read as `arrow()` says.

        Not so where values are kept as text, and where names were changed.
        """
        if self.kind == "object":
            same = all(name == label for name, label in self.labels().items())
            return bool(self.fields) and same and all(s.plain for s in self.fields.values())
        if self.kind == "list":
            return self.item is None or self.item.plain
        if self.kind == "number":
            return not pa.types.is_string(self.number)
        return self.kind != "mixed"


def _extent(literal: Number) -> tuple[int, int]:
    """Digits before and after the point; Unholdable when no double comes near."""
    whole, point, fraction = literal.partition(".")
    if not point or len(literal) > _DIGITS or "e" in fraction or "E" in fraction:
        return _extent_by_value(literal)
    return len(whole.lstrip("-")), len(fraction)


def _extent_by_value(literal: Number) -> tuple[int, int]:
    shown = literal if len(literal) <= 60 else literal[:60] + "…"
    if literal.lstrip("-").isdigit():
        raise Unholdable(f"holds {shown}, a number of more than {_DIGITS} digits")
    try:
        exact = Decimal(literal)
    except InvalidOperation:
        raise Unholdable(f"holds {shown}, a number beyond every type") from None
    near = float(literal)
    if math.isinf(near) or (near == 0 and exact != 0):
        raise Unholdable(f"holds {shown}, a number beyond the range of a double")
    digits = "".join(map(str, exact.as_tuple().digits))
    exponent = exact.adjusted() - len(digits) + 1
    exponent += len(digits) - len(digits.rstrip("0") or "0")
    return max(exact.adjusted() + 1, 1), max(-exponent, 0)
