"""docs/reference/sources.md, models.md and rules.md: what assets/ declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from docs.pages.markdown import code, codes, document, table
from pipelines.catalog import Catalog
from pipelines.catalog.load import load_catalog
from pipelines.expectations import describe
from pipelines.spec import (
    Check,
    Column,
    FileStream,
    Model,
    PulledStream,
    Source,
    Stream,
    raw_table,
)

_SOURCES = """
What is read, from where, and how it is kept. Raw tables hold what the source
said; a column that is not listed is kept as it comes. Rows that can't become
what is declared go to `quarantine.<same name>`.
"""
_MODELS = """
What is built, in the order in which it is built. Staging repairs and types one
source's tables, core says what is agreed, marts answer questions.
"""
_RULES = """
What must hold between several tables: each is a query of the rows that break it.
"""


@cache
def _catalog() -> Catalog:
    return load_catalog()


def _promises(checks: Sequence[Check]) -> str:
    rows = [(describe(check), check.severity, code(check.expectation)) for check in checks]
    return table(["Promise", "Severity", "Expectation"], rows) if rows else ""


def _columns(columns: Mapping[str, Column]) -> str:
    rows = [
        (code(name), column.type or "", column.unit or "", column.description)
        for name, column in columns.items()
    ]
    return table(["Column", "Type", "Unit", "Meaning"], rows) if rows else ""


def _stream(source: Source, stream: Stream) -> str:
    facts = []
    if isinstance(stream, FileStream):
        form = code(type(stream.format).__name__)
        facts.append(f"- files: {codes(stream.files)}, read as {form}")
    elif isinstance(stream, PulledStream) and stream.theirs != stream.name:
        facts.append(f"- called {code(stream.theirs)} by the system")
    facts.append(f"- mode: {stream.mode}, contract: {stream.contract}")
    facts += [f"- key: {codes(stream.key)}"] if stream.key else []
    facts += [f"- data about people: {codes(stream.personal)}"] if stream.personal else []
    facts += [
        f"- {code(raw_table(source.name, item.into))} holds the items of its column "
        f"{code(item.column)}"
        for item in stream.unnest
    ]
    parts = [
        f"### `{raw_table(source.name, stream.name)}`",
        stream.description,
        "\n".join(facts),
        _columns(stream.columns),
        _promises(stream.checks),
    ]
    return "\n\n".join(part.strip() for part in parts if part)


def sources() -> str:
    """The page of the sources and their raw tables."""
    catalog = _catalog()
    parts = []
    for source in catalog.sources.values():
        facts = [f"- declared in `{_shown(catalog.files[source.name])}`, owner {source.owner}"]
        facts += [f"- homepage: <{source.homepage}>"] if source.homepage else []
        facts += [f"- licence: {source.licence}"] if source.licence else []
        facts += [f"- asked by: {code(type(source.connection).__name__)}"] * bool(source.connection)
        parts.append(f"## {source.name}\n\n{source.description.strip()}\n\n" + "\n".join(facts))
        parts += [_stream(source, stream) for stream in source.streams]
    return document("Sources", _SOURCES, *parts)


def _model(model: Model) -> str:
    facts = [
        f"- declared in `{_shown(model.path)}`, owner {model.owner}",
        f"- key: {codes(model.key)}" if model.key else "- no key",
        f"- built: {model.materialized}",
        f"- reads: {codes(model.inputs)}" if model.inputs else "- reads no table",
    ]
    parts = [
        f"## `{model.table}`",
        model.description,
        "\n".join(facts),
        _columns(model.columns),
        _promises(model.checks),
    ]
    return "\n\n".join(part.strip() for part in parts if part)


def models() -> str:
    """The page of the models."""
    return document("Models", _MODELS, *map(_model, _catalog().models.values()))


def rules() -> str:
    """The page of the rules over several tables."""
    rows = [
        (code(rule.name), code(rule.table), rule.severity, rule.description, codes(rule.inputs))
        for rule in _catalog().rules.values()
    ]
    header = ["Rule", "Shown on", "Severity", "What must hold", "Reads"]
    return document("Rules", _RULES, table(header, rows))


def _shown(path: str) -> str:
    return Path(path).as_posix()
