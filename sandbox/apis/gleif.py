"""The register of legal entity identifiers, as JSON:API.

Belongs here: its records of the made-up companies, page numbers, filters, errors.
Does not belong here: who has an identifier (`identities` says that).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sandbox.apis._pages import moment, zulu
from sandbox.identities import Identity, identities
from sandbox.standin import NOW, Asked, RateLimit, Reply, StandIn
from sandbox.universe import Universe
from sandbox.words import ALPHA2

PAGE = 15
LARGEST_PAGE = 200
FARTHEST = 10_000
"""Page numbers reach no farther than this record."""

_KIND = {"Content-Type": "application/vnd.api+json"}
_UPDATED = "filter[registration.lastUpdateDate]"
_COUNTRY = "filter[entity.legalAddress.country]"


class Gleif(StandIn):
    """`/lei-records` with pages, and one record by its identifier."""

    name = "gleif"

    def __init__(self, universe: Universe, now: datetime = NOW) -> None:
        super().__init__(universe, now)
        self.limit = RateLimit(60, 60)
        held = (who for who in identities(universe).companies if who.lei)
        self.records = sorted(map(record, held), key=lambda found: str(found["id"]))

    def environment(self, address: str) -> Mapping[str, str]:
        """Years as windows, because the made-up register is small."""
        return {
            "GLEIF_URL": f"{address}/{self.name}",
            "GLEIF_COUNTRIES": "US,GB,DE,FR,NA",
            "GLEIF_START_DATE": "2025-01-01",
            "GLEIF_WINDOW": "P1Y",
            "GLEIF_PAGE_SIZE": "50",
        }

    def answer(self, asked: Asked) -> Reply:
        """A page of records, or one of them."""
        allowance = self.limit.take()
        if not allowance.passed:
            return self.refuse(429, allowance.reset_s)
        match asked.parts:
            case ("lei-records",):
                return self._page(asked)
            case ("lei-records", lei):
                found = [one for one in self._visible() if one["id"] == lei]
                if found:
                    return Reply(200, _KIND, {"data": found[0]})
        return _error(404, "Not Found", "There is no such resource.")

    def refuse(self, status: int, wait_s: float) -> Reply:
        """A JSON:API error."""
        reply = _error(status, "Too Many Requests" if status == 429 else "Server Error", "")
        headers = {**reply.headers, **super().refuse(status, wait_s).headers}
        return Reply(status, headers, reply.body)

    def _visible(self) -> list[dict[str, Any]]:
        until = zulu(self.now)
        return [one for one in self.records if _updated(one) <= until]

    def _page(self, asked: Asked) -> Reply:
        number = asked.number("page[number]", 1)
        size = asked.number("page[size]", PAGE)
        if not 1 <= size <= LARGEST_PAGE or number < 1 or number * size > FARTHEST:
            return _error(400, "Bad Request", f"page[size] {size} and page[number] {number}.")
        found = self._visible()
        if asked.get(_COUNTRY):
            wanted = asked.get(_COUNTRY).split(",")
            found = [r for r in found if r["attributes"]["entity"]["jurisdiction"] in wanted]
        if asked.get(_UPDATED):
            first, _, last = asked.get(_UPDATED).partition("..")
            found = [one for one in found if first <= _updated(one)[:10] <= last]
        return Reply(200, _KIND, self._document(asked, found, number, size))

    def _document(self, asked: Asked, found: list[Any], number: int, size: int) -> Any:
        last = max(1, -(-len(found) // size))
        start = (number - 1) * size

        def link(page: int) -> str:
            query = {name: values[-1] for name, values in asked.query.items()}
            query |= {"page[number]": str(page), "page[size]": str(size)}
            return f"{asked.address}/lei-records?{urlencode(query)}"

        links = {"first": link(1), "last": link(last)}
        if number < last:
            links["next"] = link(number + 1)
        return {
            "meta": {
                "goldenCopy": {"publishDate": zulu(self.now)},
                "pagination": {
                    "currentPage": number,
                    "perPage": size,
                    "from": start + 1 if found else None,
                    "to": min(start + size, len(found)) if found else None,
                    "total": len(found),
                    "lastPage": last,
                },
            },
            "links": links,
            "data": found[start : start + size],
        }


def _updated(one: Mapping[str, Any]) -> str:
    return str(one["attributes"]["registration"]["lastUpdateDate"])


def _error(status: int, title: str, detail: str) -> Reply:
    body = {"errors": [{"status": str(status), "title": title, "detail": detail}]}
    return Reply(status, _KIND, body)


def record(who: Identity) -> dict[str, Any]:
    """The register's record of one company."""
    company, lei = who.company, who.lei
    chance = who.chance("gleif", "registration")
    country = ALPHA2[company.country]
    updated = moment(chance, max(company.founded, NOW.date() - timedelta(days=450)))
    lapsed = company.status == "closed"
    address = {
        "language": "en",
        "addressLines": ["1 Example Street"],
        "addressNumber": None,
        "mailRouting": None,
        "city": company.city,
        "region": f"{country}-{company.state}" if company.state else None,
        "country": country,
        "postalCode": "00000",
    }
    return {
        "type": "lei-records",
        "id": lei,
        "attributes": {
            "lei": lei,
            "entity": {
                "legalName": {"name": who.name_in("gleif"), "language": "en"},
                "otherNames": [{"name": company.name, "language": "en", "type": "TRADING_NAME"}]
                if chance.random() < 0.3
                else [],
                "legalAddress": address,
                "headquartersAddress": address,
                "registeredAt": {"id": "RA000585" if who.company_number else "RA999999"},
                "registeredAs": who.company_number,
                "jurisdiction": country,
                "category": "GENERAL",
                "status": "INACTIVE" if lapsed else "ACTIVE",
                "creationDate": f"{company.founded}T00:00:00Z",
            },
            "registration": {
                "initialRegistrationDate": zulu(moment(chance, company.founded, updated.date())),
                "lastUpdateDate": zulu(updated),
                "status": "LAPSED" if lapsed else "ISSUED",
                "nextRenewalDate": zulu(updated + timedelta(days=365)),
                "managingLou": "99900000000000000000",
                "corroborationLevel": "FULLY_CORROBORATED",
            },
            "bic": None,
            "conformityFlag": "NON_CONFORMING" if lapsed else "CONFORMING",
        },
        "relationships": {
            "direct-parent": {"links": {"reporting-exception": f"/lei-records/{lei}/direct-parent"}}
        },
        "links": {"self": f"/lei-records/{lei}"},
    }


def make(universe: Universe) -> Gleif:
    """The register of this world."""
    return Gleif(universe)
