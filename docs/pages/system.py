"""docs/reference/system-tables.md: the tables that Headwater keeps about itself.

The columns are those of a warehouse in which the README's example was really
run; only their meaning is written here, and a column without one stops the
generator.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from docs.example import README, write_example
from docs.pages.markdown import code, document, table
from pipelines.catalog.load import load_catalog
from pipelines.engine.core import Engine
from pipelines.engine.streams import run_stream
from pipelines.quality import record, run_checks
from pipelines.transform.build import build_model
from resources.settings import Settings
from resources.warehouse import table_columns

_ABOUT = """
Schema `headwater` holds what Headwater knows of its own work, `quarantine.<same
name as raw>` the records set aside from one raw table. They are tables like any
other: `headwater sql "FROM headwater.loads ORDER BY committed_at DESC LIMIT 5"`.
Headwater's own columns of a raw table begin with `_`.
"""
_TABLES = {
    "headwater.loads": "One row for each landing package that was dealt with, written in the "
    "transaction that holds its rows.",
    "headwater.cursors": "What each stream remembers: one row a raw table.",
    "headwater.builds": "One row for each time a model was built.",
    "headwater.check_results": "One row for each time a check or a rule was run.",
    "quarantine.crm__deals": "The records of one raw table that could not become rows.",
    "raw.crm__deals": "A raw table: the columns of its source and, behind them, Headwater's own.",
}
_MEANINGS: dict[str, str] = {
    "load_id": "the landing package; sorts by time",
    "_load_id": "the landing package that the row came with",
    "table_name": "the table concerned",
    "mode": "how rows were written: append, merge, replace, history; full or incremental",
    "kind": "what led to the load: new files, or a replay",
    "status": "what came of it",
    "run_id": "the run that did it; names its reports",
    "created_at": "when the package was complete",
    "committed_at": "when its rows became visible",
    "files": "files in the package",
    "rows_read": "records read = loaded + quarantined + blank + duplicate",
    "rows_loaded": "records that became rows",
    "rows_quarantined": "records set aside",
    "rows_blank": "records dropped because every field was empty",
    "rows_duplicate": "records dropped because they repeat another one",
    "rows_repeated": "loaded rows that equal another loaded row",
    "declaration": "hash of the stream's declaration",
    "notes": "what a person should know of the load",
    "state": "files with size, time and hash, names and types of columns, as JSON",
    "updated_at": "when the state was written",
    "build_id": "the build; sorts by time",
    "code_hash": "hash of what the model's result depends on besides its inputs",
    "inputs": "the tables that were read, each with its snapshot, as JSON",
    "rows": "rows that the query gave (of an incremental build: the part computed again)",
    "inserted": "rows that were not there before",
    "updated": "rows whose values changed",
    "deleted": "rows that are no longer there",
    "seconds": "wall time",
    "built_at": "when it was committed",
    "snapshot": "the snapshot in which the inputs were read",
    "check_name": "the check's name, unique in its table",
    "expectation": "the expectation, or `rule`",
    "arguments": "its arguments as JSON",
    "description": "what is promised, in a sentence",
    "severity": "critical, warning or info",
    "failing_rows": "rows that break the promise",
    "observed": "what was seen, in words",
    "sample": "up to twenty failing rows as JSON",
    "error": "why the check could not be run",
    "table_version": "the snapshot since which the rows looked at are what they are",
    "checked_at": "when it was checked",
    "_file": "the file, below HEADWATER_DATA; a member of an archive behind `!/`",
    "_line": "the physical line on which the record begins, from 1 (text formats)",
    "_path": "cell range, JSON path or XPath of the record (other formats)",
    "_column": "the column whose value was the reason",
    "_reason": "why, in a sentence",
    "_raw": "the record as it was read",
    "_quarantined_at": "when it was set aside",
}


def page() -> str:
    """The page, from a warehouse that was really used."""
    with tempfile.TemporaryDirectory() as folder:
        columns = _used_warehouse(Path(folder))
    sections = []
    for name, about in _TABLES.items():
        found = columns[name].items()
        if name.startswith("raw."):
            found = {k: v for k, v in found if k.startswith("_")}.items()
        rows = [(code(column), kind, _MEANINGS[column]) for column, kind in found]
        shown = name.replace("crm__deals", "<system>__<object>")
        sections.append(f"## `{shown}`\n\n{about}\n\n{table(['Column', 'Type', 'Meaning'], rows)}")
    return document("System tables", _ABOUT, *sections)


def _used_warehouse(home: Path) -> dict[str, dict[str, str]]:
    """Table → column → type, after the README's example was run and checked."""
    assets, data = home / "my-fund" / "assets", home / "my-fund" / "data"
    write_example(README, home)
    engine = Engine(Settings(home=home / "home", data=data), load_catalog([assets], built_in=False))
    try:
        for source, stream in engine.catalog.streams():
            run_stream(engine, source, stream, run_id="run")
        for model in engine.catalog.models.values():
            build_model(engine.warehouse, model, run_id="run")
            record(engine.warehouse, "run", run_checks(engine.warehouse, model.table, model.checks))
        with engine.warehouse.read() as connection:
            return {name: table_columns(connection, name) for name in _TABLES}
    finally:
        engine.close()
