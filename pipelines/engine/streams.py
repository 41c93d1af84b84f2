"""One run of one stream, whatever it is read from.

Belongs here: finishing what earlier runs left, then the way of the stream's kind.
Does not belong here: those ways (`files`, `pulls`).
"""

from __future__ import annotations

import time

from pipelines.engine.core import Engine
from pipelines.engine.files import load_files
from pipelines.engine.recover import recover
from pipelines.engine.reports import joined
from pipelines.flow import Progress, TableReport
from pipelines.load.landing import Landing
from pipelines.load.records import known_state
from pipelines.spec import FileStream, PulledStream, Source, Stream, raw_table


def run_stream(
    engine: Engine,
    source: Source,
    stream: Stream,
    *,
    run_id: str,
    full_refresh: bool = False,
    progress: Progress | None = None,
) -> TableReport:
    """Bring one raw table up to date with its files, or with what its system says.

    The status is `loaded`, `unchanged` (nothing was new, nothing was committed),
    `no files` or `not configured`. Raises SourceError, ContractViolation,
    WarehouseError; the table is then as it was before, or as the last answers that
    were committed on the way have made it.
    """
    started = time.monotonic()
    table = raw_table(source.name, stream.name)
    landing = Landing(engine.settings.landing, source.name, stream.name)
    found = recover(engine, landing, table, stream, run_id)
    state = known_state(engine.warehouse, table)
    if isinstance(stream, FileStream):
        report = load_files(
            engine,
            landing,
            source,
            stream,
            state,
            run_id=run_id,
            full_refresh=full_refresh,
            progress=progress,
        )
    else:
        # Imported here, for who reads files needs none of it.
        from pipelines.engine.pulls import load_pulled

        assert isinstance(stream, PulledStream)
        report = load_pulled(
            engine,
            landing,
            source,
            stream,
            state,
            run_id=run_id,
            full_refresh=full_refresh,
            progress=progress,
        )
    for earlier in found:
        report = joined(earlier, report)
    report.seconds = time.monotonic() - started
    return report
