"""An API into the lake: Headwater beside dlt's rest_api and PyAirbyte.

`python -m benchmarks.rest [--json]` reads the same 500,000 nested records, 1,000 a
page behind a cursor, from a server in a process of its own. Every contender ends
with a table; Headwater also keeps the raw answers, their hash and the origin of each
row. The measures are draining the pages, and draining and parsing them, in a process
that does nothing else. The last group has 20 ms of latency a page. Whole processes
are timed, imports included.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness import WORK, Case, median, peer_environment, run_all, show, verdict
from benchmarks.rest_by_headwater import MANIFEST
from benchmarks.rest_server import write_pages

ROWS = 500_000
OURS, PARSED, DRAINED = "Headwater", "orjson alone", "urllib3 alone"
_LAKE = [
    "duckdb==1.5.5",
    "duckdb-extension-ducklake==1.5.5",
    "duckdb-extension-sqlite-scanner==1.5.5",
]
PEERS = {
    "dlt": [*_LAKE, "dlt[duckdb]==1.31.0", "pandas==3.1.1", "pyarrow==26.0.1"],
    "pyairbyte": ["airbyte==0.71.3"],
}
TARGETS: dict[str, tuple[str, float]] = {
    "ours_over_parsing": ("<=", 2.5),
    "dlt_over_ours": (">=", 10.0),
    "pyairbyte_over_ours": (">=", 20.0),
    "late_ours_over_floor": ("<=", 1.2),
    "peak_memory_mb": ("<=", 600.0),
}


def cases(url: str) -> list[Case]:
    """All contenders; their environments are made first."""
    now, late = f"{url}/now/", f"{url}/late/"
    limit = Path(__file__).parent / "peers" / "rest_limit.py"
    made = [
        _ours("rest", now),
        Case("rest", PARSED, [sys.executable, str(limit), "parse", now], ROWS),
        _ours("rest 20 ms", late),
        Case("rest 20 ms", DRAINED, [sys.executable, str(limit), "drain", late], ROWS),
    ]
    environment = {"BENCHMARK_TYPES": "{}", "BENCHMARK_MANIFEST": json.dumps(MANIFEST)}
    for peer, packages in PEERS.items():
        python = peer_environment(peer, packages)
        script = Path(__file__).parent / "peers" / f"rest_{peer}.py"
        output = WORK / "out" / f"rest-{peer}"
        command = [str(python), str(script), now, str(output)]
        made.append(Case("rest", peer, command, ROWS, environment, 1, output))
    return made


def _ours(group: str, url: str) -> Case:
    output = WORK / "out" / "rest-headwater"
    command = [sys.executable, "-m", "benchmarks.rest_by_headwater", url, str(output)]
    return Case(group, OURS, command, ROWS, output=output)


@contextmanager
def server(rows: int) -> Iterator[str]:
    """The address of a server with so many records; ended behind the block."""
    pages, index = write_pages(WORK / "data", rows)
    port = WORK / "rest-port"
    port.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.rest_server", str(pages), str(index), str(port)]
    with subprocess.Popen(command) as process:
        try:
            while not (port.exists() and port.read_text()):
                if process.poll() is not None:
                    raise SystemExit("The server of the benchmark ended before it began.")
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port.read_text()}"
        finally:
            process.terminate()


def main() -> None:
    """Run all, print the table and the ratios beside their targets."""
    with server(ROWS) as url:
        results = run_all(cases(url))
    wall = {key: median(runs, "wall_s") for key, runs in results.items()}
    ours = wall["rest", OURS]
    peaks = [median(runs, "peak_mb") for (_, name), runs in results.items() if name == OURS]
    ratios = {
        "ours_over_parsing": ours / wall["rest", PARSED],
        "dlt_over_ours": wall["rest", "dlt"] / ours,
        "pyairbyte_over_ours": wall["rest", "pyairbyte"] / ours,
        "late_ours_over_floor": wall["rest 20 ms", OURS] / wall["rest 20 ms", DRAINED],
        "peak_memory_mb": max(peaks),
    }
    show(results, {"rest": PARSED, "rest 20 ms": DRAINED})
    verdict("rest", ratios, TARGETS, as_json="--json" in sys.argv[1:])


if __name__ == "__main__":
    main()
