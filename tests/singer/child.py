"""What runs in a process of its own, to be killed: `python -m tests.singer.child HOME TAP`.

Reads the tap's things once, in packages small enough that a run commits several.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipelines.engine import pulls, run_stream
from pipelines.extract.programs import pages
from resources.settings import Settings
from tests.singer.bench import THINGS, engine_of, source_of


def main(home: str, tap: str) -> None:
    pages.ENOUGH = 32 << 10
    pulls._PACKAGE_BYTES = 192 << 10
    source = source_of(tap)
    engine = engine_of(source, Settings(home=Path(home), data=Path(home), threads=1))
    run_stream(engine, source, THINGS, run_id="run")
    engine.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
