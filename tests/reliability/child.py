"""What runs in a process of its own: `python -m tests.reliability.child WHAT …`.

`run HOME DATA`: every stream once. `read HOME DATA STOP`: look at the tables
until the file STOP exists, then print what was seen as JSON. `append HOME DATA
STREAM TIMES`: load one stream again and again, a new file each time. `things HOME
ADDRESS`: ask the made-up API for both of its streams.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.engine import run_stream
from tests.reliability import things as api
from tests.reliability.firm import EVENTS, FIRM, half_states, open_engine, run_all


def run(home: Path, data: Path) -> None:
    engine = open_engine(home, data)
    run_all(engine)
    engine.close()


def read(home: Path, data: Path, stop: Path) -> None:
    engine = open_engine(home, data)
    seen: dict[str, Any] = {"reads": 0, "longest_s": 0.0, "problems": []}
    while not stop.exists():
        started = time.monotonic()
        try:
            with engine.warehouse.read() as connection:
                seen["problems"] += half_states(connection)
        except Exception as error:  # noqa: BLE001  (a reader must never fail, whatever the reason)
            seen["problems"].append(f"{type(error).__name__}: {error}"[:500])
        seen["longest_s"] = max(seen["longest_s"], time.monotonic() - started)
        seen["reads"] += 1
        time.sleep(0.01)
    print(json.dumps(seen))


def append(home: Path, data: Path, name: str, times: int) -> None:
    stream = replace(EVENTS, name=name, files=(f"{name}-*.jsonl",), unnest=())
    engine = open_engine(home, data)
    for number in range(times):
        lines = "".join(json.dumps({"n": number * 10 + i}) + "\n" for i in range(10))
        (data / f"{name}-{number}.jsonl").write_text(lines)
        run_stream(engine, FIRM, stream, run_id=name)
    engine.close()


def things(home: Path, address: str) -> None:
    engine = api.open_engine(home, {"THINGS_URL": address})
    for stream in api.STREAMS:
        run_stream(engine, api.SOURCE, stream, run_id="child")
    engine.close()


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    paths = [Path(argument) for argument in arguments]
    if what == "run":
        run(paths[0], paths[1])
    elif what == "things":
        things(paths[0], arguments[1])
    elif what == "read":
        read(paths[0], paths[1], paths[2])
    else:
        append(paths[0], paths[1], arguments[2], int(arguments[3]))
