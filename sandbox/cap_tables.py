"""Cap tables of the firm's portfolio companies, as Open Cap Table packages.

Each package issues founders' stock, preferred stock a round, an option plan with
grants, and a note that converts. Amounts are decimal strings; some carry a plus
sign or ten decimals, as the format allows.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from sandbox.files import write_json
from sandbox.universe import FIRM, Company, Universe

Item = dict[str, Any]


def write_cap_tables(folder: Path, universe: Universe) -> None:
    """One package a portfolio company."""
    for company in universe.portfolio:
        package = _Package(universe.random(f"cap table {company.number}"), company)
        for name, items in package.files().items():
            kind = package.file_types[name]
            path = folder / "ocf" / company.slug / f"{name}.ocf.json"
            write_json(path, {"file_type": f"OCF_{kind}_FILE", "items": items})
        write_json(folder / "ocf" / company.slug / "Manifest.ocf.json", package.manifest())


@dataclass(frozen=True)
class Purchase:
    """Preferred shares that the firm bought in one round; price in US dollars a share."""

    company: Company
    on: date
    shares: Decimal
    price: Decimal

    @property
    def cost(self) -> Decimal:
        """What was paid, in US dollars and cents."""
        return (self.shares * self.price).quantize(Decimal("0.01"))


def purchases(universe: Universe) -> list[Purchase]:
    """What the firm holds by the cap tables of its companies, oldest first."""
    found = []
    for company in universe.portfolio:
        files = _Package(universe.random(f"cap table {company.number}"), company).files()
        firm = next(i["id"] for i in files["Stakeholders"] if i["name"]["legal_name"] == FIRM)
        found += [
            Purchase(
                company,
                date.fromisoformat(item["date"]),
                Decimal(item["quantity"]),
                Decimal(item["share_price"]["amount"]),
            )
            for item in files["Transactions"]
            if item["object_type"] == "TX_STOCK_ISSUANCE" and item["stakeholder_id"] == firm
        ]
    return sorted(found, key=lambda bought: (bought.on, bought.company.number))


class _Package:
    """Builds one package; every id is drawn from its own chance."""

    file_types = {  # noqa: RUF012  (a constant of the format)
        "Stakeholders": "STAKEHOLDERS",
        "StockClasses": "STOCK_CLASSES",
        "StockPlans": "STOCK_PLANS",
        "StockLegends": "STOCK_LEGEND_TEMPLATES",
        "VestingTerms": "VESTING_TERMS",
        "Valuations": "VALUATIONS",
        "Financings": "FINANCINGS",
        "Documents": "DOCUMENTS",
        "Transactions": "TRANSACTIONS",
    }

    def __init__(self, chance: Random, company: Company) -> None:
        self._chance = chance
        self._company = company
        self._common = self._id()
        self._preferred = self._id()
        self._plan = self._id()
        self._legend = self._id()
        self._vesting = self._id()
        self._people = [(self._id(), name) for name in company.founders]
        self._investors = [(self._id(), FIRM), (self._id(), "Harrowgate Angel Syndicate")]

    def _id(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))

    def manifest(self) -> Item:
        company = self._company
        return {
            "ocf_version": "1.2.0",
            "file_type": "OCF_MANIFEST_FILE",
            "issuer": {
                "object_type": "ISSUER",
                "id": self._id(),
                "legal_name": company.legal_name,
                "dba": company.name,
                "formation_date": company.founded.isoformat(),
                "country_of_formation": "US",
                "country_subdivision_of_formation": "DE",
                "comments": [],
            },
            "as_of": "2026-03-31",
            "generated_at": "2026-04-01T08:15:00-06:00",
        }

    def files(self) -> dict[str, list[Item]]:
        """File name → its items."""
        transactions, financings = self._transactions()
        opened = self._company.founded.isoformat()
        plan = {
            "object_type": "STOCK_PLAN",
            "id": self._plan,
            "plan_name": "Stock Incentive Plan",
            "board_approval_date": opened,
            "initial_shares_reserved": "+1000000.00",
            "stock_class_ids": [self._common],
        }
        vesting = {
            "id": self._vesting,
            "object_type": "VESTING_TERMS",
            "name": "Four years, one year cliff",
            "description": "A quarter after one year, then a forty-eighth each month.",
            "allocation_type": "CUMULATIVE_ROUNDING",
            "vesting_conditions": [
                {"id": "start", "quantity": "0", "trigger": {"type": "VESTING_START_DATE"}}
            ],
        }
        legend = {
            "id": self._legend,
            "object_type": "STOCK_LEGEND_TEMPLATE",
            "name": "Restricted",
            "text": "These shares may not be sold without leave.",
        }
        valuation = {
            "id": self._id(),
            "object_type": "VALUATION",
            "provider": "Even Keel Appraisals",
            "price_per_share": {"amount": "0.4100000000", "currency": "USD"},
            "effective_date": "2025-09-30",
            "valuation_type": "409A",
            "stock_class_id": self._common,
        }
        document = {
            "object_type": "DOCUMENT",
            "id": self._id(),
            "path": "./plan.pdf",
            "md5": f"{self._chance.getrandbits(128):032x}",
        }
        return {
            "Stakeholders": self._stakeholders(),
            "StockClasses": self._classes(),
            "StockPlans": [plan],
            "StockLegends": [legend],
            "VestingTerms": [vesting],
            "Valuations": [valuation],
            "Financings": financings,
            "Documents": [document],
            "Transactions": transactions,
        }

    def _stakeholders(self) -> list[Item]:
        people = [
            {
                "object_type": "STAKEHOLDER",
                "id": who,
                "name": {
                    "legal_name": name,
                    "first_name": name.partition(" ")[0],
                    "last_name": name.partition(" ")[2],
                },
                "stakeholder_type": "INDIVIDUAL",
                "current_relationships": ["FOUNDER"],
            }
            for who, name in self._people
        ]
        funds = [
            {
                "object_type": "STAKEHOLDER",
                "id": who,
                "name": {"legal_name": name},
                "stakeholder_type": "INSTITUTION",
                "current_relationships": ["INVESTOR"],
            }
            for who, name in self._investors
        ]
        return [*people, *funds]

    def _classes(self) -> list[Item]:
        both = (
            (self._common, "Common Stock", "COMMON"),
            (self._preferred, "Series A", "PREFERRED"),
        )
        return [
            {
                "object_type": "STOCK_CLASS",
                "id": which,
                "name": name,
                "class_type": kind,
                "default_id_prefix": name[0] + "S-",
                "initial_shares_authorized": "100000000.00",
                "votes_per_share": "1",
                "par_value": {"amount": "0.0001000000", "currency": "USD"},
                "seniority": str(place),
                "conversion_rights": [],
            }
            for place, (which, name, kind) in enumerate(both, 1)
        ]

    def _event(self, kind: str, on: object, **more: Any) -> Item:
        return {"object_type": kind, "id": self._id(), "date": str(on), **more}

    def _stock(self, on: object, holder: str, which: str, number: str, price: str) -> Item:
        return self._event(
            "TX_STOCK_ISSUANCE",
            on,
            security_id=self._id(),
            stakeholder_id=holder,
            stock_class_id=which,
            custom_id=f"S-{self._chance.randint(1, 9999)}",
            share_price={"amount": price, "currency": "USD"},
            quantity=number,
            security_law_exemptions=[],
            stock_legend_ids=[self._legend],
        )

    def _transactions(self) -> tuple[list[Item], list[Item]]:
        company = self._company
        events: list[Item] = []
        financings: list[Item] = []
        for who, _ in self._people:
            issued = self._stock(company.founded, who, self._common, "2000000.00", "0.0001")
            events += [issued, self._accept(issued)]
        for made in company.rounds:
            price = f"{self._chance.uniform(0.2, 9):.10f}"
            shares = str(round((made.amount_usd or 400_000) / float(price)))
            sold = [
                self._stock(made.on, who, self._preferred, shares, price)
                for who, _ in self._investors
            ]
            events += sold
            financings.append(
                self._event(
                    "FINANCING", made.on, name=made.kind, issuance_ids=[i["id"] for i in sold]
                )
            )
        events += self._options()
        events += self._note()
        events.append(self._sale(events[0]))
        return events, financings

    def _accept(self, issued: Item) -> Item:
        on = issued["date"]
        return self._event("TX_STOCK_ACCEPTANCE", on, security_id=issued["security_id"])

    def _options(self) -> list[Item]:
        on = self._company.founded + timedelta(days=200)
        grants: list[Item] = []
        for number in range(self._chance.randint(2, 5)):
            grant = self._event(
                "TX_EQUITY_COMPENSATION_ISSUANCE",
                on + timedelta(days=30 * number),
                security_id=self._id(),
                stakeholder_id=self._people[0][0],
                stock_plan_id=self._plan,
                custom_id=f"O-{number}",
                compensation_type="OPTION_ISO",
                quantity=str(1000 * self._chance.randint(1, 40)),
                exercise_price={"amount": "0.35", "currency": "USD"},
                vesting_terms_id=self._vesting,
                expiration_date=None,
                termination_exercise_windows=[],
                security_law_exemptions=[],
            )
            begun = self._event(
                "TX_VESTING_START",
                grant["date"],
                security_id=grant["security_id"],
                vesting_condition_id="start",
            )
            grants += [grant, begun]
        gone = self._event(
            "TX_EQUITY_COMPENSATION_CANCELLATION",
            on + timedelta(days=500),
            security_id=grants[0]["security_id"],
            quantity=grants[0]["quantity"],
            reason_text="left the company",
        )
        return [*grants, gone]

    def _note(self) -> list[Item]:
        on = self._company.founded + timedelta(days=60)
        issued = self._event(
            "TX_CONVERTIBLE_ISSUANCE",
            on,
            security_id=self._id(),
            stakeholder_id=self._investors[1][0],
            custom_id="CN-1",
            convertible_type="NOTE",
            investment_amount={"amount": "150000.00", "currency": "USD"},
            conversion_triggers=[],
            seniority=1,
            security_law_exemptions=[],
        )
        converted = self._event(
            "TX_CONVERTIBLE_CONVERSION",
            self._company.rounds[0].on,
            security_id=issued["security_id"],
            trigger_id="CN-1.1",
            reason_text="qualified financing",
            resulting_security_ids=[self._id()],
        )
        return [issued, converted]

    def _sale(self, founders: Item) -> Item:
        return self._event(
            "TX_STOCK_TRANSFER",
            self._company.rounds[-1].on,
            security_id=founders["security_id"],
            quantity="+25000.00",
            resulting_security_ids=[self._id()],
        )
