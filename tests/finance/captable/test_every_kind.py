"""A kind of transaction that is read and then forgotten: each one leaves its mark here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pipelines.finance.captable.kinds import KINDS
from pipelines.finance.captable.ownership import as_converted, stakes
from pipelines.finance.captable.reading import read_documents
from pipelines.finance.captable.replay import History, replay
from pipelines.finance.captable.rows import ownership
from pipelines.finance.captable.vesting import Vesting, vesting_on
from tests.finance.captable.company import (
    EVENT,
    FOUR_YEARS,
    SAFE_TRIGGER,
    Item,
    condition,
    documents,
    issue,
    of,
    terms,
    to_common,
    tx,
    usd,
)

BEGUN = "2020-02-01"
WHY = {"reason_text": "why"}

LIMITS = [
    tx(
        "TX_ISSUER_AUTHORIZED_SHARES_ADJUSTMENT",
        "2020-01-01",
        "l-1",
        issuer_id="juniper",
        new_shares_authorized="40000000",
    ),
    tx(
        "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT",
        "2020-01-01",
        "l-2",
        stock_class_id="common",
        new_shares_authorized="25000000",
    ),
    tx(
        "TX_STOCK_PLAN_POOL_ADJUSTMENT",
        "2020-01-01",
        "l-3",
        stock_plan_id="plan",
        shares_reserved="2000000",
    ),
    tx(
        "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT",
        "2020-04-01",
        "l-4",
        stock_class_id="seed",
        new_ratio_conversion_mechanism=to_common("2")["conversion_mechanism"],
    ),
    tx(
        "TX_STOCK_CLASS_SPLIT",
        "2020-05-01",
        "l-5",
        stock_class_id="common",
        split_ratio=of(3, 1),
    ),
    tx(
        "CE_STAKEHOLDER_RELATIONSHIP",
        "2020-05-02",
        "l-6",
        stakeholder_id="ada",
        relationship_started="INVESTOR",
        relationship_ended="FOUNDER",
    ),
    tx("CE_STAKEHOLDER_STATUS", "2020-05-02", "l-7", stakeholder_id="ben", new_status="ACTIVE"),
]


def act(kind: str, on: str, security: str, **fields: object) -> Item:
    return tx(f"TX_{kind}", on, f"{kind}-{security}".lower(), security_id=security, **fields)


STOCK = [
    issue(BEGUN, "s-1", "ada", quantity="1000"),
    issue(BEGUN, "s-2", "ben", quantity="500"),
    issue(BEGUN, "s-3", "ben", quantity="300"),
    issue(BEGUN, "s-4", "fox", quantity="50"),
    issue(BEGUN, "s-5", "echo", quantity="100", stock_class_id="seed"),
    issue(BEGUN, "s-9", "fox", quantity="70"),
    act("STOCK_ACCEPTANCE", "2020-02-02", "s-1"),
    act("STOCK_TRANSFER", "2020-03-01", "s-1", quantity="100", resulting_security_ids=["s-6"]),
    issue("2020-03-01", "s-6", "fox", quantity="100"),
    act("STOCK_CANCELLATION", "2020-03-02", "s-1", quantity="10", **WHY),
    act("STOCK_REPURCHASE", "2020-03-03", "s-1", quantity="40", price=usd("1")),
    tx(
        "TX_STOCK_CONSOLIDATION",
        "2020-03-04",
        "s-c",
        security_ids=["s-2", "s-3"],
        resulting_security_id="s-7",
    ),
    issue("2020-03-04", "s-7", "ben", quantity="800"),
    act("STOCK_RETRACTION", "2020-03-05", "s-4", **WHY),
    act(
        "STOCK_CONVERSION",
        "2020-03-05",
        "s-5",
        quantity_converted="60",
        resulting_security_ids=["s-8"],
    ),
    issue("2020-03-05", "s-8", "echo", quantity="60"),
    act("STOCK_REISSUANCE", "2020-03-06", "s-9", resulting_security_ids=["s-10"]),
    issue("2020-03-06", "s-10", "fox", quantity="70"),
]


def compensation(name: str, first: str) -> list[Item]:
    """All that can happen to a grant of 400 and to units of 100, under either name.

    400 less 100 passed on and 50 cancelled are 250, after the split 750; 150 are
    exercised. 100 units are 300 after it; 90 are released, 60 of them as shares.
    """
    plan = {"kind": name, "stock_plan_id": "plan"}
    one, two, units, gone = (f"{first}-{n}" for n in (1, 2, 3, 4))
    shares, net = f"{first}-shares", f"{first}-net"
    return [
        issue(BEGUN, one, "cleo", quantity="400", vesting_terms_id="four-years", **plan),
        issue(BEGUN, units, "cleo", quantity="100", compensation_type="RSU", **plan),
        issue(BEGUN, gone, "ben", quantity="10", **plan),
        act(f"{name}_ACCEPTANCE", "2020-02-02", one),
        act(
            f"{name}_TRANSFER",
            "2020-03-01",
            one,
            quantity="100",
            resulting_security_ids=[two],
        ),
        issue("2020-03-01", two, "ada", quantity="100", **plan),
        act(f"{name}_CANCELLATION", "2020-03-02", one, quantity="50", **WHY),
        act(f"{name}_RETRACTION", "2020-03-02", gone, **WHY),
        act(f"{name}_EXERCISE", "2020-06-02", one, quantity="150", resulting_security_ids=[shares]),
        issue("2020-06-02", shares, "cleo", quantity="150"),
        act(
            f"{name}_RELEASE",
            "2020-06-02",
            units,
            quantity="90",
            settlement_date="2020-06-03",
            release_price=usd("2"),
            resulting_security_ids=[net],
        ),
        issue("2020-06-03", net, "cleo", quantity="60"),
    ]


MILESTONE = terms("milestone", "CUMULATIVE_ROUNDING", condition("sale", EVENT, portion=of(1, 3)))

OPTIONS = [
    *compensation("EQUITY_COMPENSATION", "o"),
    *compensation("PLAN_SECURITY", "p"),
    act(
        "STOCK_PLAN_RETURN_TO_POOL", "2020-03-02", "o-1", quantity="50", stock_plan_id="plan", **WHY
    ),
    act("EQUITY_COMPENSATION_REPRICING", "2020-03-05", "o-1", new_exercise_price=usd("0.06")),
    act("VESTING_START", BEGUN, "o-1", vesting_condition_id="start"),
    act("VESTING_ACCELERATION", "2020-06-01", "o-1", quantity="200", **WHY),
    issue(
        BEGUN,
        "m-1",
        "ben",
        kind="EQUITY_COMPENSATION",
        quantity="90",
        stock_class_id="common",
        vesting_terms_id="milestone",
    ),
    act("VESTING_EVENT", "2020-04-01", "m-1", vesting_condition_id="sale"),
]

SAFE = {
    "kind": "CONVERTIBLE",
    "convertible_type": "SAFE",
    "conversion_triggers": [SAFE_TRIGGER],
    "seniority": 1,
}
WARRANT = {
    "kind": "WARRANT",
    "purchase_price": usd("1"),
    "exercise_price": usd("3"),
    "exercise_triggers": [
        {
            "trigger_id": "will",
            "type": "ELECTIVE_AT_WILL",
            "conversion_right": {
                "conversion_mechanism": {
                    "type": "FIXED_AMOUNT_CONVERSION",
                    "converts_to_quantity": "200",
                },
                "converts_to_stock_class_id": "common",
            },
        }
    ],
}

OTHERS = [
    issue(BEGUN, "c-1", "delta", investment_amount=usd("1000"), **SAFE),
    issue(BEGUN, "c-3", "delta", investment_amount=usd("7"), **SAFE),
    act("CONVERTIBLE_ACCEPTANCE", "2020-02-02", "c-1"),
    act(
        "CONVERTIBLE_TRANSFER",
        "2020-03-01",
        "c-1",
        amount=usd("400"),
        resulting_security_ids=["c-2"],
    ),
    issue("2020-03-01", "c-2", "fox", investment_amount=usd("400"), **SAFE),
    act("CONVERTIBLE_CANCELLATION", "2020-03-02", "c-1", amount=usd("100"), **WHY),
    act("CONVERTIBLE_RETRACTION", "2020-03-02", "c-3", **WHY),
    act(
        "CONVERTIBLE_CONVERSION",
        "2020-03-03",
        "c-1",
        trigger_id="next-round",
        resulting_security_ids=["c-shares"],
        **WHY,
    ),
    issue("2020-03-03", "c-shares", "delta", quantity="25", stock_class_id="seed"),
    issue(BEGUN, "w-1", "fox", **WARRANT),
    issue(BEGUN, "w-3", "fox", quantity="9", **WARRANT),
    act("WARRANT_ACCEPTANCE", "2020-02-02", "w-1"),
    act("WARRANT_TRANSFER", "2020-03-01", "w-1", quantity="50", resulting_security_ids=["w-2"]),
    issue("2020-03-01", "w-2", "ben", quantity="50", **WARRANT),
    act("WARRANT_CANCELLATION", "2020-03-02", "w-1", quantity="20", **WHY),
    act("WARRANT_RETRACTION", "2020-03-02", "w-3", **WHY),
    act(
        "WARRANT_EXERCISE",
        "2020-06-02",
        "w-1",
        trigger_id="will",
        resulting_security_ids=["w-shares"],
    ),
    issue("2020-06-02", "w-shares", "fox", quantity="390"),
]

ALL = [*LIMITS, *STOCK, *OPTIONS, *OTHERS]

HELD = {
    "s-1": 2550,  # 1,000 - 100 - 10 - 40, three for one
    "s-5": 40,
    "s-6": 300,
    "s-7": 2400,
    "s-8": 180,
    "s-10": 210,
    "o-1": 600,
    "o-2": 300,
    "o-3": 210,
    "o-shares": 150,
    "o-net": 60,
    "p-1": 600,
    "p-2": 300,
    "p-3": 210,
    "p-shares": 150,
    "p-net": 60,
    "m-1": 270,
    "c-2": 400,
    "c-shares": 25,
    "w-2": 150,
    "w-shares": 390,
}


@pytest.fixture(scope="module")
def past() -> History:
    return replay(read_documents("juniper", documents(ALL, VestingTerms=[FOUR_YEARS, MILESTONE])))


def test_every_kind_of_transaction_is_in_the_package() -> None:
    assert {item["object_type"] for item in ALL} == {
        name for name, kind in KINDS.items() if kind.action
    }


def test_holdings_after_every_kind_of_transaction_are_those_worked_by_hand(past: History) -> None:
    table = past.on(date(2020, 12, 31))
    assert {name: it.quantity for name, it in table.holdings.items() if it.open} == HELD


def test_why_shares_are_gone_is_kept(past: History) -> None:
    gone = {name: it.gone for name, it in past.on(date(2020, 12, 31)).holdings.items()}
    assert gone["s-1"] == {"transferred": 100, "cancelled": 10, "repurchased": 40}
    assert gone["o-1"] == {"transferred": 100, "cancelled": 50, "exercised": 150}
    assert gone["s-2"] == {"consolidated": 500}
    assert gone["s-4"] == {"retracted": 50}
    assert gone["s-5"] == {"converted": 60}
    assert gone["s-9"] == {"reissued": 70}
    assert gone["o-3"] == {"released": 90}
    assert gone["w-1"]["exercised"] == 390
    assert gone["c-1"] == {"transferred": 400, "cancelled": 100, "converted": 500}


def test_limits_ratios_prices_and_pools_are_those_worked_by_hand(past: History) -> None:
    table = past.on(date(2020, 12, 31))
    assert table.issuer_authorized == 40_000_000
    assert table.authorized["common"] == 25_000_000
    assert as_converted(table, "seed", Decimal(40)) == 240  # two each, times three
    assert table.holdings["o-1"].price == Decimal("0.02")  # 0.06 by three
    assert table.holdings["w-2"].price == 1
    # Twice 400 + 100 + 10 were granted; twice 50 + 10 came back; all times three.
    pool = table.pools["plan"]
    assert (pool.taken, pool.returned) == (Decimal(3060), Decimal(360))
    assert pool.available == 6_000_000 - 3060 + 360


def test_holders_and_acceptances_change_on_their_day(past: History) -> None:
    table = past.on(date(2020, 12, 31))
    assert table.relationships["ada"] == {"INVESTOR"}
    assert table.statuses == {"ben": "ACTIVE"}
    for name in ("s-1", "o-1", "p-1", "c-1", "w-1"):
        assert table.holdings[name].accepted_on == date(2020, 2, 2)
        assert past.on(date(2020, 2, 1)).holdings[name].accepted_on is None


def test_vesting_transactions_vest(past: History) -> None:
    # Nothing of 1,200 by schedule yet; 200 by acceleration, of which 150 + 300 are used.
    assert vesting_on(past, "o-1", date(2020, 12, 31)) == Vesting(
        Decimal(200), Decimal(0), Decimal(600)
    )
    assert vesting_on(past, "m-1", date(2020, 12, 31)) == Vesting(
        Decimal(90), Decimal(90), Decimal(180)
    )


def test_shares_counted_day_by_day_are_those_counted_anew(past: History) -> None:
    spans = list(ownership(past))
    assert len(spans) > 8
    for table in past.tables:
        span = next(
            it for it in spans if it.since <= table.on and (it.until is None or table.on < it.until)
        )
        assert span.stakes == stakes(table)
