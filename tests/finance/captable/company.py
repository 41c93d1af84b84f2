"""A company worked by hand: every number that tests expect is derived in a comment here.

Founders' stock, a plan with a grant, a SAFE, a priced round in which it converts, a
split, an exercise, a sale between holders, a repurchase.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Item = dict[str, Any]


def usd(amount: str) -> dict[str, str]:
    """An amount in dollars."""
    return {"amount": amount, "currency": "USD"}


def numbers(*stated: int | str) -> tuple[Decimal, ...]:
    """Exact numbers."""
    return tuple(Decimal(each) for each in stated)


def tx(kind: str, on: str, ident: str, **fields: Any) -> Item:
    """A transaction."""
    return {"object_type": kind, "id": ident, "date": on, **fields}


def issue(on: str, security: str, holder: str, **fields: Any) -> Item:
    """An issuance of stock unless `kind` says otherwise; its id is `i-` and the security."""
    kind = fields.pop("kind", "STOCK")
    said: Item = {
        "security_id": security,
        "stakeholder_id": holder,
        "custom_id": security.upper(),
        "security_law_exemptions": [],
    }
    if kind == "STOCK":
        said |= {"share_price": usd("0.0001"), "stock_legend_ids": [], "stock_class_id": "common"}
    if kind in {"EQUITY_COMPENSATION", "PLAN_SECURITY"}:
        said |= {
            "compensation_type": "OPTION_NSO",
            "exercise_price": usd("0.10"),
            "expiration_date": None,
            "termination_exercise_windows": [],
        }
    return tx(f"TX_{kind}_ISSUANCE", on, f"i-{security}", **said | fields)


def stakeholder(ident: str, name: str, kind: str = "INDIVIDUAL") -> Item:
    """A holder."""
    return {
        "object_type": "STAKEHOLDER",
        "id": ident,
        "name": {"legal_name": name},
        "stakeholder_type": kind,
    }


def stock_class(ident: str, kind: str, authorized: str, **fields: Any) -> Item:
    """A class of stock."""
    return {
        "object_type": "STOCK_CLASS",
        "id": ident,
        "name": ident.title(),
        "class_type": kind,
        "default_id_prefix": ident[0].upper(),
        "initial_shares_authorized": authorized,
        "votes_per_share": "1",
        "seniority": "1",
        **fields,
    }


def to_common(numerator: str = "1", denominator: str = "1") -> Item:
    """A right to turn into common stock."""
    return {
        "type": "STOCK_CLASS_CONVERSION_RIGHT",
        "conversion_mechanism": {
            "type": "RATIO_CONVERSION",
            "ratio": {"numerator": numerator, "denominator": denominator},
            "conversion_price": usd("1.00"),
            "rounding_type": "FLOOR",
        },
        "converts_to_stock_class_id": "common",
    }


def months(length: int, times: int, after: str, **fields: Any) -> Item:
    """A trigger that comes `times` times, `length` months apart, after a condition."""
    return {
        "type": "VESTING_SCHEDULE_RELATIVE",
        "relative_to_condition_id": after,
        "period": {
            "length": length,
            "type": "MONTHS",
            "occurrences": times,
            "day_of_month": "VESTING_START_DAY_OR_LAST_DAY_OF_MONTH",
            **fields,
        },
    }


def condition(ident: str, trigger: Item, *follow: str, **fields: Any) -> Item:
    """A vesting condition; without a portion or a quantity it vests nothing."""
    if not fields.keys() & {"portion", "quantity"}:
        fields["quantity"] = "0"
    return {"id": ident, "trigger": trigger, "next_condition_ids": list(follow), **fields}


def terms(ident: str, allocation: str, *conditions: Item) -> Item:
    """A vesting schedule."""
    return {
        "object_type": "VESTING_TERMS",
        "id": ident,
        "name": ident,
        "description": ident,
        "allocation_type": allocation,
        "vesting_conditions": list(conditions),
    }


START = {"type": "VESTING_START_DATE"}
EVENT = {"type": "VESTING_EVENT"}


def of(top: int, bottom: int, **fields: Any) -> Item:
    """A portion."""
    return {"numerator": str(top), "denominator": str(bottom), **fields}


FOUR_YEARS = terms(
    "four-years",
    "CUMULATIVE_ROUNDING",
    condition("start", START, "cliff"),
    condition("cliff", months(12, 1, "start"), "monthly", portion=of(12, 48)),
    condition("monthly", months(1, 36, "cliff"), portion=of(1, 48)),
)

SAFE_TRIGGER = {
    "trigger_id": "next-round",
    "type": "AUTOMATIC_ON_CONDITION",
    "trigger_condition": "The next equity financing.",
    "conversion_right": {
        "type": "CONVERTIBLE_CONVERSION_RIGHT",
        "conversion_mechanism": {
            "type": "SAFE_CONVERSION",
            "conversion_mfn": False,
            "conversion_timing": "POST_MONEY",
            "conversion_valuation_cap": usd("5000000.00"),
        },
        "converts_to_future_round": True,
    },
}

ISSUER = {
    "object_type": "ISSUER",
    "id": "juniper",
    "legal_name": "Juniper Labs, Inc.",
    "formation_date": "2020-01-02",
    "country_of_formation": "US",
    "country_subdivision_of_formation": "DE",
    "initial_shares_authorized": "30000000",
}

STAKEHOLDERS = [
    stakeholder("ada", "Ada Novak"),
    stakeholder("ben", "Ben Osei"),
    stakeholder("cleo", "Cleo Park"),
    stakeholder("delta", "Delta Fund LP", "INSTITUTION"),
    stakeholder("echo", "Echo Ventures II LP", "INSTITUTION"),
    stakeholder("fox", "Fox Capital LLC", "INSTITUTION"),
]

CLASSES = [
    stock_class("common", "COMMON", "20000000.00"),
    stock_class("seed", "PREFERRED", "5000000.00", conversion_rights=[to_common()]),
]

PLAN = {
    "object_type": "STOCK_PLAN",
    "id": "plan",
    "plan_name": "2020 Plan",
    "initial_shares_reserved": "+1000000.00",
    "default_cancellation_behavior": "RETURN_TO_POOL",
    "stock_class_ids": ["common"],
}

FINANCINGS = [
    {
        "object_type": "FINANCING",
        "id": "seed-round",
        "name": "Seed",
        "date": "2021-02-01",
        "issuance_ids": ["i-seed-echo", "i-seed-delta"],
    }
]

# Before the round 8,000,000 shares of the founders and 1,000,000 of the plan: 9,000,000.
# The SAFE's 500,000 of a 5,000,000 post-money cap is 10 %, so 1,000,000 of 10,000,000 shares
# at 0.50. The round's 10,000,000 pre-money by those 10,000,000 shares is 1.00 a share;
# 2,000,000 of new money buys 2,000,000 shares. 12,000,000 fully diluted after it.
# The split doubles all but the preferred, which then converts at 2: 24,000,000.
TRANSACTIONS = [
    issue("2020-01-02", "cs-1", "ada", quantity="4000000.00"),
    issue("2020-01-02", "cs-2", "ben", quantity="4000000.00"),
    tx("TX_STOCK_ACCEPTANCE", "2020-01-05", "a-1", security_id="cs-1"),
    issue(
        "2020-03-01",
        "opt-1",
        "cleo",
        kind="EQUITY_COMPENSATION",
        quantity="200000",
        stock_plan_id="plan",
        vesting_terms_id="four-years",
    ),
    tx(
        "TX_VESTING_START",
        "2020-03-01",
        "v-1",
        security_id="opt-1",
        vesting_condition_id="start",
    ),
    issue(
        "2020-06-01",
        "safe-1",
        "delta",
        kind="CONVERTIBLE",
        convertible_type="SAFE",
        investment_amount=usd("500000.00"),
        conversion_triggers=[SAFE_TRIGGER],
        seniority=1,
    ),
    tx(
        "TX_CONVERTIBLE_CONVERSION",
        "2021-02-01",
        "c-1",
        security_id="safe-1",
        trigger_id="next-round",
        reason_text="Seed financing",
        resulting_security_ids=["seed-delta"],
    ),
    issue(
        "2021-02-01",
        "seed-delta",
        "delta",
        stock_class_id="seed",
        quantity="1000000",
        share_price=usd("0.50"),
    ),
    issue(
        "2021-02-01",
        "seed-echo",
        "echo",
        stock_class_id="seed",
        quantity="2000000",
        share_price=usd("1.00"),
    ),
    tx(
        "TX_STOCK_CLASS_SPLIT",
        "2021-06-01",
        "split-1",
        stock_class_id="common",
        split_ratio=of(2, 1),
    ),
    tx(
        "TX_EQUITY_COMPENSATION_EXERCISE",
        "2022-03-15",
        "e-1",
        security_id="opt-1",
        quantity="100000",
        resulting_security_ids=["cs-3"],
    ),
    issue("2022-03-15", "cs-3", "cleo", quantity="100000", share_price=usd("0.05")),
    tx(
        "TX_STOCK_TRANSFER",
        "2022-06-01",
        "t-1",
        security_id="cs-2",
        quantity="1000000",
        resulting_security_ids=["cs-4"],
        balance_security_id="cs-5",
    ),
    issue("2022-06-01", "cs-4", "fox", quantity="1000000"),
    issue("2022-06-01", "cs-5", "ben", quantity="7000000"),
    tx(
        "TX_STOCK_REPURCHASE",
        "2022-09-01",
        "r-1",
        security_id="cs-1",
        quantity="500000",
        price=usd("1.10"),
    ),
]


def documents(
    transactions: list[Item] | None = None, **others: list[Item]
) -> dict[str, dict[str, Any]]:
    """The company's files, with other transactions or objects where given."""
    files = {
        "Stakeholders": STAKEHOLDERS,
        "StockClasses": CLASSES,
        "StockPlans": [PLAN],
        "VestingTerms": [FOUR_YEARS],
        "Financings": FINANCINGS if transactions is None else [],
        "Transactions": TRANSACTIONS if transactions is None else transactions,
    } | others
    return {
        "Manifest.ocf.json": {"file_type": "OCF_MANIFEST_FILE", "issuer": ISSUER},
        **{f"{name}.ocf.json": {"items": items} for name, items in files.items()},
    }
