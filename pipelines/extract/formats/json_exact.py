"""One JSON text as exact Python values, by the strict grammar of RFC 8259.

Belongs here: parsing without loss, and writing a value back as JSON. Does not
belong here: records, columns, types. Slow beside pyarrow's reader, so it sees
only first pages, small documents and pages that the fast reader refused.

Values: None, bool, int, `Number` (a literal with a fraction or an exponent, or
one of more than 40 digits), str, list, dict. A name that an object repeats is
kept as `name#2`, so no value is lost.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

MAX_DEPTH = 100
"""Deeper nesting is refused: no table has columns for it."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LONGEST_INT = 40
_TOO_DEEP = f"nests deeper than {MAX_DEPTH} levels"


class BadJson(ValueError):
    """The text is not JSON; the message says what was met and where."""


class Number(str):
    """A number as it was written."""

    __slots__ = ()


def parse(raw: bytes) -> Any:
    """The value of one JSON text in UTF-8; BadJson when it breaks the grammar."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise BadJson(
            f"is not UTF-8 at byte {error.start + 1} (0x{raw[error.start]:02x})"
        ) from None
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = (
            f"line {error.lineno}, column {error.colno}"
            if "\n" in text
            else (f"character {error.pos + 1}")
        )
        raise BadJson(f"is not JSON: {error.msg} at {where}") from None
    except RecursionError:
        raise BadJson(_TOO_DEEP) from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _too_deep(value):
        raise BadJson(_TOO_DEEP)
    if _SURROGATE.search(text):
        _refuse_lone_surrogates(value)
    return value


def render(value: Any) -> str:
    """The value as compact JSON; numbers as they were written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(render, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(k)}:{render(v)}" for k, v in value.items()) + "}"
    return _quoted(value)


def as_text(value: Any) -> str:
    """What a text column holds for a value: text as it is, all else as JSON."""
    return value if type(value) is str else render(value)


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    kept: dict[str, Any] = {}
    times: dict[str, int] = {}
    for name, value in pairs:
        label = name
        while label in kept:
            times[name] = times.get(name, 1) + 1
            label = f"{name}#{times[name]}"
        kept[label] = value
    return kept


def _integer(literal: str) -> int | Number:
    return int(literal) if len(literal) <= _LONGEST_INT else Number(literal)


def _refuse_constant(literal: str) -> NoReturn:
    raise BadJson(f"holds {literal}, which is no JSON number")


def _refuse_lone_surrogates(value: Any) -> None:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise BadJson("holds half of a surrogate pair, which is no character") from None
    elif isinstance(value, list):
        for item in value:
            _refuse_lone_surrogates(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            _refuse_lone_surrogates(name)
            _refuse_lone_surrogates(item)


_quoted = json.JSONEncoder(ensure_ascii=False).encode
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=Number,
    parse_int=_integer,
    parse_constant=_refuse_constant,
)
