"""The United Kingdom's register of companies.

Belongs here: profiles, officers, persons with significant control and filings of the
made-up British companies, with start_index, the key as user, and the register's own
errors. Does not belong here: who is registered (`identities` says that).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sandbox.apis._pages import HORIZON
from sandbox.identities import Identity, identities
from sandbox.standin import NOW, Asked, RateLimit, Reply, StandIn
from sandbox.universe import Universe

KEY = "sandbox-companies-house-key"
WATCHED = 12
LARGEST_PAGE = 100
_LISTS = ("officers", "persons-with-significant-control", "filing-history")
_CATEGORIES = (
    ("accounts", "AA", "accounts-with-accounts-type-micro-entity"),
    ("confirmation-statement", "CS01", "confirmation-statement-with-no-updates"),
    ("officers", "AP01", "appoint-person-director-company-with-name-date"),
    ("capital", "SH01", "capital-allotment-shares"),
    ("address", "AD01", "change-registered-office-address-company-with-date-old-address"),
)


class CompaniesHouse(StandIn):
    """`/company/{number}` and its lists."""

    name = "companies_house"

    def __init__(self, universe: Universe, now: datetime = NOW) -> None:
        super().__init__(universe, now)
        self.limit = RateLimit(600, 300)
        known = (who for who in identities(universe).companies if who.company_number)
        self.companies = {str(who.company_number): who for who in known}

    @property
    def watched(self) -> tuple[str, ...]:
        """The companies that the firm looks up."""
        return tuple(sorted(self.companies))[:WATCHED]

    def environment(self, address: str) -> Mapping[str, str]:
        """The key, and the numbers of the watched companies."""
        return {
            "COMPANIES_HOUSE_URL": f"{address}/{self.name}",
            "COMPANIES_HOUSE_API_KEY": KEY,
            "COMPANIES_HOUSE_NUMBERS": ",".join(self.watched),
        }

    def answer(self, asked: Asked) -> Reply:
        """What the register says, with its limit's headers."""
        if asked.basic()[0] != KEY:
            given = "authorization" in asked.headers
            text = "Invalid Authorization" if given else "Empty Authorization header"
            return Reply(401, {}, {"error": text, "type": "ch:service"})
        allowance = self.limit.take()
        headers = {
            "X-Ratelimit-Limit": str(allowance.limit),
            "X-Ratelimit-Remain": str(allowance.remaining),
            "X-Ratelimit-Reset": str(round(time.time() + allowance.reset_s)),
            "X-Ratelimit-Window": "5m",
        }
        if not allowance.passed:
            return Reply(429, headers, b"")
        reply = self._resource(asked)
        return Reply(reply.status, headers, reply.body)

    def refuse(self, status: int, wait_s: float) -> Reply:
        """The register sends no Retry-After, and no body that says more."""
        headers = {
            "X-Ratelimit-Limit": "600",
            "X-Ratelimit-Remain": "0",
            "X-Ratelimit-Reset": str(int(time.time() + wait_s)),
        }
        return Reply(status, headers if status == 429 else {}, b"")

    def _resource(self, asked: Asked) -> Reply:
        match asked.parts:
            case ("company", number) if number in self.companies:
                return Reply(body=profile(self.companies[number]))
            case ("company", _):
                return _missing("company-profile-not-found")
            case ("company", number, kind) if kind in _LISTS and number in self.companies:
                return self._list(asked, number, kind)
        return _missing("not-found")

    def _list(self, asked: Asked, number: str, kind: str) -> Reply:
        today = self.now.date().isoformat()
        who = self.companies[number]
        makers = {"officers": officers, "filing-history": filings}
        found = makers.get(kind, owners)(who)
        found = [item for item in found if _dated(item) <= today]
        if not found:
            return _missing("company-psc-not-found")
        start = asked.number("start_index", 0)
        size = min(asked.number("items_per_page", 35), LARGEST_PAGE)
        body = {
            "kind": kind,
            "start_index": start,
            "items_per_page": size,
            "items": found[start : start + size],
            "links": {"self": f"/company/{number}/{kind}"},
        }
        if kind == "filing-history":
            return Reply(
                body={
                    **body,
                    "total_count": len(found),
                    "filing_history_status": "filing-history-available",
                }
            )
        resigned = sum("resigned_on" in item or "ceased_on" in item for item in found)
        counts = {"total_results": len(found), "active_count": len(found) - resigned}
        left = {"resigned_count" if kind == "officers" else "ceased_count": resigned}
        return Reply(body={**body, **counts, **left})


def _missing(error: str) -> Reply:
    return Reply(404, {}, {"errors": [{"error": error, "type": "ch:service"}]})


def _dated(item: Mapping[str, Any]) -> str:
    return str(item.get("date") or item.get("appointed_on") or item["notified_on"])


def _address(who: Identity) -> dict[str, str]:
    city = who.company.city
    return {"address_line_1": "1 Example Street", "locality": city, "postal_code": "EX1 1AA"}


def profile(who: Identity) -> dict[str, Any]:
    """The profile of one company."""
    company = who.company
    closed = company.status == "closed"
    number = who.company_number
    made: dict[str, Any] = {
        "company_number": number,
        "company_name": who.name_in("companies_house").replace(",", "").replace("LTD", "LIMITED"),
        "company_status": "dissolved" if closed else "active",
        "type": "ltd",
        "jurisdiction": "scotland" if str(number).startswith("SC") else "england-wales",
        "date_of_creation": company.founded.isoformat(),
        "sic_codes": ["62012"] if company.number % 3 else ["62012", "62020"],
        "registered_office_address": _address(who),
        "accounts": {"accounting_reference_date": {"day": "31", "month": "12"}},
        "has_charges": company.number % 5 == 0,
        "has_insolvency_history": closed,
        "can_file": not closed,
        "etag": who.text_in("companies_house", "profile", 40),
        "links": {"self": f"/company/{number}", "officers": f"/company/{number}/officers"},
    }
    if company.number % 3 == 0:
        # Bought off the shelf, and renamed within the month.
        renamed = company.founded + timedelta(days=25)
        made["previous_company_names"] = [
            {
                "name": f"SHELFCO {number} LIMITED",
                "effective_from": company.founded.isoformat(),
                "ceased_on": renamed.isoformat(),
            }
        ]
    if closed:
        made["date_of_cessation"] = (company.founded + timedelta(days=900)).isoformat()
    return made


def officers(who: Identity) -> list[dict[str, Any]]:
    """Directors, and sometimes a secretary who left; last names in capitals come first."""
    found = []
    for place, person in enumerate(who.people):
        chance = who.chance("companies_house", f"officer {place}")
        key = who.text_in("companies_house", f"appointment {place}", 27)
        found.append(
            {
                "name": f"{person.last.upper()}, {person.first}",
                "officer_role": "director",
                "appointed_on": _after(chance, who.company.founded, 200 * place).isoformat(),
                "date_of_birth": {
                    "month": chance.randint(1, 12),
                    "year": 1960 + chance.randint(0, 39),
                },
                "nationality": "British",
                "occupation": "Company Director",
                "country_of_residence": "England",
                "address": _address(who),
                "links": {
                    "self": f"/company/{who.company_number}/appointments/{key}",
                    "officer": {"appointments": f"/officers/{key[::-1]}/appointments"},
                },
            }
        )
    if len(found) > 1:
        left = who.company.founded + timedelta(days=700)
        found[-1] |= {"officer_role": "secretary", "resigned_on": left.isoformat()}
    return found


def owners(who: Identity) -> list[dict[str, Any]]:
    """Persons with significant control; some companies have none to tell."""
    if who.company.number % 7 == 0:
        return []
    person, key = who.people[0], who.text_in("companies_house", "owner", 27)
    return [
        {
            "name": f"Mx {person.name}",
            "kind": "individual-person-with-significant-control",
            "natures_of_control": ["ownership-of-shares-50-to-75-percent"],
            "notified_on": (who.company.founded + timedelta(days=14)).isoformat(),
            "nationality": "British",
            "address": _address(who),
            "etag": who.text_in("companies_house", "owner etag", 40),
            "links": {
                "self": f"/company/{who.company_number}/persons-with-significant-control"
                f"/individual/{key}"
            },
        }
    ]


def filings(who: Identity) -> list[dict[str, Any]]:
    """Filings, newest first; one company in four has more than fill a page."""
    chance = who.chance("companies_house", "filings")
    first, last = who.company.founded, HORIZON
    number = 130 if who.company.number % 4 == 0 else chance.randint(4, 30)
    step = max(1, (last - first).days // number)
    days = [last - timedelta(days=step * place) for place in range(number)]
    return [_filing(who, chance, len(days) - place, day) for place, day in enumerate(days)]


def _filing(who: Identity, chance: Random, place: int, day: date) -> dict[str, Any]:
    category, kind, description = chance.choice(_CATEGORIES)
    key = who.text_in("companies_house", f"filing {place}", 20)
    return {
        "transaction_id": key,
        "date": day.isoformat(),
        "category": category,
        "type": kind,
        "description": description,
        "description_values": {"made_up_date": (day - timedelta(days=20)).isoformat()},
        "pages": chance.randint(1, 40),
        "barcode": f"X{place:06d}{who.company.number:03d}",
        "links": {"self": f"/company/{who.company_number}/filing-history/{key}"},
    }


def _after(chance: Random, start: date, days: int) -> date:
    return start + timedelta(days=chance.randint(0, days) if days else 0)


def make(universe: Universe) -> CompaniesHouse:
    """The register of this world."""
    return CompaniesHouse(universe)
