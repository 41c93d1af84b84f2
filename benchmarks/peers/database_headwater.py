"""Headwater's whole load of one table: read, typed, landed, committed.

Called as `python -m benchmarks.peers.database_headwater TABLE FOLDER`, with the address
in BENCHMARK_DATABASE; prints the rows that the lake holds afterwards.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from resources.settings import Settings
from resources.warehouse import Warehouse, count_rows


def load(table: str, home: Path) -> int:
    """Load one table into a fresh installation below `home`; rows in the raw table."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    settings = Settings(home=home, data=home)
    # As `headwater run` does: the lake is opened while the rest is imported.
    warehouse = Warehouse(settings)
    warehouse.open_ahead()

    from pipelines.catalog import Catalog
    from pipelines.engine import Engine, run_stream
    from pipelines.spec import Database, PulledStream, Setting, Source

    setting = Setting(env="BENCHMARK_DATABASE", secret=True)
    stream = PulledStream(name="rows", of=table, description="The generated rows.")
    system = Source(
        name="benchmark",
        description="-",
        owner="-",
        streams=(stream,),
        connection=Database(url=setting),
    )
    engine = Engine(settings, Catalog(sources={"benchmark": system}), warehouse=warehouse)
    report = run_stream(engine, system, stream, run_id="benchmark")
    with engine.warehouse.read() as connection:
        rows = count_rows(connection, report.table)
    engine.warehouse.close()
    return rows


if __name__ == "__main__":
    print(load(sys.argv[1], Path(sys.argv[2])))
