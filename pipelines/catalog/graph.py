"""What all declarations say together: every table known once, no circles.

Belongs here: names across files and the order of models. Does not belong here:
anything that one file can tell by itself (see `valid`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from pipelines.catalog.catalog import MATCHED_TABLES, SYSTEM_TABLES, raw_tables
from pipelines.catalog.problems import Problems, nearest
from pipelines.spec import Check, Model, Rule, Source

Declared = tuple[str, str]
"""A name and the file that declares it."""


def check_unique(what: str, declared: Sequence[Declared], problems: Problems) -> None:
    """Report each name that two files declare, at both."""
    files: dict[str, list[str]] = {}
    for name, file in declared:
        files.setdefault(name, []).append(file)
    for name, found in files.items():
        for file in found if len(found) > 1 else ():
            others = " and ".join(sorted({other for other in found if other != file}))
            where = f"is declared by {others} too" if others else "is declared twice here"
            problems.add(
                file,
                "",
                f"The {what} {name} {where}. Rename or remove one; none overrides another.",
            )


def check_known(
    sources: Sequence[tuple[Source, str]],
    models: Sequence[Model],
    rules: Sequence[Rule],
    problems: Problems,
) -> None:
    """Report tables that are read but that no file declares."""
    tables = {model.table: model for model in models}
    raw = [table for source, _ in sources for table in raw_tables(source)]
    known = {*tables, *raw, *SYSTEM_TABLES, *MATCHED_TABLES}
    known.update(f"quarantine.{table.split('.', 1)[1]}" for table in raw)
    for model in models:
        _report(model.path, "inputs", model.inputs, known, problems)
        _report(model.path, "checks", _referenced(model.checks), known, problems)
        rule = model.incremental
        driver = tables.get(rule.table) if rule else None
        for name in rule.by if rule and driver else ():
            if driver and name not in driver.columns:
                near = nearest(name, driver.columns)
                problems.add(
                    model.path, "incremental.by", f"{name!r} is no column of {driver.table}.{near}"
                )
    for source, file in sources:
        for stream in source.streams:
            _report(file, f"streams.{stream.name}", _referenced(stream.checks), known, problems)
    for check in rules:
        _report(check.path, "inputs", check.inputs, known, problems)
        _report(check.path, "table", [check.table] if check.table else [], known, problems)


def _referenced(checks: Sequence[Check]) -> list[str]:
    found = [check.arguments.get("other_table_name") for check in checks]
    return [table for table in found if isinstance(table, str)]


def _report(
    file: str, where: str, tables: Sequence[str], known: Collection[str], problems: Problems
) -> None:
    for table in tables:
        if table not in known:
            problems.add(
                file, where, f"No file declares the table {table!r}.{nearest(table, known)}"
            )


def in_order(models: Mapping[str, Model], problems: Problems) -> dict[str, Model]:
    """The models, each after those that it reads; a circle is reported."""
    needs = {table: [i for i in m.inputs if i in models] for table, m in sorted(models.items())}
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        path = " → ".join(circle)
        problems.add(models[circle[0]].path, "inputs", f"The models read each other: {path}.")
        return dict(models)
    return {table: models[table] for table in order}
