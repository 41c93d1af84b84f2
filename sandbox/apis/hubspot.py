"""A stand-in for the CRM HubSpot, API v3.

A search filters, sorts and pages as HubSpot's does, and gives nothing behind its
10,000th result; lists are paged by `after` and tell associations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.apis._answers import millis, page
from sandbox.apis._dealflow import STAGES, Contact, Deal, Known, Meeting, Note, dealflow, until
from sandbox.identities import Person
from sandbox.standin import NOW, Asked, RateLimit, Reply, StandIn
from sandbox.universe import Universe

TOKEN = "pat-na1-of-the-made-up-firm"  # noqa: S105 - of a stand-in
_ASSOCIATED = {"companies": "company", "contacts": "contact", "deals": "deal"}
_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "EQ": lambda left, right: left == right,
    "GT": lambda left, right: left > right,
    "GTE": lambda left, right: left >= right,
    "LT": lambda left, right: left < right,
    "LTE": lambda left, right: left <= right,
}
Thing = Known | Contact | Deal | Note | Meeting


def make(universe: Universe) -> HubSpot:
    """The stand-in in this world."""
    return HubSpot(universe)


class HubSpot(StandIn):
    """Contacts are the founders of companies with a deal; every 60th object was deleted.

    `results` is where a search ends.
    """

    name = "hubspot"

    def __init__(self, universe: Universe, now: datetime = NOW, *, results: int = 10_000) -> None:
        super().__init__(universe, now)
        self.flow = dealflow(universe)
        self.results = results
        self.requests = RateLimit(190, 10)
        followed = {deal.known.number for deal in self.flow.deals}
        self._objects: dict[str, Sequence[Thing]] = {
            "companies": self.flow.companies,
            "contacts": [c for c in self.flow.contacts if c.known.number in followed],
            "deals": self.flow.deals,
            "notes": self.flow.notes,
            "meetings": self.flow.meetings,
        }

    def environment(self, address: str) -> Mapping[str, str]:
        """The token and the address."""
        return {"HUBSPOT_ACCESS_TOKEN": TOKEN, "HUBSPOT_URL": f"{address}/hubspot"}

    def answer(self, asked: Asked) -> Reply:
        """Objects, pipelines or owners, or what is wrong."""
        if asked.bearer() != TOKEN:
            return _error(
                401, "INVALID_AUTHENTICATION",
                "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
            )  # fmt: skip
        allowance = self.requests.take()
        if not allowance.passed:
            return self.refuse(429, allowance.reset_s)
        reply = self._reply(asked)
        headers = {
            "X-HubSpot-RateLimit-Max": str(allowance.limit),
            "X-HubSpot-RateLimit-Remaining": str(allowance.remaining),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            "X-HubSpot-RateLimit-Daily": "650000",
            "X-HubSpot-RateLimit-Daily-Remaining": "640000",
        }
        return replace(reply, headers={**reply.headers, **headers})

    def refuse(self, status: int, wait_s: float) -> Reply:
        """A 429 says which policy it is of."""
        if status != 429:
            return _error(status, "INTERNAL_ERROR", "internal error")
        reply = _error(429, "RATE_LIMITS", "You have reached your ten_secondly_rolling limit.")
        more = {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
        return Reply(429, {"Retry-After": str(round(wait_s))}, {**reply.body, **more})

    def _reply(self, asked: Asked) -> Reply:
        match asked.method, asked.parts:
            case "POST", ("crm", "v3", "objects", kind, "search") if kind in self._objects:
                return self._search(kind, asked.json())
            case "GET", ("crm", "v3", "objects", kind) if kind in self._objects:
                return self._list(kind, asked)
            case "GET", ("crm", "v3", "pipelines", "deals"):
                return Reply(body={"results": [_pipeline()]})
            case "GET", ("crm", "v3", "owners"):
                owners = [self._owner(who) for who in self.flow.who.firm]
                return Reply(body={"results": owners})
        return _error(404, "OBJECT_NOT_FOUND", f"There is nothing at {asked.path}.")

    def _search(self, kind: str, body: Mapping[str, Any]) -> Reply:
        after, limit = int(body.get("after") or 0), int(body.get("limit", 10))
        if limit > 200 or after + limit > self.results:
            return _error(
                400, "VALIDATION_ERROR",
                f"Invalid input: a search ends at its {self.results}th result.",
            )  # fmt: skip
        things = self.there(kind)
        try:
            for group in body.get("filterGroups", ()):
                for item in group["filters"]:
                    things = list(self._kept(kind, things, item))
            for sort in reversed(body.get("sorts", ())):
                things.sort(
                    key=lambda thing: self._value(kind, thing, sort["propertyName"]),
                    reverse=sort["direction"] == "DESCENDING",
                )
        except (KeyError, ValueError) as error:
            return _error(400, "VALIDATION_ERROR", f"There is no property or operator {error}.")
        names = body.get("properties", ())
        shown, following = page(things, after, limit, lambda thing: self.shown(kind, thing, names))
        paging = {} if following is None else {"paging": {"next": {"after": str(following)}}}
        return Reply(body={"total": len(things), "results": shown, **paging})

    def _kept(self, kind: str, things: Iterable[Thing], item: Mapping[str, Any]) -> Iterable[Thing]:
        compare, bound = _COMPARE[item["operator"]], int(item["value"])
        name = item["propertyName"]
        return (thing for thing in things if compare(self._value(kind, thing, name), bound))

    def _value(self, kind: str, thing: Thing, name: str) -> int:
        """A property that can be searched by, as a number."""
        changed = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        values = {
            "hs_object_id": self.number(kind, thing),
            changed: int(thing.updated_at(self.now).timestamp() * 1000),
        }
        return values[name]

    def there(self, kind: str, *, archived: bool = False) -> list[Any]:
        """What of a kind is there, or was archived instead."""
        things = until(self._objects[kind], self.now)
        return [one for one in things if (_archived_at(one) <= self.now) is archived]

    def number(self, kind: str, thing: Thing) -> int:
        """The id of an object."""
        if isinstance(thing, Known):
            return thing.who.number_in(self.name)
        return (1 + list(self._objects).index(kind)) * 100_000_000 + thing.number

    def _list(self, kind: str, asked: Asked) -> Reply:
        names = asked.get("properties").split(",")
        linked = self._linked(asked.get("associations").split(","))

        def show(thing: Thing) -> dict[str, Any]:
            return {**self.shown(kind, thing, names), **self._links(thing, linked)}

        things = self.there(kind, archived=asked.get("archived") == "true")
        limit = min(asked.number("limit", 10), 100)
        shown, following = page(things, asked.number("after", 0), limit, show)
        paging = {} if following is None else {"paging": {"next": {"after": str(following)}}}
        return Reply(body={"results": shown, **paging})

    def _linked(self, wanted: Sequence[str]) -> dict[str, dict[int, list[Any]]]:
        """Kind → a company's number → what of the kind belongs to it."""
        linked: dict[str, dict[int, list[Any]]] = {}
        for name in wanted:
            if name == "companies":
                linked[name] = {known.number: [known] for known in self._objects[name]}
            elif name in ("contacts", "deals"):
                linked[name] = {}
                for one in self.there(name):
                    linked[name].setdefault(one.known.number, []).append(one)
        return linked

    def _links(
        self, thing: Thing, linked: Mapping[str, Mapping[int, Sequence[Any]]]
    ) -> dict[str, Any]:
        known = thing if isinstance(thing, Known) else thing.known
        kind = "deal" if isinstance(thing, Deal) else "note" if isinstance(thing, Note) else "event"
        found = {
            name: {
                "results": [
                    {"id": str(self.number(name, one)), "type": f"{kind}_to_{_ASSOCIATED[name]}"}
                    for one in own
                ]
            }
            for name, of in linked.items()
            if (own := of.get(known.number))
        }
        return {"associations": found} if found else {}

    def shown(self, kind: str, thing: Thing, names: Sequence[str]) -> dict[str, Any]:
        """One object with the properties that were asked for; text, all of them."""
        at = millis(thing.updated_at(self.now))
        known = self._properties(thing)
        changed = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        number = str(self.number(kind, thing))
        properties: dict[str, str | None] = {
            "createdate": millis(thing.created_at),
            changed: at,
            "hs_object_id": number,
        }
        properties.update({name: known.get(name) for name in names if name not in properties})
        gone = _archived_at(thing)
        archived = {"archivedAt": millis(gone)} if gone <= self.now else {}
        return {
            "id": number,
            "properties": properties,
            "createdAt": millis(thing.created_at),
            "updatedAt": at,
            "archived": bool(archived),
            **archived,
        }

    def _properties(self, thing: Thing) -> dict[str, str | None]:
        match thing:
            case Known():
                who = thing.who
                return {
                    "name": who.name_in(self.name),
                    "domain": who.domain,
                    "city": who.company.city or None,
                    "country": who.company.country,
                    "industry": who.company.category.upper(),
                    "numberofemployees": str(who.company.people),
                    "founded_year": str(who.company.founded.year),
                    "hubspot_owner_id": self._owner_id(thing.owner),
                }
            case Contact():
                return {
                    "firstname": thing.person.first,
                    "lastname": thing.person.last,
                    "email": thing.person.email,
                    "jobtitle": "Founder",
                    "associatedcompanyid": str(thing.known.who.number_in(self.name)),
                }
            case Deal():
                return {
                    "dealname": f"{thing.known.who.name_in(self.name)} round",
                    "dealstage": thing.stage(self.now).lower().replace(" ", ""),
                    "pipeline": "default",
                    "amount": str(thing.amount_usd),
                    "deal_currency_code": "USD",
                    "hubspot_owner_id": self._owner_id(thing.known.owner),
                }
            case Note():
                return {
                    "hs_note_body": f"<p>{thing.text}</p>",
                    "hs_timestamp": millis(thing.created_at),
                    "hubspot_owner_id": self._owner_id(thing.author),
                }
        return {
            "hs_meeting_title": f"{thing.known.who.company.name} / {thing.host.first}",
            "hs_meeting_start_time": millis(thing.starts_at),
            "hs_meeting_end_time": millis(thing.starts_at.replace(minute=45)),
            "hs_meeting_outcome": "SCHEDULED" if thing.starts_at > self.now else "COMPLETED",
            "hs_timestamp": millis(thing.starts_at),
            "hubspot_owner_id": self._owner_id(thing.host),
        }

    def _owner_id(self, who: Person) -> str:
        return str(61_000 + self.flow.who.firm.index(who))

    def _owner(self, who: Person) -> dict[str, Any]:
        return {
            "id": self._owner_id(who),
            "email": who.email,
            "firstName": who.first,
            "lastName": who.last,
            "archived": False,
            "createdAt": "2022-05-02T09:00:00.000Z",
            "updatedAt": "2022-05-02T09:00:00.000Z",
        }


def _archived_at(thing: Thing) -> datetime:
    """When it was deleted; most things never are."""
    if thing.number % 60 == 0:
        return thing.created_at + timedelta(days=20)
    return datetime.max.replace(tzinfo=UTC)


def _pipeline() -> dict[str, Any]:
    names = [*STAGES, "Passed"]
    stages = [
        {
            "id": name.lower().replace(" ", ""),
            "label": name,
            "displayOrder": place,
            "archived": False,
            "metadata": {"isClosed": str(name in ("Invested", "Passed")).lower()},
        }
        for place, name in enumerate(names)
    ]
    return {"id": "default", "label": "Investments", "displayOrder": 0, "archived": False,
            "stages": stages, "createdAt": "2022-05-02T09:00:00.000Z",
            "updatedAt": "2022-05-02T09:00:00.000Z"}  # fmt: skip


def _error(status: int, category: str, message: str) -> Reply:
    correlation = "2d9d9f76-0000-4000-8000-000000000007"
    body = {"status": "error", "message": message, "correlationId": correlation}
    return Reply(status, {}, {**body, "category": category})
