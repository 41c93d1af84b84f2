"""Cap tables of the firm's portfolio companies, as Open Cap Table packages.

Belongs here: the objects of a package and its files. Does not belong here: what happened
to a company's shares (`cap_table_story`). Amounts are decimal strings; some carry a plus
sign or ten decimals, as the format allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from sandbox.cap_table_story import LENDER, Item, Story, usd
from sandbox.files import write_json
from sandbox.universe import FIRM, TODAY, Company, Universe

_FILES = {
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
"""File → its type in the format."""


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


def write_cap_tables(folder: Path, universe: Universe) -> None:
    """One package a portfolio company."""
    for company, story in stories(universe):
        below = folder / "ocf" / company.slug
        for name, items in _items(company, story).items():
            document = {"file_type": f"OCF_{_FILES[name]}_FILE", "items": items}
            write_json(below / f"{name}.ocf.json", document)
        write_json(below / "Manifest.ocf.json", _manifest(company, story))


def stories(universe: Universe) -> Iterator[tuple[Company, Story]]:
    """What happened to each portfolio company's shares."""
    for place, company in enumerate(universe.portfolio):
        yield company, Story(universe.random(f"cap table {company.number}"), company, place)


def purchases(universe: Universe) -> list[Purchase]:
    """What the firm holds by the cap tables of its companies, oldest first."""
    found = [
        Purchase(
            company,
            date.fromisoformat(item["date"]),
            Decimal(item["quantity"]),
            Decimal(item["share_price"]["amount"]),
        )
        for company, story in stories(universe)
        for item in story.events
        if item["object_type"] == "TX_STOCK_ISSUANCE"
        and item["stakeholder_id"] == story.investors[FIRM]
    ]
    return sorted(found, key=lambda bought: (bought.on, bought.company.number))


def _manifest(company: Company, story: Story) -> Item:
    return {
        "ocf_version": "1.2.0",
        "file_type": "OCF_MANIFEST_FILE",
        "issuer": {
            "object_type": "ISSUER",
            "id": story.issuer,
            "legal_name": company.legal_name,
            "dba": company.name,
            "formation_date": company.founded.isoformat(),
            "country_of_formation": "US",
            "country_subdivision_of_formation": "DE",
            "comments": [],
        },
        "as_of": TODAY.isoformat(),
        "generated_at": f"{TODAY.isoformat()}T08:15:00-06:00",
    }


def _items(company: Company, story: Story) -> dict[str, list[Item]]:
    """File name → its items."""
    return {
        "Stakeholders": _stakeholders(story),
        "StockClasses": _classes(story),
        "StockPlans": [_plan(company, story)],
        "StockLegends": [
            {
                "id": story.legend,
                "object_type": "STOCK_LEGEND_TEMPLATE",
                "name": "Restricted",
                "text": "These shares may not be sold without leave.",
            }
        ],
        "VestingTerms": [_vesting(story)],
        "Valuations": [
            {
                "object_type": "VALUATION",
                "id": story.id(),
                "provider": "Even Keel Appraisals",
                "price_per_share": usd("0.4100000000"),
                "effective_date": "2025-09-30",
                "valuation_type": "409A",
                "stock_class_id": story.common,
            }
        ],
        "Financings": story.financings,
        "Documents": [
            {
                "object_type": "DOCUMENT",
                "id": story.id(),
                "path": "./plan.pdf",
                "md5": story.id().replace("-", ""),
            }
        ],
        "Transactions": story.events,
    }


def _plan(company: Company, story: Story) -> Item:
    return {
        "object_type": "STOCK_PLAN",
        "id": story.plan,
        "plan_name": "Stock Incentive Plan",
        "board_approval_date": company.founded.isoformat(),
        "initial_shares_reserved": "+1000000.00",
        "default_cancellation_behavior": "RETURN_TO_POOL",
        "stock_class_ids": [story.common],
    }


def _vesting(story: Story) -> Item:
    return {
        "id": story.vesting,
        "object_type": "VESTING_TERMS",
        "name": "Four years, one year cliff",
        "description": "A quarter after one year, then a forty-eighth each month.",
        "allocation_type": "CUMULATIVE_ROUNDING",
        "vesting_conditions": [
            {
                "id": "start",
                "quantity": "0",
                "trigger": {"type": "VESTING_START_DATE"},
                "next_condition_ids": ["cliff"],
            },
            _condition("cliff", 12, 1, "start", ["months"]),
            _condition("months", 1, 36, "cliff", []),
        ],
    }


def _condition(name: str, months: int, times: int, after: str, follow: list[str]) -> Item:
    return {
        "id": name,
        "portion": {"numerator": str(months), "denominator": "48"},
        "trigger": {
            "type": "VESTING_SCHEDULE_RELATIVE",
            "relative_to_condition_id": after,
            "period": {
                "length": months,
                "type": "MONTHS",
                "occurrences": times,
                "day_of_month": "VESTING_START_DAY_OR_LAST_DAY_OF_MONTH",
            },
        },
        "next_condition_ids": follow,
    }


def _stakeholders(story: Story) -> list[Item]:
    people = [(who, name, "FOUNDER") for who, name in story.founders]
    people += [(who, name, "EMPLOYEE") for who, name in story.employees]
    found: list[Item] = [
        {
            "object_type": "STAKEHOLDER",
            "id": who,
            "name": {
                "legal_name": name,
                "first_name": name.partition(" ")[0],
                "last_name": name.partition(" ")[2],
            },
            "stakeholder_type": "INDIVIDUAL",
            "current_relationships": [relation],
        }
        for who, name, relation in people
    ]
    holders = {item.get("stakeholder_id") for item in story.events}
    found += [
        {
            "object_type": "STAKEHOLDER",
            "id": who,
            "name": {"legal_name": name},
            "stakeholder_type": "INSTITUTION",
            "current_relationships": ["OTHER" if name == LENDER else "INVESTOR"],
        }
        for name, who in story.investors.items()
        if who in holders
    ]
    return found


def _classes(story: Story) -> list[Item]:
    common: Item = {
        "object_type": "STOCK_CLASS",
        "id": story.common,
        "name": "Common Stock",
        "class_type": "COMMON",
        "default_id_prefix": "CS-",
        "initial_shares_authorized": "100000000.00",
        "votes_per_share": "1",
        "par_value": usd("0.0001000000"),
        "seniority": "1",
        "conversion_rights": [],
    }
    preferred: list[Item] = [
        {
            "object_type": "STOCK_CLASS",
            "id": which,
            "name": f"{name} Preferred",
            "class_type": "PREFERRED",
            "default_id_prefix": f"P{nth}-",
            "initial_shares_authorized": f"{authorized}.00",
            "votes_per_share": "1",
            "par_value": usd("0.0001000000"),
            "price_per_share": usd(f"{price}"),
            "seniority": str(nth + 1),
            "liquidation_preference_multiple": "1",
            "conversion_rights": [
                {
                    "type": "STOCK_CLASS_CONVERSION_RIGHT",
                    "conversion_mechanism": {
                        "type": "RATIO_CONVERSION",
                        "ratio": {"numerator": "1", "denominator": "1"},
                        "conversion_price": usd(f"{price}"),
                        "rounding_type": "FLOOR",
                    },
                    "converts_to_stock_class_id": story.common,
                }
            ],
        }
        for nth, (which, name, authorized, price) in enumerate(story.classes, 1)
    ]
    return [common, *preferred]
