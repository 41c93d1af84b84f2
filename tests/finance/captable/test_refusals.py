"""A package that contradicts itself and is believed all the same."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.errors import CapTableRefused
from pipelines.finance.captable.reading import read_documents
from pipelines.finance.captable.replay import replay
from tests.finance.captable.company import TRANSACTIONS, Item, documents, issue, of, tx, usd

SHARES = issue("2021-01-01", "s-1", "ada", quantity="1000")
GRANT = issue(
    "2021-01-01",
    "o-1",
    "cleo",
    kind="EQUITY_COMPENSATION",
    quantity="1000",
    stock_plan_id="plan",
    vesting_terms_id="four-years",
)


def cancel(quantity: str = "10", ident: str = "x-1", **more: object) -> Item:
    said = {"security_id": "s-1", "quantity": quantity, "reason_text": "why"}
    return tx("TX_STOCK_CANCELLATION", "2021-02-01", ident, **said | more)


def transfer(quantity: str, **more: object) -> Item:
    said = {"security_id": "s-1", "quantity": quantity, "resulting_security_ids": ["s-2"]}
    return tx("TX_STOCK_TRANSFER", "2021-02-01", "x-1", **said | more)


def start(condition: str) -> Item:
    return tx(
        "TX_VESTING_START",
        "2021-01-01",
        "x-1",
        security_id="o-1",
        vesting_condition_id=condition,
    )


CASES: dict[str, tuple[list[Item], str, str]] = {
    "nobody": ([SHARES | {"stakeholder_id": "zed"}], "stakeholder-exists", "i-s-1"),
    "no class": ([SHARES | {"stock_class_id": "gold"}], "stock-class-exists", "i-s-1"),
    "no plan": ([SHARES | {"stock_plan_id": "none"}], "stock-plan-exists", "i-s-1"),
    "no schedule": ([SHARES | {"vesting_terms_id": "none"}], "vesting-terms-exists", "i-s-1"),
    "no condition": ([GRANT, start("noon")], "vesting-condition-exists", "x-1"),
    "never issued": ([cancel()], "security-exists", "x-1"),
    "issued twice": ([SHARES, SHARES | {"id": "again"}], "security-unique", "again"),
    "issued later": ([SHARES | {"date": "2021-03-01"}, cancel()], "security-issued-before", "x-1"),
    "another kind": ([GRANT, cancel(security_id="o-1")], "security-kind", "x-1"),
    "result unknown": ([SHARES, transfer("10")], "resulting-security-exists", "x-1"),
    "result too early": (
        [SHARES, transfer("10"), issue("2021-01-31", "s-2", "ben", quantity="10")],
        "result-not-before",
        "x-1",
    ),
    "more than held": ([SHARES, cancel("1001")], "holding-negative", "x-1"),
    "nothing": ([SHARES, cancel("0")], "quantity-positive", "x-1"),
    "less than nothing": ([SHARES | {"quantity": "-5"}], "quantity-positive", "i-s-1"),
    "used up": (
        [SHARES, cancel("1000"), cancel("1", "x-2", date="2021-02-02")],
        "security-open",
        "x-2",
    ),
    "transfer grows": (
        [SHARES, transfer("10"), issue("2021-02-01", "s-2", "ben", quantity="11")],
        "results-agree",
        "x-1",
    ),
    "transfer changes class": (
        [
            SHARES,
            transfer("10"),
            issue("2021-02-01", "s-2", "ben", quantity="10", stock_class_id="seed"),
        ],
        "results-kind",
        "x-1",
    ),
    "balance is off": (
        [
            SHARES,
            transfer("10", balance_security_id="s-3"),
            issue("2021-02-01", "s-2", "ben", quantity="10"),
            issue("2021-02-01", "s-3", "ada", quantity="991"),
        ],
        "balance-agrees",
        "x-1",
    ),
    "class exceeded": ([SHARES | {"quantity": "20000001"}], "authorized-exceeded", "i-s-1"),
    "issuer exceeded": (
        [
            tx(
                "TX_ISSUER_AUTHORIZED_SHARES_ADJUSTMENT",
                "2020-01-01",
                "x-1",
                issuer_id="juniper",
                new_shares_authorized="999",
            ),
            SHARES,
        ],
        "issuer-authorized-exceeded",
        "i-s-1",
    ),
    "authorised below what is held": (
        [
            SHARES,
            tx(
                "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT",
                "2021-05-01",
                "x-1",
                stock_class_id="common",
                new_shares_authorized="999",
            ),
        ],
        "authorized-exceeded",
        "x-1",
    ),
    "another issuer": (
        [
            tx(
                "TX_ISSUER_AUTHORIZED_SHARES_ADJUSTMENT",
                "2020-01-01",
                "x-1",
                issuer_id="willow",
                new_shares_authorized="999",
            )
        ],
        "issuer-exists",
        "x-1",
    ),
    "pool overdrawn": ([GRANT | {"quantity": "1000001"}], "pool-overdrawn", "i-o-1"),
    "exercise grows": (
        [
            GRANT,
            tx(
                "TX_EQUITY_COMPENSATION_EXERCISE",
                "2022-01-01",
                "x-1",
                security_id="o-1",
                quantity="10",
                resulting_security_ids=["s-1"],
            ),
            issue("2022-01-01", "s-1", "cleo", quantity="11"),
        ],
        "results-agree",
        "x-1",
    ),
    "no ratio": (
        [
            tx(
                "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT",
                "2021-01-01",
                "x-1",
                stock_class_id="common",
                new_ratio_conversion_mechanism={
                    "type": "RATIO_CONVERSION",
                    "ratio": of(1, 1),
                    "conversion_price": usd("1"),
                    "rounding_type": "NORMAL",
                },
            )
        ],
        "conversion-right-exists",
        "x-1",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_contradiction_is_refused_by_file_object_and_rule(case: str) -> None:
    items, rule, ident = CASES[case]
    with pytest.raises(CapTableRefused) as caught:
        replay(read_documents("juniper", documents(items)))
    faults: tuple[Any, ...] = caught.value.faults
    found = {(fault.file, fault.object_id, fault.rule) for fault in faults}
    assert ("Transactions.ocf.json", ident, rule) in found
    assert {fault[2] for fault in found} == {rule}


def test_a_currency_that_differs_is_refused() -> None:
    safe = next(item for item in TRANSACTIONS if item["id"] == "i-safe-1")
    item = tx(
        "TX_CONVERTIBLE_CANCELLATION",
        "2020-07-01",
        "x-1",
        security_id="safe-1",
        amount={"amount": "10", "currency": "EUR"},
        reason_text="why",
    )
    with pytest.raises(CapTableRefused, match=r"names EUR; the security is in USD"):
        replay(read_documents("juniper", documents([safe, item])))


def test_a_package_without_its_issuer_says_what_is_missing() -> None:
    files = documents()
    files["Manifest.ocf.json"] = {"file_type": "OCF_MANIFEST_FILE"}
    with pytest.raises(CapTableRefused, match="neither an issuer nor a list of items"):
        read_documents("juniper", files)
