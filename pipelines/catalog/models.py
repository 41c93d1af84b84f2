"""One file under models/ or checks/ → one Model or Rule.

Belongs here: which fields a header has, and how they and the SQL make a
declaration. Does not belong here: what a valid model is (see `valid`), or
whether the tables it reads exist (see `graph`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipelines.catalog.cache import Cache
from pipelines.catalog.fields import Fields
from pipelines.catalog.find import Found
from pipelines.catalog.header import read_header, split_header
from pipelines.catalog.problems import Reporter
from pipelines.catalog.python import load_module
from pipelines.catalog.sql import SqlFacts, read_sql
from pipelines.catalog.valid import check_model, check_outputs
from pipelines.spec import Incremental, Materialized, Model, Rule, Severity


def read_model(found: Found, cache: Cache, report: Reporter) -> Model | None:
    """The model of one file, or None when too much is wrong to say what it is."""
    if found.path.suffix == ".py":
        return _python_model(found, report)
    read = _read(found, cache, report)
    if read is None:
        return None
    header, facts, sql, line = read
    fields = Fields(header, report)
    model = Model(
        table=found.name,
        description=fields.text("description"),
        owner=fields.text("owner"),
        key=fields.texts("key"),
        columns=fields.columns("columns"),
        inputs=_inputs(fields, facts, report),
        checks=fields.checks("checks"),
        materialized=fields.choice("materialized", Materialized, "full"),
        incremental=_incremental(fields, report),
        sql=sql,
        path=found.shown,
        line=line,
    )
    fields.done()
    check_outputs(model, facts.columns, report)
    check_model(model, report)
    return model


def read_rule(found: Found, cache: Cache, report: Reporter) -> Rule | None:
    """The rule of one file, or None when too much is wrong to say what it is."""
    read = _read(found, cache, report)
    if read is None:
        return None
    header, facts, sql, line = read
    fields = Fields(header, report)
    rule = Rule(
        name=found.name,
        description=fields.text("description"),
        severity=fields.choice("severity", Severity, "critical"),
        table=fields.text("table"),
        inputs=_inputs(fields, facts, report),
        sql=sql,
        path=found.shown,
        line=line,
    )
    fields.done()
    return rule


def _read(
    found: Found, cache: Cache, report: Reporter
) -> tuple[dict[str, Any], SqlFacts, str, int] | None:
    content = found.path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        report("", f"The file is not UTF-8: byte {error.start} is {content[error.start]:#04x}.")
        return None
    parts = split_header(text)
    if parts is None:
        report("", "The file must begin with a header: a comment /* … */ that holds YAML fields.")
        return None
    yaml, sql, line = parts
    key = cache.key(content)
    kept = cache.get(key)
    if kept is not None:
        header, facts = kept["header"], SqlFacts.from_json(kept["facts"])
    else:
        read = read_header(yaml, report)
        if read is None:
            return None
        header, facts = read, read_sql(sql, line)
        cache.put(key, {"header": header, "facts": facts.to_json()})
    return header, facts, sql, line


def _inputs(fields: Fields, facts: SqlFacts, report: Reporter) -> tuple[str, ...]:
    """The tables that the SQL reads; declared only where they can't be read from it."""
    if facts.parsed:
        for text in facts.wrong:
            report("sql", text)
        if fields.has("inputs"):
            report("inputs", "The inputs are read from the SQL; leave this field out.")
        return facts.tables
    if fields.has("inputs"):
        return fields.texts("inputs")
    for text in facts.wrong:
        report(
            "sql",
            f"{text} Where DuckDB does take it, name the tables that it reads: inputs: [raw.x].",
        )
    return ()


def _incremental(fields: Fields, report: Reporter) -> Incremental | None:
    given = fields.mapping("incremental")
    if given is None:
        return None
    inner = Fields(given, report.below("incremental"))
    made = Incremental(table=inner.text("table"), by=inner.texts("by"))
    inner.done()
    return made


def _python_model(found: Found, report: Reporter) -> Model | None:
    module = load_module(found.path, report)
    if module is None:
        return None
    model = getattr(module, "MODEL", None)
    if not isinstance(model, Model):
        report("MODEL", f"Got {type(model).__name__}; expected MODEL = Model(description=…, …).")
        return None
    if not callable(getattr(module, "build", None)):
        report("build", "Expected a function build(inputs) that returns a pyarrow Table.")
    for name in ("table", "path", "sql", "python"):
        if getattr(model, name):
            report(f"MODEL.{name}", "This is taken from the file's place; leave it out.")
    if not model.inputs:
        report("MODEL.inputs", 'Got nothing; expected the tables it reads, e.g. ("raw.x",).')
    model = replace(
        model, table=found.name, path=found.shown, sql=None, python=str(found.path.absolute())
    )
    check_model(model, report.below("MODEL"))
    return model
