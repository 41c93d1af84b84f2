"""Runs whole commands in turn and measures each as the operating system saw it.

Belongs here: environments for peers, timing, medians, the table and the JSON
line. Does not belong here: what is compared (one module per benchmark).
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

WORK = Path(".benchmarks").absolute()
"""Data, peers' environments and outputs; not part of the source tree."""


@dataclass(frozen=True)
class Case:
    """One contender: a command that does the work and prints the rows it wrote.

    `output` is the folder that it writes; it is emptied before the clock starts.
    """

    group: str
    name: str
    command: Sequence[str]
    rows: int
    environment: Mapping[str, str] = field(default_factory=dict)
    runs: int = 3
    output: Path | None = None


@dataclass(frozen=True)
class Measured:
    """One finished run: seconds, and the largest resident size in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def peer_environment(name: str, packages: Sequence[str]) -> Path:
    """The interpreter of an environment with just these packages; made once."""
    folder = WORK / "env" / name
    python = folder / "bin" / "python"
    marker = folder / "packages.json"
    if not marker.exists() or json.loads(marker.read_text()) != list(packages):
        shutil.rmtree(folder, ignore_errors=True)
        uv = [sys.executable, "-m", "uv"]
        subprocess.run(
            [*uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True
        )
        install = [*uv, "pip", "install", "--quiet", "--python", str(python), *packages]
        subprocess.run(install, check=True)
        marker.write_text(json.dumps(list(packages)))
    return python


def measure(case: Case) -> Measured:
    """Run the case once; its own count of rows must be the right one."""
    environment = {**os.environ, **case.environment}
    # Recompiling every import in every run would be timed, too.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    output = WORK / "output.txt"
    if case.output is not None:
        shutil.rmtree(case.output, ignore_errors=True)
    # What the one before has written must not be on its way to the disk now.
    os.sync()
    started = time.perf_counter()
    with output.open("w") as sink:
        process = subprocess.Popen(case.command, stdout=sink, stderr=sink, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    said = output.read_text().strip()
    if process.returncode != 0 or said.split()[-1:] != [str(case.rows)]:
        raise SystemExit(
            f"{case.group}, {case.name}: expected {case.rows} rows, got: {said[-2000:]}"
        )
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def run_all(cases: Sequence[Case]) -> dict[tuple[str, str], list[Measured]]:
    """Every case in turn, round after round, so that a drift hits all alike.

    Every other round goes backwards: who follows a process that took two gigabytes
    finds the machine's memory cold, and that shall not always be the same one.
    """
    results: dict[tuple[str, str], list[Measured]] = {}
    for turn in range(max(case.runs for case in cases)):
        for case in cases if turn % 2 == 0 else reversed(cases):
            if turn < case.runs:
                key = (case.group, case.name)
                results.setdefault(key, []).append(measure(case))
                last = results[key][-1]
                line = f"{case.group:10} {case.name:28} {last.wall_s:7.2f} s {last.peak_mb:7.0f} MB"
                print(line, file=sys.stderr, flush=True)
    return results


def median(runs: Sequence[Measured], figure: str) -> float:
    """The median of one figure (`wall_s`, `cpu_s`, `peak_mb`)."""
    figures: list[float] = [getattr(run, figure) for run in runs]
    return statistics.median(figures)


def show(results: Mapping[tuple[str, str], Sequence[Measured]], base: Mapping[str, str]) -> None:
    """Print the table: medians, the spread, and the ratio to the group's base."""
    table = Table(title="Medians of whole processes; in brackets fastest to slowest run")
    for column in ("work", "by", "wall s", "CPU s", "peak MB", "x base"):
        table.add_column(column, justify="left" if column in ("work", "by") else "right")
    for (group, name), runs in results.items():
        walls = sorted(run.wall_s for run in runs)
        wall = median(runs, "wall_s")
        reference = median(results[(group, base[group])], "wall_s")
        spread = f" ({walls[0]:.2f}-{walls[-1]:.2f})" if len(walls) > 1 else " (1 run)"
        table.add_row(
            group,
            name,
            f"{wall:.2f}{spread}",
            f"{median(runs, 'cpu_s'):.2f}",
            f"{median(runs, 'peak_mb'):.0f}",
            f"{wall / reference:.2f}",
        )
    Console(width=110).print(table)


def verdict(
    name: str,
    ratios: Mapping[str, float],
    targets: Mapping[str, tuple[str, float]],
    *,
    as_json: bool,
) -> None:
    """Print each ratio beside its target, or the one JSON line as the last one."""
    for key, value in ratios.items():
        sign, bound = targets[key]
        met = value <= bound if sign == "<=" else value >= bound
        print(f"{key:40} {value:8.3f}   target {sign} {bound:g}   {'met' if met else 'MISSED'}")
    if as_json:
        rounded = {key: round(value, 4) for key, value in ratios.items()}
        print(json.dumps({"name": name, "ratios": rounded, "targets": targets}))
