"""What happened to the shares of one portfolio company, so that it adds up.

Belongs here: the transactions, in the order in which they came about, with the prices
that follow from what there was before. Does not belong here: the other objects of a
package, and files (`cap_tables`).

Founders' stock and a plan; options, one of them exercised in part and given up for the
rest; a note that converts in the first round at 80 % of its price; a class of preferred
stock for each round; a sale by a founder. Some companies have more: a split of the
common stock, a repurchase, a lender's warrant.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from random import Random
from typing import Any

from sandbox.universe import FIRM, TODAY, Company, Round, person

Item = dict[str, Any]

SYNDICATE = "Harrowgate Angel Syndicate"
LENDER = "Lantern Venture Lending"
_CENT = Decimal("0.01")
_PRICE = Decimal("0.0001")
_LEADS = Decimal("0.5")
"""The firm's part of each round; the syndicate takes the rest."""
_UNDISCLOSED = 400_000
_NOTE = Decimal(150_000)
_POOL = 1_000_000
_MORE_POOL = 500_000
_FOUNDERS = 2_000_000
_NAMES = {
    "angel": "Seed",
    "series-a": "Series A",
    "series-b": "Series B",
    "series-c+": "Series C",
    "private-equity": "Series D",
}


def usd(amount: Decimal | str) -> Item:
    """An amount in dollars, as the format writes it."""
    return {"amount": str(amount), "currency": "USD"}


class Story:
    """Builds the transactions of one company; every id is drawn from its own chance.

    `place` is the company's place in the portfolio: it decides what else happened.
    """

    def __init__(self, chance: Random, company: Company, place: int) -> None:
        self._chance = chance
        self._company = company
        self._place = place
        self.issuer = self.id()
        self.common = self.id()
        self.plan = self.id()
        self.legend = self.id()
        self.vesting = self.id()
        self.founders = [(self.id(), name) for name in company.founders]
        self.investors = {name: self.id() for name in (FIRM, SYNDICATE, LENDER)}
        self.employees: list[tuple[str, str]] = []
        self.classes: list[tuple[str, str, int, Decimal]] = []
        self.events: list[Item] = []
        self.financings: list[Item] = []
        self._numbers: dict[str, int] = {}
        # Fully diluted: what is issued, and all that is reserved for the plan.
        self._diluted = _FOUNDERS * len(self.founders) + _POOL
        self._tell()

    def id(self) -> str:
        """A new identity."""
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))

    def _tell(self) -> None:
        company = self._company
        founded = [
            self._stock(company.founded, who, self.common, f"{_FOUNDERS}.00", "0.0001", "CS-")
            for who, _ in self.founders
        ]
        for item in founded:
            on = item["date"]
            self._event("TX_STOCK_ACCEPTANCE", on, security_id=item["security_id"])
        last = self._options()
        note = self._note()
        for nth, made in enumerate(company.rounds):
            if made.kind == "series-a":
                self._enlarge_pool(made.on)
            if nth == 1 and self._place == 2:
                self._warrant(company.rounds[0].on + timedelta(days=30))
            self._round(made, note if nth == 0 else None)
        closed = company.rounds[-1].on
        self._sale(founded[0], closed)
        self._repurchase(founded[-1], closed + timedelta(days=90))
        self._split(max(closed, last) + timedelta(days=60))

    def _event(self, kind: str, on: object, **more: Any) -> Item:
        item = {"object_type": kind, "id": self.id(), "date": str(on), **more}
        self.events.append(item)
        return item

    def _number(self, prefix: str) -> str:
        self._numbers[prefix] = self._numbers.get(prefix, 0) + 1
        return f"{prefix}{self._numbers[prefix]}"

    def _stock(
        self, on: object, holder: str, which: str, shares: str, price: str, prefix: str
    ) -> Item:
        return self._event(
            "TX_STOCK_ISSUANCE",
            on,
            security_id=self.id(),
            stakeholder_id=holder,
            stock_class_id=which,
            custom_id=self._number(prefix),
            share_price=usd(price),
            quantity=shares,
            security_law_exemptions=[],
            stock_legend_ids=[self.legend],
        )

    def _round(self, made: Round, note: Item | None) -> None:
        """Sell a class of its own at the pre-money valuation by what there was before."""
        amount = Decimal(made.amount_usd or _UNDISCLOSED)
        before = amount * self._chance.randint(3, 6)
        price = (before / self._diluted).quantize(_PRICE)
        which = self.id()
        prefix = f"P{len(self.classes) + 1}-"
        shares = {
            FIRM: int(amount * _LEADS / price),
            SYNDICATE: int(amount * (1 - _LEADS) / price),
        }
        sold = [
            self._stock(made.on, self.investors[name], which, str(count), f"{price}", prefix)
            for name, count in shares.items()
        ]
        if note is not None:
            sold.append(self._convert(note, made.on, which, price, prefix))
        issued = sum(int(item["quantity"]) for item in sold)
        self._diluted += issued
        self.classes.append((which, _NAMES[made.kind], issued * 11 // 10, price))
        self.financings.append(
            {
                "object_type": "FINANCING",
                "id": self.id(),
                "name": _NAMES[made.kind],
                "date": str(made.on),
                "issuance_ids": [item["id"] for item in sold],
            }
        )

    def _note(self) -> Item:
        """A note at 6 % simple interest, half-way to the first round."""
        founded, first = self._company.founded, self._company.rounds[0].on
        on = founded + (first - founded) / 2
        terms = {
            "type": "CONVERTIBLE_NOTE_CONVERSION",
            "interest_rates": [{"rate": "0.06", "accrual_start_date": str(on)}],
            "day_count_convention": "ACTUAL_365",
            "interest_payout": "DEFERRED",
            "interest_accrual_period": "ANNUAL",
            "compounding_type": "SIMPLE",
            "conversion_discount": "0.2",
        }
        return self._event(
            "TX_CONVERTIBLE_ISSUANCE",
            on,
            security_id=self.id(),
            stakeholder_id=self.investors[SYNDICATE],
            custom_id="CN-1",
            convertible_type="NOTE",
            investment_amount=usd(f"{_NOTE}.00"),
            conversion_triggers=[
                {
                    "trigger_id": "CN-1.1",
                    "type": "AUTOMATIC_ON_CONDITION",
                    "trigger_condition": "The first sale of preferred stock.",
                    "conversion_right": {
                        "type": "CONVERTIBLE_CONVERSION_RIGHT",
                        "conversion_mechanism": terms,
                        "converts_to_future_round": True,
                    },
                }
            ],
            seniority=1,
            security_law_exemptions=[],
        )

    def _convert(self, note: Item, on: date, which: str, price: Decimal, prefix: str) -> Item:
        days = (on - date.fromisoformat(note["date"])).days
        owed = _NOTE + (_NOTE * 6 * days / 36_500).quantize(_CENT)
        paid = (price * 8 / 10).quantize(_PRICE)
        shares = (owed / paid).quantize(Decimal(1), ROUND_FLOOR)
        holder = self.investors[SYNDICATE]
        made = self._stock(on, holder, which, str(shares), f"{paid}", prefix)
        self._event(
            "TX_CONVERTIBLE_CONVERSION",
            on,
            security_id=note["security_id"],
            trigger_id="CN-1.1",
            reason_text="qualified financing",
            resulting_security_ids=[made["security_id"]],
        )
        return made

    def _options(self) -> date:
        """Grants to employees; the first leaves after 500 days. The last day that counts."""
        begun = self._company.founded + timedelta(days=200)
        for nth in range(self._chance.randint(2, 5)):
            on = begun + timedelta(days=30 * nth)
            if on <= TODAY:
                self._grant(on)
        gone = begun + timedelta(days=500)
        if gone > TODAY:
            return begun
        grant = next(
            it for it in self.events if it["object_type"].endswith("COMPENSATION_ISSUANCE")
        )
        quarter = int(grant["quantity"]) // 4
        holder = grant["stakeholder_id"]
        made = self._stock(gone, holder, self.common, str(quarter), "0.35", "CS-")
        self._event(
            "TX_EQUITY_COMPENSATION_EXERCISE",
            gone,
            security_id=grant["security_id"],
            quantity=str(quarter),
            resulting_security_ids=[made["security_id"]],
        )
        self._event(
            "TX_EQUITY_COMPENSATION_CANCELLATION",
            gone,
            security_id=grant["security_id"],
            quantity=str(3 * quarter),
            reason_text="left the company",
        )
        return gone

    def _grant(self, on: date) -> None:
        who = (self.id(), person(self._chance))
        self.employees.append(who)
        grant = self._event(
            "TX_EQUITY_COMPENSATION_ISSUANCE",
            on,
            security_id=self.id(),
            stakeholder_id=who[0],
            stock_plan_id=self.plan,
            custom_id=self._number("O-"),
            compensation_type="OPTION_ISO",
            quantity=str(4000 * self._chance.randint(1, 10)),
            exercise_price=usd("0.35"),
            vesting_terms_id=self.vesting,
            expiration_date=None,
            termination_exercise_windows=[],
            security_law_exemptions=[],
        )
        self._event(
            "TX_VESTING_START",
            on,
            security_id=grant["security_id"],
            vesting_condition_id="start",
        )

    def _enlarge_pool(self, on: date) -> None:
        self._diluted += _MORE_POOL
        self._event(
            "TX_STOCK_PLAN_POOL_ADJUSTMENT",
            on - timedelta(days=1),
            stock_plan_id=self.plan,
            shares_reserved=f"+{_POOL + _MORE_POOL}.00",
        )

    def _warrant(self, on: date) -> None:
        self._diluted += 50_000
        self._event(
            "TX_WARRANT_ISSUANCE",
            on,
            security_id=self.id(),
            stakeholder_id=self.investors[LENDER],
            custom_id="W-1",
            quantity="50000",
            quantity_source="INSTRUMENT_FIXED",
            exercise_price=usd(f"{self.classes[0][3]}"),
            purchase_price=usd("1.00"),
            exercise_triggers=[
                {
                    "trigger_id": "W-1.1",
                    "type": "ELECTIVE_AT_WILL",
                    "conversion_right": {
                        "type": "WARRANT_CONVERSION_RIGHT",
                        "conversion_mechanism": {
                            "type": "FIXED_AMOUNT_CONVERSION",
                            "converts_to_quantity": "50000",
                        },
                        "converts_to_stock_class_id": self.common,
                    },
                }
            ],
            security_law_exemptions=[],
        )

    def _sale(self, founders: Item, on: date) -> None:
        holder = self.investors[SYNDICATE]
        sold = self._stock(on, holder, self.common, "25000.00", "0.50", "CS-")
        self._event(
            "TX_STOCK_TRANSFER",
            on,
            security_id=founders["security_id"],
            quantity="+25000.00",
            resulting_security_ids=[sold["security_id"]],
        )

    def _repurchase(self, founders: Item, on: date) -> None:
        if self._place != 1 or on > TODAY:
            return
        self._event(
            "TX_STOCK_REPURCHASE",
            on,
            security_id=founders["security_id"],
            quantity="50000.0000000000",
            price=usd("0.5000000000"),
        )

    def _split(self, on: date) -> None:
        if self._place != 0 or on > TODAY:
            return
        self._event(
            "TX_STOCK_CLASS_SPLIT",
            on,
            stock_class_id=self.common,
            split_ratio={"numerator": "2", "denominator": "1"},
        )
