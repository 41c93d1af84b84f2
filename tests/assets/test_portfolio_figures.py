"""The made-up companies' workbooks, through every model: right, or asked about, none wrong."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.spec import Cells
from sandbox.reporting import Told, told, write_reporting
from sandbox.universe import Universe, make_universe
from tests.assets.bench import Bench
from tests.formats.reading import read


@pytest.fixture(scope="module", params=[7, 8])
def universe(request: pytest.FixtureRequest) -> Universe:
    """A made-up world."""
    return make_universe(request.param)


@pytest.fixture(scope="module")
def figures(universe: Universe, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The companies' workbooks, read and put where the models look."""
    folder = tmp_path_factory.mktemp("firm")
    write_reporting(folder, universe)
    bench = Bench()
    for path in sorted(folder.rglob("*.xlsx")):
        result = read(Cells(), path.read_bytes(), {"modified_at": "TIMESTAMPTZ"})
        file = str(path.relative_to(folder))
        rows = [{**row, "_file": file, "_load_id": "1"} for row in result.rows]
        bench.put("raw.portfolio_kpi__cells", *rows)
    for name in ("companies", "labels"):
        with (folder / "reporting" / f"{name}.csv").open() as source:
            bench.put(f"raw.portfolio_kpi__{name}", *csv.DictReader(source))
    return bench


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("source_file", "metric", "granularity", "period_end_on", "scenario")
    return tuple(row[name] for name in names)


def _truth(universe: Universe) -> dict[tuple[Any, ...], Told]:
    return {(t.file, t.metric, t.granularity, t.period_end, t.scenario): t for t in told(universe)}


def test_every_figure_is_right_or_asked_about(figures: Bench, universe: Universe) -> None:
    truth = _truth(universe)
    readings = figures.build("staging.portfolio_kpi__readings")
    taken = {_key(row): row for row in readings if row["status"] == "used"}
    wrong = [
        (key, row["value"], row["unit"], truth.get(key))
        for key, row in taken.items()
        if key not in truth or (row["value"], row["unit"]) != (truth[key].value, truth[key].unit)
    ]
    assert wrong == []
    asked = {(row["source_file"], row["metric"]) for row in readings if row["status"] == "queued"}
    lost = [k for k in truth if k not in taken and (k[0], k[1]) not in asked]
    assert lost == []
    assert len(taken) > 0.9 * len(truth)


def test_only_what_is_open_is_asked(figures: Bench, universe: Universe) -> None:
    queue = figures.build("marts.kpi_queue")
    free = universe.portfolio[5].slug
    two = universe.portfolio[3].slug
    assert {(row["company"], row["label"]) for row in queue} == {
        (free, "Bank"), (free, "Sales"), (free, "Burn"), (two, "Revenue growth %"),
    }  # fmt: skip
    questions = [q for row in queue if row["label"] == "Sales" for q in row["questions"]]
    assert all("in thousands?" in question for question in questions)


def test_a_restatement_keeps_what_was_believed(figures: Bench, universe: Universe) -> None:
    company = universe.portfolio[0].slug
    rows = [
        row
        for row in figures.build("core.kpi_observation")
        if (row["company"], row["metric"], row["scenario"], row["period_end_on"])
        == (company, "revenue", "actual", date(2025, 11, 30))
    ]
    old, new = sorted(rows, key=lambda row: row["as_of_on"])
    assert (old["as_of_on"], old["believed_until_on"]) == (date(2026, 1, 15), date(2026, 4, 10))
    assert new["believed_until_on"] is None
    assert new["value"] - old["value"] == 5_500
    assert (new["previous_value"], new["is_restatement"]) == (old["value"], True)
    assert (new["source_sheet"], new["source_cell"]) == ("KPI Bericht", "D6")


def test_the_tracker_says_who_has_not_reported(figures: Bench, universe: Universe) -> None:
    rows = figures.build("marts.kpi_tracker")
    status = {(r["company"], r["metric"], r["period_end_on"]): r["status"] for r in rows}
    german, downwards, quarterly, _, silent, free = (c.slug for c in universe.portfolio)
    assert {s for (c, _, _), s in status.items() if c == silent} == {"missing", "due"}
    assert status[german, "cash", date(2026, 3, 31)] == "reported"
    assert status[german, "cash", date(2025, 10, 31)] == "reported late"
    assert status[downwards, "revenue", date(2026, 2, 28)] == "missing"
    assert status[quarterly, "headcount", date(2026, 3, 31)] == "reported"
    assert status[free, "cash", date(2026, 1, 31)] == "waiting for a person"
    assert {r["last_workbook_on"] for r in rows if r["company"] == silent} == {None}


def test_the_series_has_growth_variance_burn_multiple_and_runway(
    figures: Bench, universe: Universe
) -> None:
    rows = {
        (r["company"], r["metric"], r["granularity"], r["period_end_on"]): r
        for r in figures.build("marts.kpi_series")
    }
    true = {(t.company, t.metric, t.period_end, t.scenario): t.value for t in told(universe)}
    german, downwards = universe.portfolio[0].slug, universe.portfolio[1].slug
    march, feb, jan = date(2026, 3, 31), date(2026, 2, 28), date(2026, 1, 31)

    mrr = rows[german, "mrr", "month", march]
    now, before = true[german, "mrr", march, "actual"], true[german, "mrr", feb, "actual"]
    assert (mrr["actual"], mrr["previous_actual"], mrr["budget_variance"]) == (now, before, -100)
    assert mrr["growth_share"] == pytest.approx(now / before - 1, abs=Decimal("0.000001"))

    quarter = rows[german, "net_burn", "quarter", march]
    burnt = sum(true[german, "net_burn", day, "actual"] for day in (jan, feb, march))
    assert (quarter["actual"], quarter["made_from"]) == (burnt, "months")
    cash = rows[german, "cash", "quarter", march]
    assert cash["actual"] == true[german, "cash", march, "actual"]
    runway = rows[german, "cash_runway", "quarter", march]
    assert runway["actual"] == pytest.approx(cash["actual"] * 3 / burnt, abs=Decimal("0.000001"))

    # February is missing: no quarter is made of two months, no growth into March.
    assert (downwards, "net_burn", "quarter", march) not in rows
    assert rows[downwards, "arr", "month", march]["previous_actual"] is None
    multiple = rows[downwards, "burn_multiple", "month", jan]
    added = (
        true[downwards, "arr", jan, "actual"] - true[downwards, "arr", date(2025, 12, 31), "actual"]
    )
    want = true[downwards, "net_burn", jan, "actual"] / added
    assert multiple["actual"] == pytest.approx(want, abs=Decimal("0.000001"))


def test_a_workbook_sent_again_under_its_name_counts_alone(tmp_path: Path) -> None:
    bench = Bench()
    for load, value in (("1", "5"), ("2", "6")):
        cells = {"A1": "EUR", "B1": "Jan 2026", "C1": "Feb 2026", "A2": "Revenue", "B2": value}
        bench.put(
            "raw.portfolio_kpi__cells",
            *(
                {
                    "sheet": "S", "sheet_number": 1, "sheet_hidden": False, "cell": cell,
                    "row_number": int(cell[1]), "column_number": ord(cell[0]) - 64,
                    "kind": "number" if text.isdigit() else "text", "value": text,
                    "_file": "reporting/acme/2026-04-01 pack.xlsx", "_load_id": load,
                }
                for cell, text in cells.items()
            ),
        )  # fmt: skip
    (row,) = bench.build("core.kpi_observation")
    assert (row["value"], row["is_restatement"]) == (6, False)


def test_a_decision_that_cannot_be_followed_is_told(bench: Bench) -> None:
    bench.put(
        "raw.portfolio_kpi__labels",
        {"company": "acme", "label": "Sales", "metric": "turnovers", "scale": "many"},
    )
    (row,) = bench.build("staging.portfolio_kpi__labels")
    assert "No metric is called “turnovers”." in row["faults"]
    assert "got “many”" in row["faults"]
