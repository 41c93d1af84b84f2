"""The real files through the real engine: counts that were measured, and no silent loss."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.flow import ABSENT
from sandbox.firm import write_firm
from tests.assets.bench import catalog
from tests.assets.whole import Outcome, outcome

MOJIBAKE = re.compile("[ÃÂ][\u0080-¿_]|â€|\ufffd")


@pytest.fixture(scope="module")
def streams(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """The market-data, directory and rate streams, loaded from the real files."""
    made = outcome(shared / "data", tmp_path_factory.mktemp("home"), catalog())
    made.run(run_id="first", sources=["crunchbase", "yc", "ecb_fx"])
    yield made
    made.engine.close()


@pytest.mark.parametrize(
    ("table", "read", "loaded", "blank", "repeated"),
    [
        ("raw.crunchbase__companies", 17_727, 17_727, 0, 0),
        ("raw.crunchbase__rounds", 31_679, 31_679, 0, 63),
        ("raw.crunchbase__acquisitions", 6_185, 4_651, 1_534, 3),
        ("raw.ecb_fx__history", 2_886, 2_886, 0, 0),
        ("raw.ecb_fx__daily", 1, 1, 0, 0),
        ("raw.yc__companies", 2_331, 2_331, 0, 0),
    ],
)
def test_every_record_is_accounted_for(
    streams: Outcome, table: str, read: int, loaded: int, blank: int, repeated: int
) -> None:
    report = streams.tables[table]
    assert (report.rows_read, report.rows_loaded) == (read, loaded)
    assert (report.rows_blank, report.rows_quarantined) == (blank, 0)
    assert report.rows_repeated == repeated


def test_the_nameless_column_of_rates_is_no_column(streams: Outcome) -> None:
    found = streams.rows("DESCRIBE raw.ecb_fx__history")
    columns = [row["column_name"] for row in found if not row["column_name"].startswith("_")]
    assert len(columns) == 42
    assert "column" not in columns


def test_raw_keeps_what_was_said(streams: Outcome) -> None:
    said = streams.rows(
        "SELECT name, funding_total_usd AS total FROM raw.crunchbase__companies "
        "WHERE permalink IN ('/company/n-plusn', '/company/involution-studios') ORDER BY name"
    )
    assert said[0]["name"] == "#NAME?"
    assert said[1]["total"] == "5/18/27"


@pytest.fixture(scope="module", params=["real files", "made-up firm"])
def whole(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcome]:
    """Everything run once, on the real files and on the made-up firm."""
    if request.param == "real files":
        data = request.getfixturevalue("shared") / "data"
    else:
        data = tmp_path_factory.mktemp("firm")
        write_firm(data)
    made = outcome(data, tmp_path_factory.mktemp("home"), catalog())
    made.run(run_id="first")
    yield made
    made.engine.close()


@pytest.mark.slow
def test_no_critical_check_fails_and_no_check_breaks(whole: Outcome) -> None:
    bad = [
        (check.table, check.check, check.failing_rows, check.error)
        for check in whole.not_passed
        if check.severity == "critical" or check.error
    ]
    assert bad == []


@pytest.mark.slow
def test_rows_in_are_rows_out(whole: Outcome) -> None:
    for report in whole.tables.values():
        if report.table.startswith("raw."):
            accounted = report.rows_loaded + report.rows_quarantined + report.rows_blank
            assert report.rows_read == accounted + report.rows_duplicate, report.table


@pytest.mark.slow
def test_no_name_is_left_in_two_wrong_encodings(whole: Outcome) -> None:
    names = [row["name"] for row in whole.rows("SELECT name FROM core.organization")]
    assert len(names) > 500
    assert [name for name in names if MOJIBAKE.search(name)] == []


@pytest.mark.slow
def test_no_amount_is_a_float(whole: Outcome) -> None:
    floats = [
        (table, row["column_name"])
        for table in catalog().models
        for row in whole.rows(f"DESCRIBE {table}")
        if "DOUBLE" in row["column_type"] or "FLOAT" in row["column_type"]
    ]
    assert floats == []


@pytest.mark.slow
def test_no_round_is_dropped_on_the_way_to_the_mart(whole: Outcome) -> None:
    (row,) = whole.rows(
        "SELECT (SELECT count(*) FROM core.financing_round) AS core, "
        "(SELECT sum(rounds)::BIGINT FROM marts.rounds_by_month_region) AS mart, "
        "(SELECT sum(occurrences)::BIGINT FROM core.financing_round) AS told, "
        "(SELECT count(*) FROM raw.crunchbase__rounds) AS raw"
    )
    assert row["core"] == row["mart"]
    assert row["told"] == row["raw"]


@pytest.mark.slow
def test_the_dirt_is_warned_of(whole: Outcome) -> None:
    warned = {(check.table, check.check) for check in whole.not_passed}
    for table in ("staging.crunchbase__rounds", "staging.crunchbase__acquisitions"):
        assert whole.failing("occurrences", table) > 0, warned
    assert whole.failing("funding_total_usd", "staging.crunchbase__companies") > 0
    assert whole.failing("name_is_placeholder", "core.organization") == 1


@pytest.mark.slow
def test_totals_and_rounds_disagree_as_measured(whole: Outcome) -> None:
    (known,) = whole.rows("SELECT count(*) AS rows FROM raw.crunchbase__companies")
    if known["rows"] != 17_727:
        pytest.skip("Measured on the real files alone.")
    assert whole.failing("totals_are_sums", "staging.crunchbase__companies") == 67
    assert whole.failing("funding_total_usd", "staging.crunchbase__companies") == 13
    (row,) = whole.rows("SELECT count(*) AS rows FROM core.fx_rate")
    assert row["rows"] == 89_605


@pytest.mark.slow
def test_a_second_run_finds_nothing_new(whole: Outcome) -> None:
    first = dict(whole.tables)
    whole.run(run_id="second")
    changed = {
        table: (report.status, report.notes)
        for table, report in whole.tables.items()
        if report.status not in ("unchanged", *ABSENT)
    }
    assert changed == {}
    assert whole.tables.keys() == first.keys()
