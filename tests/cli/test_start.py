from __future__ import annotations

import json
import subprocess
import sys

from tests.cli.conftest import Headwater

HEAVY = ("dagster", "duckdb", "pyarrow", "pandas", "great_expectations", "sqlglot", "pydantic")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from pipelines.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for command in ("run", "tables", "sql", "quarantine", "replay", "doctor", "dev", "version"):
        assert command in done.stdout


def test_every_command_has_help(headwater: Headwater) -> None:
    for command in ("run", "sql", "quarantine show"):
        done = headwater(*command.split(), "--help")
        assert done.returncode == 0
        assert b"Usage" in done.stdout


def test_unknown_setting_ends_with_2_and_names_it(headwater: Headwater) -> None:
    done = headwater("tables", HEADWATER_HOEM="x")
    assert done.returncode == 2
    assert b"HEADWATER_HOEM" in done.stderr
    assert b"HEADWATER_HOME" in done.stderr
    assert b"Traceback" not in done.stderr


def test_unknown_option_ends_with_2(headwater: Headwater) -> None:
    assert headwater("tables", "--nonsense").returncode == 2


def test_version_names_what_it_stands_on(headwater: Headwater) -> None:
    versions = json.loads(headwater("version", "--json").stdout)
    assert versions["duckdb"] == "1.5.5"
    assert {"headwater", "dagster", "python"} <= set(versions)
