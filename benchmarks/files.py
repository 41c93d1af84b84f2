"""Files into the lake: Headwater beside DuckDB, polars, pandas and dlt.

`python -m benchmarks.files [--json]` loads the same generated rows with each:
2,000,000 as CSV (about 440 MB) and as JSON Lines (about 700 MB), 100,000 as a
workbook; then 10,000,000 as CSV with Headwater alone, for the memory. Every
contender is told the types and ends with a table in a DuckLake with a SQLite
catalog; Headwater also keeps the raw bytes, their hash and the origin of each
row. Whole processes are timed, imports included.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.files_data import TYPES, write_text, write_workbook
from benchmarks.harness import (
    WORK,
    Case,
    Measured,
    median,
    peer_environment,
    run_all,
    show,
    verdict,
)

ROWS, MANY_ROWS, SHEET_ROWS = 2_000_000, 10_000_000, 100_000
OURS = "Headwater"
_RUNS = 5
_TOLD = {"BENCHMARK_TYPES": json.dumps(TYPES)}
_LAKE = [
    "duckdb==1.5.5",
    "duckdb-extension-ducklake==1.5.5",
    "duckdb-extension-sqlite-scanner==1.5.5",
]
PEERS = {
    "duckdb": [*_LAKE, "duckdb-extension-excel==1.5.5"],
    "polars": [*_LAKE, "polars==2.1.0", "fastexcel==0.21.0", "pyarrow==26.0.1"],
    "pandas": [*_LAKE, "pandas==3.1.1", "pyarrow==26.0.1", "python-calamine==0.9.1"],
    "dlt": [*_LAKE, "dlt[duckdb]==1.31.0", "pandas==3.1.1", "pyarrow==26.0.1"],
}
TARGETS: dict[str, tuple[str, float]] = {
    "csv_wall_over_duckdb": ("<=", 1.5),
    "csv_polars_over_ours": (">=", 1.0),
    "csv_pandas_over_ours": (">=", 1.0),
    "csv_dlt_over_ours": (">=", 1.0),
    "jsonl_polars_over_ours": (">=", 1.0),
    "jsonl_pandas_over_ours": (">=", 1.0),
    "jsonl_dlt_over_ours": (">=", 1.0),
    "xlsx_polars_over_ours": (">=", 1.0),
    "xlsx_pandas_over_ours": (">=", 1.0),
    "peak_memory_gb": ("<=", 1.0),
    "csv_memory_10m_over_2m": ("<=", 1.2),
}


def cases() -> list[Case]:
    """All contenders on all inputs, the inputs and environments made first."""
    data = WORK / "data"
    inputs = {
        "csv": (write_text(data, ROWS, "csv"), ROWS),
        "jsonl": (write_text(data, ROWS, "jsonl"), ROWS),
        "xlsx": (write_workbook(data, SHEET_ROWS), SHEET_ROWS),
    }
    made = []
    for kind, (path, rows) in inputs.items():
        made.append(_ours(kind, kind, path, rows, runs=_RUNS))
        for peer, packages in PEERS.items():
            if (peer, kind) == ("dlt", "xlsx"):
                continue  # dlt reads no workbooks itself; it points to pandas.
            python = peer_environment(peer, packages)
            script = Path(__file__).parent / "peers" / f"by_{peer}.py"
            output = WORK / "out" / peer
            command = [str(python), str(script), kind, str(path), str(output)]
            runs = 1 if (peer, kind) == ("dlt", "jsonl") else _RUNS
            made.append(Case(kind, peer, command, rows, _TOLD, runs, output))
    many = write_text(data, MANY_ROWS, "csv")
    made.append(_ours("csv 10M", "csv", many, MANY_ROWS, runs=1))
    return made


def _ours(group: str, kind: str, path: Path, rows: int, runs: int) -> Case:
    module = [sys.executable, "-m", "benchmarks.by_headwater"]
    output = WORK / "out" / "headwater"
    command = [*module, kind, str(path), str(output)]
    return Case(group, OURS, command, rows, _TOLD, runs, output)


def ratios(results: dict[tuple[str, str], list[Measured]]) -> dict[str, float]:
    """The figures that TARGETS judges, from medians."""

    def wall(group: str, name: str) -> float:
        return median(results[(group, name)], "wall_s")

    found = {"csv_wall_over_duckdb": wall("csv", OURS) / wall("csv", "duckdb")}
    for group, name in results:
        if name not in (OURS, "duckdb"):
            found[f"{group}_{name}_over_ours"] = wall(group, name) / wall(group, OURS)
    peaks = {
        group: median(runs, "peak_mb") for (group, name), runs in results.items() if name == OURS
    }
    found["peak_memory_gb"] = max(peaks.values()) / 1000
    found["csv_memory_10m_over_2m"] = peaks["csv 10M"] / peaks["csv"]
    return found


def main() -> None:
    """Run everything and print the table, the ratios and, on demand, the JSON."""
    results = run_all(cases())
    show(results, {group: OURS for group, _ in results})
    verdict("files", ratios(results), TARGETS, as_json="--json" in sys.argv[1:])


if __name__ == "__main__":
    main()
