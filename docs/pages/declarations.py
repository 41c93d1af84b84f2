"""docs/reference/declarations.md: the vocabulary of assets/, every field of it."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from docs.pages.markdown import code, doc, document, table
from pipelines import spec

_ABOUT = """
What `assets/` is written in. Sources and Python models build these with
`from pipelines.spec import …`; the header of a SQL model and of a rule holds the
same fields as YAML. All fields are given by name, and a declaration never does
anything when it is imported. [How to add a source](../how-to/add-a-source.md)
and [a model](../how-to/add-a-model.md) show them at work.
"""


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return code(repr(field.default))
    if field.default_factory is not dataclasses.MISSING:
        return code(repr(field.default_factory()))
    return "required"


def _section(kind: type) -> str:
    rows = [
        (code(field.name), code(field.type), _default(field)) for field in dataclasses.fields(kind)
    ]
    shown = table(["Field", "Type", "Default"], rows) if rows else "It takes no fields."
    return f"## {kind.__name__}\n\n{doc(kind)}\n\n{shown}"


def _words() -> str:
    """The names that stand for a choice of words, such as Mode."""
    rows = [
        (code(name), ", ".join(code(word) for word in value.__args__))
        for name, value in vars(spec).items()
        if getattr(value, "__origin__", None) is not None and hasattr(value, "__args__")
        if all(isinstance(word, str) for word in value.__args__)
    ]
    return "## Choices\n\n" + table(["Name", "One of"], rows)


def page() -> str:
    """The page, from the dataclasses of pipelines.spec in their order."""
    kinds = [
        kind
        for _, kind in inspect.getmembers(spec, dataclasses.is_dataclass)
        if isinstance(kind, type)
    ]
    modules = ["columns", "formats", "connections", "sources", "models"]
    kinds.sort(
        key=lambda kind: (
            modules.index(kind.__module__.rsplit(".", 1)[1]),
            inspect.getsourcelines(kind)[1],
        )
    )
    return document("Declarations", _ABOUT, *map(_section, kinds), _words())
