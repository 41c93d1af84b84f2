"""A cap table that loses, invents or doubles shares while it is replayed."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import CapTableRefused
from pipelines.finance.captable.ownership import as_converted, capital, stakes, uncounted
from pipelines.finance.captable.reading import read_documents
from pipelines.finance.captable.replay import History, class_ledger, replay
from tests.finance.captable.company import (
    CLASSES,
    TRANSACTIONS,
    Item,
    documents,
    issue,
    numbers,
    of,
    to_common,
    tx,
    usd,
)

HELD = {
    "2019-12-31": {},
    "2020-01-02": {"cs-1": 4_000_000, "cs-2": 4_000_000},
    "2020-06-01": {"cs-1": 4_000_000, "cs-2": 4_000_000, "opt-1": 200_000, "safe-1": 500_000},
    "2021-02-01": {
        "cs-1": 4_000_000,
        "cs-2": 4_000_000,
        "opt-1": 200_000,
        "seed-delta": 1_000_000,
        "seed-echo": 2_000_000,
    },
    "2021-06-01": {
        "cs-1": 8_000_000,
        "cs-2": 8_000_000,
        "opt-1": 400_000,
        "seed-delta": 1_000_000,
        "seed-echo": 2_000_000,
    },
    "2022-03-15": {
        "cs-1": 8_000_000,
        "cs-2": 8_000_000,
        "cs-3": 100_000,
        "opt-1": 300_000,
        "seed-delta": 1_000_000,
        "seed-echo": 2_000_000,
    },
    "2022-12-31": {
        "cs-1": 7_500_000,
        "cs-3": 100_000,
        "cs-4": 1_000_000,
        "cs-5": 7_000_000,
        "opt-1": 300_000,
        "seed-delta": 1_000_000,
        "seed-echo": 2_000_000,
    },
}


def history(transactions: list[Item] | None = None, **others: list[Item]) -> History:
    return replay(read_documents("juniper", documents(transactions, **others)))


def held(past: History, on: str) -> dict[str, Decimal]:
    table = past.on(date.fromisoformat(on))
    return {name: it.quantity for name, it in table.holdings.items() if it.open}


@pytest.mark.parametrize("on", HELD)
def test_holdings_are_those_worked_by_hand(on: str) -> None:
    assert held(history(), on) == HELD[on]


def test_ownership_is_that_worked_by_hand() -> None:
    table = history().on(date(2022, 12, 31))
    # Preferred converts at 2 since the split; 21,600,000 outstanding, 23,500,000 diluted.
    found = {it.stakeholder_id: (it.shares, it.options, it.available) for it in stakes(table)}
    assert found == {
        "ada": numbers(7_500_000, 0, 0),
        "ben": numbers(7_000_000, 0, 0),
        "echo": numbers(4_000_000, 0, 0),
        "delta": numbers(2_000_000, 0, 0),
        "fox": numbers(1_000_000, 0, 0),
        "cleo": numbers(100_000, 300_000, 0),
        None: numbers(0, 0, 1_600_000),
    }
    assert capital(table).shares == 21_600_000
    assert capital(table).fully_diluted == 23_500_000
    by = {it.stakeholder_id: it for it in stakes(table)}
    assert by["echo"].outstanding_share == Decimal("0.185185185185185185")
    assert by["echo"].fully_diluted_share == Decimal("0.170212765957446809")
    assert by[None].outstanding_share == 0


def test_issued_shares_are_outstanding_or_gone_for_a_reason() -> None:
    ledger = class_ledger(history().on(date(2022, 12, 31)), "common")
    assert ledger == {
        "issued": 16_100_000,  # 8,000,000 + 100,000 + 1,000,000 + 7,000,000
        "split": 8_000_000,
        "outstanding": 15_600_000,
        "balance": 7_000_000,
        "repurchased": 500_000,
        "transferred": 1_000_000,
    }


def test_a_split_divides_exercise_prices_and_multiplies_pools_and_ratios() -> None:
    before, after = history().on(date(2021, 5, 31)), history().on(date(2021, 6, 1))
    assert (before.holdings["opt-1"].price, after.holdings["opt-1"].price) == (
        Decimal("0.1"),
        Decimal("0.05"),
    )
    assert before.pools["plan"].available == 800_000
    assert after.pools["plan"].available == 1_600_000
    assert after.holdings["cs-1"].price == Decimal("0.0001")  # what was paid stays
    assert as_converted(after, "seed", Decimal(3)) == 6


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_files_does_not_change_holdings(chance: random.Random) -> None:
    mixed = list(TRANSACTIONS)
    chance.shuffle(mixed)
    files = documents()
    files["Transactions.ocf.json"]["items"] = mixed
    past = replay(read_documents("juniper", files))
    for on, expected in HELD.items():
        assert held(past, on) == expected


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["transfer", "cancel", "buy", "split", "issue"]),
        st.integers(1, 400),
        st.integers(1, 5),
    ),
    max_size=25,
)


@given(MOVES)
def test_no_move_creates_or_loses_a_share(moves: list[tuple[str, int, int]]) -> None:
    items = [issue("2021-01-01", "s-0", "ada", quantity="1000")]
    left, gone, splits = {"s-0": Decimal(1000)}, Decimal(0), Decimal(1)
    for nth, (move, size, by) in enumerate(moves, 1):
        on = f"2021-{1 + nth // 28:02}-{1 + nth % 28:02}"
        source = sorted(left)[size % len(left)]
        amount = min(Decimal(size), left[source] - 1)
        if move == "issue":
            left[f"s-{nth}"] = Decimal(size)
            items.append(issue(on, f"s-{nth}", "ben", quantity=str(size)))
        elif move == "split":
            ratio = of(by, 2)
            items.append(
                tx(
                    "TX_STOCK_CLASS_SPLIT",
                    on,
                    f"m-{nth}",
                    stock_class_id="common",
                    split_ratio=ratio,
                )
            )
            if splits * by / 2 > 50 or splits * by / 2 < Decimal("0.01"):
                items.pop()
                continue
            splits = splits * by / 2
            left = {name: round(it * by / 2, 10) for name, it in left.items()}
            gone = gone * by / 2
        elif amount >= 1:
            amount = Decimal(int(amount))
            left[source] -= amount
            said: Item = {"security_id": source, "quantity": str(amount)}
            if move == "transfer":
                left[f"s-{nth}"] = amount
                said["resulting_security_ids"] = [f"s-{nth}"]
                items.append(issue(on, f"s-{nth}", "fox", quantity=str(amount)))
                items.append(tx("TX_STOCK_TRANSFER", on, f"m-{nth}", **said))
            elif move == "cancel":
                items.append(
                    tx("TX_STOCK_CANCELLATION", on, f"m-{nth}", reason_text="gone", **said)
                )
            else:
                items.append(tx("TX_STOCK_REPURCHASE", on, f"m-{nth}", price=usd("1"), **said))
    past = history(items, StockClasses=[{**CLASSES[0], "initial_shares_authorized": "UNLIMITED"}])
    table = past.on(date(2022, 12, 31))
    assert {name: it.quantity for name, it in table.holdings.items()} == pytest.approx(
        {
            **{it["security_id"]: Decimal(0) for it in items if "ISSUANCE" in it["object_type"]},
            **left,
        },
        abs=Decimal("1E-7"),
    )
    sums = dict(class_ledger(table, "common"))
    issued, split = sums.pop("issued"), sums.pop("split")
    assert issued + split == sum(sums.values())


def test_a_retraction_gives_the_grant_back_to_the_pool_and_a_cancellation_as_the_plan_says() -> (
    None
):
    grants = [
        issue(
            "2021-01-01",
            f"o-{n}",
            "cleo",
            kind="PLAN_SECURITY",
            quantity="300000",
            stock_plan_id="plan",
        )
        for n in (1, 2, 3)
    ]
    ends = [
        tx("TX_PLAN_SECURITY_RETRACTION", "2021-02-01", "x-1", security_id="o-1", reason_text="no"),
        tx(
            "TX_PLAN_SECURITY_CANCELLATION",
            "2021-03-01",
            "x-2",
            security_id="o-2",
            quantity="100000",
            reason_text="left",
        ),
    ]
    past = history([*grants, *ends])
    free = [past.on(date(2021, month, 1)).pools["plan"].available for month in (1, 2, 3)]
    assert free == [100_000, 400_000, 500_000]


def test_a_return_by_hand_goes_before_the_rule_of_the_plan() -> None:
    other = documents()["StockPlans.ocf.json"]["items"][0] | {"id": "other"}
    plan = documents()["StockPlans.ocf.json"]["items"][0]
    items = [
        issue(
            "2021-01-01",
            "o-1",
            "cleo",
            kind="EQUITY_COMPENSATION",
            quantity="1000",
            stock_plan_id="plan",
        ),
        tx(
            "TX_EQUITY_COMPENSATION_CANCELLATION",
            "2021-02-01",
            "x-1",
            security_id="o-1",
            quantity="1000",
            reason_text="left",
        ),
        tx(
            "TX_STOCK_PLAN_RETURN_TO_POOL",
            "2021-02-01",
            "x-2",
            security_id="o-1",
            quantity="1000",
            stock_plan_id="other",
            reason_text="rolled over",
        ),
    ]
    table = history(items, StockPlans=[plan, other]).on(date(2021, 2, 1))
    assert table.pools["plan"].available == 999_000
    assert table.pools["other"].available == 1_001_000


def test_an_adjusted_ratio_counts_from_its_day() -> None:
    items = [
        issue("2021-01-01", "p-1", "echo", stock_class_id="seed", quantity="101"),
        tx(
            "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT",
            "2022-01-01",
            "j-1",
            stock_class_id="seed",
            new_ratio_conversion_mechanism=to_common("3", "2")["conversion_mechanism"],
        ),
    ]
    past = history(items)
    assert capital(past.on(date(2021, 12, 31))).shares == 101
    assert capital(past.on(date(2022, 1, 1))).shares == 151  # 151.5, cut by the right's rule


def test_cash_settled_rights_dilute_nobody() -> None:
    right = issue(
        "2021-01-01",
        "sar-1",
        "cleo",
        kind="EQUITY_COMPENSATION",
        quantity="1000",
        stock_class_id="common",
        compensation_type="CSAR",
        base_price=usd("1"),
    )
    assert capital(history([right]).on(date(2021, 1, 1))).options == 0


def test_a_refused_package_gives_no_holdings() -> None:
    sale = tx(
        "TX_STOCK_REPURCHASE",
        "2022-10-01",
        "r-2",
        security_id="cs-5",
        quantity="7000001",
        price=usd("1"),
    )
    with pytest.raises(CapTableRefused, match="takes 7000001 from the security cs-5, which holds"):
        history([*TRANSACTIONS, sale])


def test_a_warrant_for_no_stated_number_is_told_apart_and_closes_whole() -> None:
    right = {
        "conversion_mechanism": {
            "type": "FIXED_PERCENT_OF_CAPITALIZATION_CONVERSION",
            "converts_to_percent": "0.01",
        },
        "converts_to_stock_class_id": "common",
    }
    warrant = issue(
        "2021-01-01",
        "w-1",
        "fox",
        kind="WARRANT",
        purchase_price=usd("1"),
        exercise_triggers=[
            {"trigger_id": "t", "type": "ELECTIVE_AT_WILL", "conversion_right": right}
        ],
    )
    exercise = tx(
        "TX_WARRANT_EXERCISE",
        "2021-06-01",
        "x-1",
        security_id="w-1",
        trigger_id="t",
        resulting_security_ids=["s-1"],
    )
    past = history([warrant, exercise, issue("2021-06-01", "s-1", "fox", quantity="77")])
    assert [it.security_id for it in uncounted(past.on(date(2021, 5, 31)))] == ["w-1"]
    assert capital(past.on(date(2021, 5, 31))).fully_diluted == 1_000_000  # the pool alone
    assert uncounted(past.on(date(2021, 6, 1))) == ()
    assert capital(past.on(date(2021, 6, 1))).shares == 77
