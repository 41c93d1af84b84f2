"""What a rendered template means: a text that reads as a Python literal is one.

`"1"` is 1, `"[1, 2]"` a list, `"None"` None, `"1,2"` a tuple; `"2024-01-01"`, a
leading zero or a complex number stays text. That is what manifests rely on.

Belongs here: that rule, at a cost that a record can bear. Does not belong here:
templates.
"""

from __future__ import annotations

import ast
import re
from decimal import Decimal
from math import isfinite
from typing import Any, Final

_WORDS: Final = re.compile(
    r"(?:None|True|False)\b|set\s*\(|(?:[bB][rR]?|[rR][bB]?|[uU])['\"]", re.ASCII
)
_NUMBER: Final = re.compile(
    r"[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]+)?|0[xXoObB][0-9a-fA-F_]+", re.ASCII
)
_MAX_DIGITS: Final = 4000
_OPENING: Final = frozenset("'\"([{.+-#\\")
_BLANKS: Final = " \t\n\r\f"


def meaning(text: str, valid_types: tuple[type, ...] | None = None) -> Any:
    """The literal that a text is, or the text itself.

    With `valid_types`, a literal of another type is left as text, too.
    """
    value = _literal(text)
    if valid_types is None:
        return text if isinstance(value, complex) else value
    return value if isinstance(value, valid_types) else text


def native(value: Any) -> Any:
    """What `meaning(str(value))` gives, without the way through text; a copy.

    Raises Unknown for what only its text can tell, such as a date.
    """
    kind = type(value)
    if kind is bool or kind is int or value is None:
        return value
    if kind is float:
        if not isfinite(value):
            raise Unknown
        return value
    if kind is Decimal:
        # As text it would become a float of fewer digits.
        return value
    if kind is dict:
        return {_key(key): _inner(item) for key, item in value.items()}
    if kind is list:
        return [_inner(item) for item in value]
    raise Unknown


class Unknown(Exception):
    """The value has to be read from its text."""


def _inner(value: Any) -> Any:
    return value if type(value) is str else native(value)


def _key(key: Any) -> Any:
    if type(key) is str or type(key) is int:
        return key
    raise Unknown


def _literal(text: str) -> Any:
    """`ast.literal_eval`, after turning away what can't be a literal."""
    start = text.lstrip(_BLANKS)[:1]
    if "0" <= start <= "9":
        trimmed = text.strip(_BLANKS)
        if trimmed.isdigit() and trimmed.isascii() and len(trimmed) < _MAX_DIGITS:
            return int(trimmed) if trimmed[0] != "0" or not trimmed.strip("0") else text
        if not _NUMBER.fullmatch(trimmed) and not any(c in text for c in ",#jJ\\"):
            return text
    elif start not in _OPENING and not (
        start in "NTFsbBrRuU" and start and _WORDS.match(text.lstrip(_BLANKS))
    ):
        return text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
