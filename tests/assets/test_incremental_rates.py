"""Rates are rebuilt only for the days that changed, and come out as a full build would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.engine import Engine, build_model, run_stream
from resources.settings import Settings
from tests.assets.bench import catalog

Rate = tuple[Any, ...]
"""Day, currency, rate."""

_HISTORY = "Date,USD,JPY,\n2026-04-10,1.1711,186.43,\n2026-04-09,1.16,N/A,\n"
_MODELS = ("staging.ecb_fx__rates", "core.fx_rate")


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """An installation whose only files are rates."""
    made = Engine(settings, catalog())
    yield made
    made.close()


def _run(engine: Engine, history: str, *, full: bool = False) -> tuple[list[str], list[Rate]]:
    """Notes of the last build, and the rates as they now are."""
    assert engine.settings.data is not None
    (engine.settings.data / "eurofxref-hist.csv").write_text(history)
    for source, stream in engine.catalog.streams():
        if source.name == "ecb_fx":
            run_stream(engine, source, stream, run_id="run")
    for table in _MODELS:
        report = build_model(
            engine.warehouse, engine.catalog.models[table], run_id="run", full_refresh=full
        )
    query = "SELECT rate_on::VARCHAR, quote_currency, rate::VARCHAR FROM core.fx_rate ORDER BY ALL"
    with engine.warehouse.read() as connection:
        return report.notes, connection.execute(query).fetchall()


def test_a_new_and_a_corrected_day_are_taken_over(engine: Engine) -> None:
    _, before = _run(engine, _HISTORY)
    assert len(before) == 3
    changed = _HISTORY.replace("1.16,", "1.17,") + "2026-04-08,1.15,185.1,\n"
    notes, after = _run(engine, changed)
    assert ("2026-04-09", "USD", "1.17000000") in after
    assert len(after) == 5
    assert any("2 inserted, 1 updated, 0 deleted" in note for note in notes), notes
    assert _run(engine, changed, full=True)[1] == after


def test_a_day_that_is_gone_is_taken_away(engine: Engine) -> None:
    _run(engine, _HISTORY)
    _, after = _run(engine, "Date,USD,JPY,\n2026-04-10,1.1711,186.43,\n")
    assert [row[:2] for row in after] == [("2026-04-10", "JPY"), ("2026-04-10", "USD")]
