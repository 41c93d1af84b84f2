"""A grant that vests on the wrong day, in the wrong number, or more than once."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.finance.captable.kinds import CHOICES
from pipelines.finance.captable.reading import Package, read_documents
from pipelines.finance.captable.replay import replay
from pipelines.finance.captable.vesting import Vesting, tranches, vesting_on
from tests.finance.captable.company import (
    EVENT,
    FOUR_YEARS,
    START,
    Item,
    condition,
    documents,
    issue,
    months,
    of,
    terms,
    tx,
)

ALLOCATIONS = sorted(CHOICES["allocation_type"])


def granted(schedule: Item, quantity: str, *events: tuple[str, str], **more: object) -> Package:
    """A package with one grant; `events` are (condition, day), the first one its start."""
    grant = issue(
        "2020-01-31",
        "o-1",
        "cleo",
        kind="EQUITY_COMPENSATION",
        quantity=quantity,
        stock_class_id="common",
        vesting_terms_id=schedule["id"],
    )
    kinds = ["TX_VESTING_START", *["TX_VESTING_EVENT"] * len(events)]
    if more.pop("no_start", False):
        kinds = kinds[1:]
    met = [
        tx(kind, on, f"v-{name}", security_id="o-1", vesting_condition_id=name)
        for kind, (name, on) in zip(kinds, events, strict=False)
    ]
    return read_documents("juniper", documents([grant, *met], VestingTerms=[schedule]))


def by_day(package: Package) -> dict[str, Decimal]:
    return {it.on.isoformat(): it.quantity for it in tranches(package, "o-1")}


def yearly(allocation: str) -> Item:
    return terms(
        "t",
        allocation,
        condition("start", START, "years"),
        condition("years", months(12, 4, "start"), portion=of(1, 4)),
    )


@pytest.mark.parametrize(
    ("allocation", "expected"),
    [
        ("CUMULATIVE_ROUNDING", "5 4 5 4"),
        ("CUMULATIVE_ROUND_DOWN", "4 5 4 5"),
        ("FRONT_LOADED", "5 5 4 4"),
        ("BACK_LOADED", "4 4 5 5"),
        ("FRONT_LOADED_TO_SINGLE_TRANCHE", "6 4 4 4"),
        ("BACK_LOADED_TO_SINGLE_TRANCHE", "4 4 4 6"),
        ("FRACTIONAL", "4.5 4.5 4.5 4.5"),
    ],
)
def test_eighteen_shares_in_four_years_are_spread_as_the_format_says(
    allocation: str, expected: str
) -> None:
    spread = by_day(granted(yearly(allocation), "18", ("start", "2020-01-31"))).values()
    assert list(spread) == [Decimal(each) for each in expected.split()]


@given(st.sampled_from(ALLOCATIONS), st.integers(1, 10**9))
def test_a_whole_schedule_vests_the_whole_grant(allocation: str, quantity: int) -> None:
    spread = by_day(granted(yearly(allocation), str(quantity), ("start", "2020-01-31")))
    assert sum(spread.values()) == quantity
    assert all(each >= 0 for each in spread.values())


def test_a_cliff_then_months_fall_on_the_start_day_or_the_last_of_the_month() -> None:
    spread = by_day(granted(FOUR_YEARS, "4800", ("start", "2020-01-31")))
    assert len(spread) == 37
    assert dict(list(spread.items())[:4]) == {
        "2021-01-31": 1200,
        "2021-02-28": 100,
        "2021-03-31": 100,
        "2021-04-30": 100,
    }
    assert list(spread)[-1] == "2024-01-31"


def test_a_cliff_within_a_period_holds_back_what_comes_before_it() -> None:
    schedule = terms(
        "t",
        "CUMULATIVE_ROUNDING",
        condition("start", START, "monthly"),
        condition("monthly", months(1, 48, "start", cliff_installment=12), portion=of(1, 48)),
    )
    package = granted(schedule, "4800", ("start", "2020-01-31"))
    found = tranches(package, "o-1")
    assert {it.on for it in found[:12]} == {date(2021, 1, 31)}
    assert sum(it.quantity for it in found[:12]) == 1200
    assert found[12].on == date(2021, 2, 28)


MILESTONES = terms(
    "t",
    "CUMULATIVE_ROUND_DOWN",
    condition("start", START, "late", "all", "first"),
    condition("late", months(48, 1, "start")),
    condition("all", EVENT, portion=of(1, 1, remainder=True)),
    condition("first", EVENT, "late", "all", "second", portion=of(1, 5)),
    condition("second", EVENT, portion=of(1, 5)),
)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], {}),
        ([("first", "2021-05-05")], {"2021-05-05": 200}),
        ([("first", "2021-05-05"), ("all", "2022-02-02")], {"2021-05-05": 200, "2022-02-02": 800}),
        ([("all", "2021-01-01"), ("first", "2021-05-05")], {"2021-01-01": 1000}),
        ([("first", "2024-02-01")], {}),  # a day after the schedule ended
        ([("second", "2021-05-05")], {}),  # nothing leads there yet
    ],
)
def test_milestones_follow_the_path_that_was_taken(
    events: list[tuple[str, str]], expected: dict[str, int]
) -> None:
    assert by_day(granted(MILESTONES, "1000", ("start", "2020-01-31"), *events)) == expected


def test_a_repeating_condition_ends_when_one_beside_it_happens() -> None:
    schedule = terms(
        "t",
        "CUMULATIVE_ROUNDING",
        condition("start", START, "monthly", "sale"),
        condition("monthly", months(1, 48, "start"), portion=of(1, 48)),
        condition("sale", EVENT, portion=of(1, 1, remainder=True)),
    )
    spread = by_day(granted(schedule, "4800", ("start", "2020-01-31"), ("sale", "2020-03-15")))
    assert spread == {"2020-02-29": 100, "2020-03-15": 4700}


def test_every_schedule_of_the_samples_can_be_walked(shared: Path) -> None:
    vested = {}
    for path in sorted((shared / "data/ocf/samples").glob("VestingTerms*.json")):
        for schedule in json.loads(path.read_text())["items"]:
            roots = [it for it in schedule["vesting_conditions"] if "start" in it["id"]]
            name = roots[0]["id"] if roots else schedule["vesting_conditions"][0]["id"]
            package = granted(schedule, "4800", (name, "2020-01-31"), no_start=not roots)
            found = tranches(package, "o-1")
            vested[schedule["id"]] = sum(it.quantity for it in found)
    assert vested == {
        "all-or-nothing": 4800,
        "all-or-nothing-with-expiration": 0,
        "4yr-1yr-cliff-schedule": 4800,
        "multi-tranche-event-based": 0,
        "custom-vesting-100pct-upfront": 4800,
        "6-yr-option-back-loaded": 4800,
        "path-dependent-milestone-vesting": 0,
    }


def test_the_six_year_schedule_of_the_samples_vests_what_its_text_says(shared: Path) -> None:
    items = json.loads((shared / "data/ocf/samples/VestingTerms.ocf.json").read_text())["items"]
    schedule = next(item for item in items if item["id"] == "6-yr-option-back-loaded")
    found = tranches(granted(schedule, "4800", ("vesting-start", "2020-01-31")), "o-1")
    assert [int(found[at].quantity) for at in (0, 1, 13, 25, 37)] == [480, 60, 80, 100, 120]
    assert (len(found), found[-1].on) == (49, date(2026, 1, 31))


def test_vested_shares_follow_splits_exercises_cancellations_and_acceleration() -> None:
    schedule = FOUR_YEARS
    grant = issue(
        "2020-01-31",
        "o-1",
        "cleo",
        kind="EQUITY_COMPENSATION",
        quantity="4800",
        stock_plan_id="plan",
        vesting_terms_id=schedule["id"],
    )
    act = {"security_id": "o-1"}
    items = [
        grant,
        tx("TX_VESTING_START", "2020-01-31", "v-1", vesting_condition_id="start", **act),
        tx(
            "TX_EQUITY_COMPENSATION_EXERCISE",
            "2021-02-01",
            "e-1",
            quantity="1000",
            resulting_security_ids=["s-1"],
            **act,
        ),
        issue("2021-02-01", "s-1", "cleo", quantity="1000"),
        tx(
            "TX_STOCK_CLASS_SPLIT",
            "2021-06-01",
            "p-1",
            stock_class_id="common",
            split_ratio=of(2, 1),
        ),
        tx("TX_VESTING_ACCELERATION", "2022-02-01", "w-1", quantity="600", reason_text="x", **act),
        tx(
            "TX_EQUITY_COMPENSATION_CANCELLATION",
            "2022-02-02",
            "x-1",
            quantity="4000",
            reason_text="left",
            **act,
        ),
    ]
    past = replay(read_documents("juniper", documents(items)))

    def on(*day: int) -> Vesting | None:
        return vesting_on(past, "o-1", date(*day))

    assert on(2020, 1, 30) is None
    assert on(2021, 1, 30) == Vesting(Decimal(0), Decimal(0), Decimal(4800))
    assert on(2021, 1, 31) == Vesting(Decimal(1200), Decimal(1200), Decimal(3600))
    assert on(2021, 2, 1) == Vesting(Decimal(1200), Decimal(200), Decimal(3600))
    # 1,200 and four months of 100, doubled; 1,000 exercised, doubled.
    assert on(2021, 6, 1) == Vesting(Decimal(3200), Decimal(1200), Decimal(6400))
    # Half of 9,600 after two years, 600 more by acceleration, 2,000 of it exercised.
    assert on(2022, 2, 1) == Vesting(Decimal(5400), Decimal(3400), Decimal(4200))
    # What is cancelled had not vested.
    assert on(2022, 2, 2) == Vesting(Decimal(5400), Decimal(3400), Decimal(200))


def test_stated_days_go_before_a_schedule_and_no_schedule_means_vested() -> None:
    stated = issue(
        "2020-01-31",
        "s-1",
        "ada",
        quantity="300",
        vesting_terms_id="four-years",
        vestings=[{"date": "2022-01-01", "amount": "100"}, {"date": "2021-01-01", "amount": "200"}],
    )
    plain = issue("2020-01-31", "s-2", "ada", quantity="300")
    past = replay(read_documents("juniper", documents([stated, plain])))
    assert vesting_on(past, "s-1", date(2021, 6, 1)) == Vesting(
        Decimal(200), Decimal(200), Decimal(100)
    )
    assert vesting_on(past, "s-2", date(2020, 1, 31)) == Vesting(
        Decimal(300), Decimal(300), Decimal(0)
    )
