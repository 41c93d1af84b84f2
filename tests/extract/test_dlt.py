"""A dlt resource is iterated as any function's records are, without dlt's own pipeline.

dlt is no dependency of ours: it is installed beside our pinned requirements into an
environment of its own, as a fund would do that uses it, and runs with this checkout.
"""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.extract.environments import environment
from tests.conftest import ROOT

SCRIPT = '''
import json, sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import dlt

from pipelines.catalog import Catalog
from pipelines.engine import Engine, run_stream
from pipelines.spec import PulledStream, Python, Source, State
from resources.settings import Settings


@dlt.resource(name="deals", primary_key="id")
def deals(day: int):
    """Pages of records newer than a day, as dlt resources commonly yield them."""
    yield [
        {
            "id": n,
            "amount": Decimal("12345678901234567890.12") + n,
            "closed_at": datetime(2024, 1, n, 12, tzinfo=UTC),
            "signed_on": date(2024, 1, n),
            "terms": {"cap": n * 1_000_000, "notes": ["a", "b"]},
        }
        for n in range(1, 4)
        if n > day
    ]
    yield {"id": 4, "amount": Decimal(0), "closed_at": None, "signed_on": None, "terms": None}


@dlt.transformer(data_from=deals)
def halves(page):
    for deal in page if isinstance(page, list) else [page]:
        yield {"id": deal["id"], "half": deal["amount"] / 2}


def read(stream, config, state):
    asked.append(state.get("day", 0))
    found = deals(asked[-1])
    for record in found if stream == "deals" else found | halves:
        yield record
    yield State({"day": 3})


asked = []
STREAMS = tuple(
    PulledStream(name=name, description="x", mode="merge", key=("id",))
    for name in ("deals", "halves")
)
SOURCE = Source(
    name="made", description="x", owner="x", streams=STREAMS, connection=Python(read=read)
)
home = Path(sys.argv[1])
engine = Engine(Settings(home=home, data=home), Catalog(sources={"made": SOURCE}))
reports = [run_stream(engine, SOURCE, stream, run_id="a") for stream in (*STREAMS, STREAMS[0])]
with engine.warehouse.read() as connection:
    rows = connection.execute(
        "SELECT id, amount::VARCHAR, closed_at::VARCHAR, signed_on::VARCHAR, terms.cap "
        "FROM raw.made__deals ORDER BY id"
    ).fetchall()
    (sum_of_halves,) = connection.execute(
        "SELECT sum(half)::VARCHAR FROM raw.made__halves"
    ).fetchone()
engine.close()
print(json.dumps([asked, [r.rows_read for r in reports], rows, sum_of_halves]))
'''


@pytest.mark.slow
def test_a_dlt_resource_and_a_transformer_load_exactly_and_go_on_from_our_state(
    tmp_path: Path,
) -> None:
    pinned = (ROOT / "requirements.txt").read_text().splitlines()
    wanted = [line for line in pinned if line and not line.startswith(("#", "-"))]
    python = environment(tmp_path / "environments", (*wanted, "dlt==1.31.0"))
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    (tmp_path / "home").mkdir()
    done = subprocess.run(
        [python, script, tmp_path / "home"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "RUNTIME__DLTHUB_TELEMETRY": "false"},
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()[-3_000:]
    asked, read, rows, sum_of_halves = json.loads(done.stdout.decode().splitlines()[-1])
    assert asked == [0, 0, 3]
    # What the last run was given is what the table holds already.
    assert read == [4, 4, 0]
    assert rows[0] == [
        1,
        "12345678901234567891.12",
        "2024-01-01T12:00:00+00:00",
        "2024-01-01",
        1_000_000,
    ]
    assert rows[3] == [4, "0.00", None, None, None]
    assert Decimal(sum_of_halves) == (3 * Decimal("12345678901234567890.12") + 6) / 2
