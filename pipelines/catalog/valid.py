"""What makes a single declaration valid, whichever way it was written.

Belongs here: models, streams, columns, checks, each looked at alone. Does not
belong here: what several declarations say together (see `graph`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, get_args

from pipelines.catalog.problems import Reporter, nearest
from pipelines.expectations import columns_named, validate_check
from pipelines.spec import Check, Column, Incremental, Materialized, Model
from pipelines.sqltypes import arrow_type

_OWNER = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|team:[A-Za-z0-9_-]+")
_COLUMN = re.compile(r"[a-z][a-z0-9_]*")


def check_model(model: Model, report: Reporter) -> None:
    """Report what is wrong with a model by itself."""
    if not check_shape(model, report):
        return
    check_owner(model.owner, report)
    check_text("description", model.description, report)
    if model.materialized not in get_args(Materialized):
        report("materialized", f"Got {model.materialized!r}; expected full or incremental.")
    check_columns(model.columns, report, described=True)
    if not model.columns:
        report("columns", "Got nothing; expected every column with its description.")
    for name in model.key:
        if name not in model.columns:
            report("key", f"{name!r} is not among the columns.{nearest(name, model.columns)}")
    check_checks(model.checks, report, columns=model.columns)
    _check_incremental(model, report)


def check_shape(model: Model, report: Reporter) -> bool:
    """Whether the fields of a model have the types that they should have."""
    right = [
        check_tuple("key", model.key, str, report),
        check_tuple("inputs", model.inputs, str, report),
        check_tuple("checks", model.checks, Check, report),
        check_mapping("columns", model.columns, report),
    ]
    return all(right)


def check_owner(owner: str, report: Reporter) -> None:
    """An owner is a mail address or a team."""
    if not isinstance(owner, str) or not owner.strip():
        report("owner", "Got nothing; expected a mail address or team:name.")
    elif not _OWNER.fullmatch(owner):
        report("owner", f"Got {owner!r}; expected a mail address or team:name.")


def check_text(field: str, value: Any, report: Reporter) -> None:
    """A text that says something."""
    if not isinstance(value, str) or not value.strip():
        report(field, "Got nothing; expected a text.")


def check_tuple(field: str, value: Any, kind: type, report: Reporter) -> bool:
    """A tuple of one kind; a lone value in its place is the usual slip."""
    if isinstance(value, tuple | list) and all(isinstance(item, kind) for item in value):
        return True
    example = "a tuple of texts, e.g. ('a',)" if kind is str else f"a tuple of {kind.__name__}"
    report(field, f"Got {value!r}; expected {example}.")
    return False


def check_mapping(field: str, value: Any, report: Reporter) -> bool:
    """Column → Column."""
    if isinstance(value, Mapping) and all(isinstance(item, Column) for item in value.values()):
        return True
    report(field, "Expected a mapping of names to Column(…).")
    return False


def check_columns(columns: Mapping[str, Column], report: Reporter, *, described: bool) -> None:
    """Names, types and, where they are due, descriptions of columns."""
    for name, column in columns.items():
        where = f"columns.{name}"
        if not isinstance(name, str) or not _COLUMN.fullmatch(name):
            report(where, "A column's name is made of small letters, digits and _.")
        if described:
            check_text(f"{where}.description", column.description, report)
        if column.type is not None:
            try:
                arrow_type(column.type)
            except (ValueError, TypeError, AttributeError) as error:
                report(f"{where}.type", str(error))


def check_checks(
    checks: Collection[Check], report: Reporter, *, columns: Collection[str] | None
) -> None:
    """Expectations and their arguments; `columns` are all there are, where that is known."""
    for number, check in enumerate(checks, 1):
        where = f"checks[{number}]"
        wrong = validate_check(check)
        for text in wrong:
            report(where, text)
        if columns is None or wrong:
            continue
        for name in columns_named(check):
            if name not in columns:
                report(
                    where,
                    f"{check.expectation} names the column {name!r}, which there is not."
                    f"{nearest(name, columns)}",
                )


def check_outputs(model: Model, outputs: tuple[str, ...] | None, report: Reporter) -> None:
    """Report where the header's columns and those of the SELECT are not the same."""
    if outputs is None or not model.columns:
        return
    made = {name.lower(): name for name in outputs}
    for name in outputs:
        if name.lower() not in model.columns:
            report(
                f"columns.{name}",
                f"The SQL makes this column, but the header doesn't describe it."
                f"{_near(name, model.columns, made)}",
            )
    for name in model.columns:
        if isinstance(name, str) and name.lower() not in made:
            report(f"columns.{name}", "The header describes this column, but the SQL makes none.")
    if len(made) < len(outputs):
        twice = sorted({name for name in outputs if outputs.count(name) > 1})
        report("sql", f"The SQL gives two columns the same name: {', '.join(twice)}.")


def _near(name: str, described: Collection[str], made: Collection[str]) -> str:
    hint = nearest(name, [other for other in described if other not in made])
    return hint if "Did you mean" in hint else ""


def _check_incremental(model: Model, report: Reporter) -> None:
    rule: object = model.incremental
    if (model.materialized == "incremental") != (rule is not None):
        report("incremental", "Expected materialized: incremental together with incremental: ….")
    if rule is None:
        return
    if not isinstance(rule, Incremental):
        report("incremental", f"Got {rule!r}; expected Incremental(table=…, by=(…)).")
        return
    if not check_tuple("incremental.by", rule.by, str, report):
        return
    if model.python:
        report("incremental", "A Python model is always built in full; leave this out.")
    if rule.table not in model.inputs:
        report(
            "incremental.table",
            f"{rule.table!r} is none of the inputs.{nearest(rule.table, model.inputs)}",
        )
    if not rule.by:
        report("incremental.by", "Got nothing; expected columns of both tables.")
    for name in rule.by:
        if name not in model.columns:
            report("incremental.by", f"{name!r} is no column here.{nearest(name, model.columns)}")
