"""Headwater's whole load of one file: raw kept, typed, landed, committed.

Called as `python -m benchmarks.by_headwater KIND FILE FOLDER`; prints the rows
that the lake holds afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from resources.settings import Settings
from resources.warehouse import Warehouse, count_rows

TYPES: dict[str, str] = json.loads(os.environ["BENCHMARK_TYPES"])
"""Column → SQL type, told to every contender in the same way."""


def load(kind: str, source: Path, home: Path) -> int:
    """Load one file into a fresh installation below `home`; rows in the table."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    settings = Settings(home=home, data=source.parent)
    # As `headwater run` does: the lake is opened while the rest is imported.
    warehouse = Warehouse(settings)
    warehouse.open_ahead()

    from pipelines.catalog import Catalog
    from pipelines.engine import Engine, run_stream
    from pipelines.spec import Column, Csv, Excel, FileFormat, FileStream, JsonLines, Source

    formats: dict[str, FileFormat] = {"csv": Csv(), "jsonl": JsonLines(), "xlsx": Excel()}
    stream = FileStream(
        name="rows",
        files=(source.name,),
        format=formats[kind],
        description="The generated rows.",
        mode="append",
        columns={name: Column(type=sql) for name, sql in TYPES.items()},
    )
    system = Source(name="benchmark", description="-", owner="-", streams=(stream,))
    engine = Engine(settings, Catalog(sources={"benchmark": system}), warehouse=warehouse)
    report = run_stream(engine, system, stream, run_id="benchmark")
    with engine.warehouse.read() as connection:
        rows = count_rows(connection, report.table)
    engine.warehouse.close()
    return rows


if __name__ == "__main__":
    print(load(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
