"""What a source says of one operation, checked before anything is asked.

Belongs here: the fields of an operation's declaration and what may stand in them.
Does not belong here: the WSDL, or asking.

    "operation": "checkVat"              the WSDL's name; else the stream's own
    "arguments": {...}                   what every request says, nested as the WSDL is:
                                         an attribute as `@name`, an element's own text
                                         beside attributes as `#text`
    "headers": {...}                     the envelope's headers, likewise, where the WSDL has any
    "each": [{...}, {...}]               more arguments, one request for each item; or
    "each": {"values": "a, b", "pattern": "(?P<argument>...)"}
                                         values in a list or a text with commas, taken
                                         apart into arguments by the pattern's groups
    "records": "result/item"             the way to the records, by the names of elements
    "keep": ("argument", ...)            arguments that are put into every record
    "window": {"from": "a", "to": "b", "start": "2026-01-01", "days": 30}
                                         days asked for piece by piece; see `windows`
    "faults": {"TEXT": "retry"}          what a fault with this text or code means: retry,
                                         fail, record (the fault is the record), or
                                         "retry, record" (it is, if it stays)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.errors import ConfigurationError, DeclarationError
from pipelines.extract.soap.windows import Window, read_window

REACTIONS = ("retry", "fail", "record", "retry, record")
_FIELDS = ("operation", "arguments", "headers", "each", "records", "keep", "window", "faults")


@dataclass(frozen=True)
class Declared:
    """One operation as it was declared; `each` holds one item at least."""

    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    each: Sequence[Mapping[str, Any]] = ({},)
    records: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    window: Window | None = None
    faults: Mapping[str, str] = field(default_factory=dict)


def read_operation(name: str, declared: Mapping[str, Any], source: str) -> Declared:
    """The declaration of one stream's operation; settings are values by now.

    DeclarationError for what can't be meant, ConfigurationError for a value of `each`
    that doesn't fit its pattern.
    """
    where = f"The operation {name} of the source {source}"
    unknown = sorted(set(declared) - set(_FIELDS))
    if unknown:
        raise DeclarationError(
            f"{where} declares {', '.join(unknown)}. Known are {', '.join(_FIELDS)}."
        )
    faults = dict(declared.get("faults", {}))
    for text, reaction in faults.items():
        if reaction not in REACTIONS:
            raise DeclarationError(
                f"{where} answers the fault {text} with {reaction!r}. Expected one of: "
                f"{'; '.join(REACTIONS)}."
            )
    window = declared.get("window")
    return Declared(
        operation=str(declared.get("operation", name)),
        arguments=dict(declared.get("arguments", {})),
        headers=dict(declared.get("headers", {})),
        each=_items(declared.get("each"), where),
        records=tuple(step for step in str(declared.get("records", "")).split("/") if step),
        keep=tuple(declared.get("keep", ())),
        window=None if window is None else read_window(window, where),
        faults=faults,
    )


def _items(each: Any, where: str) -> Sequence[Mapping[str, Any]]:
    if each is None:
        return ({},)
    if isinstance(each, Mapping):
        return _matched(each, where)
    if isinstance(each, list | tuple) and all(isinstance(item, Mapping) for item in each):
        return tuple(each)
    raise DeclarationError(
        f"{where} declares `each` as {type(each).__name__}. Expected a list of arguments, or "
        "`values` with a `pattern`."
    )


def _matched(each: Mapping[str, Any], where: str) -> Sequence[Mapping[str, Any]]:
    try:
        pattern = re.compile(str(each["pattern"]))
    except (KeyError, re.error) as error:
        raise DeclarationError(
            f"{where} declares `each` without a regular expression as `pattern` ({error})."
        ) from None
    if not pattern.groupindex:
        raise DeclarationError(
            f"The pattern in `each` names no argument. Expected groups such as "
            f"(?P<argument>...). {where} declares it."
        )
    given = each.get("values") or ()
    values = given.split(",") if isinstance(given, str) else [str(value) for value in given]
    found = []
    for value in (text.strip() for text in values):
        if not value:
            continue
        match = pattern.fullmatch(value)
        if match is None:
            raise ConfigurationError(
                f"{where} is to ask for {value!r}, which doesn't fit {pattern.pattern!r}. "
                "Correct the value where it is set."
            )
        found.append({name: text for name, text in match.groupdict().items() if text is not None})
    return tuple(found)
