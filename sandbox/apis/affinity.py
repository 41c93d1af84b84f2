"""A stand-in for the CRM Affinity, API v2.

Pages are named by `nextUrl`, every answer tells what is left of the minute and of the
month, and notes and interactions can be filtered by when they changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sandbox.apis._answers import marker, page, parsed, place
from sandbox.apis._dealflow import Contact, Deal, Known, Meeting, Note, dealflow, until
from sandbox.apis._pages import zulu
from sandbox.identities import Person
from sandbox.standin import NOW, Allowance, Asked, RateLimit, Reply, StandIn
from sandbox.universe import Universe

KEY = "affinity-key-of-the-made-up-firm"
MONTH = 100_000
_PORTFOLIO, _DEALS = 1, 2
_CALLS = 5
"""Every fifth meeting is a call."""
_CONDITION = re.compile(r"\s*(createdAt|updatedAt)\s*(>=|>|<=|<)\s*(\S+)\s*")
_COMPARE: Mapping[str, Callable[[datetime, datetime], bool]] = {
    ">=": lambda left, right: left >= right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    "<": lambda left, right: left < right,
}


def make(universe: Universe) -> Affinity:
    """The stand-in in this world."""
    return Affinity(universe)


class Affinity(StandIn):
    """Companies are companies, opportunities are deals; list 1 is the portfolio."""

    name = "affinity"

    def __init__(self, universe: Universe, now: datetime = NOW) -> None:
        super().__init__(universe, now)
        self.flow = dealflow(universe)
        self.minute = RateLimit(900, 60)
        self.left_in_month = MONTH
        self._internal = {who.email: n for n, who in enumerate(self.flow.who.firm, 1)}

    def environment(self, address: str) -> Mapping[str, str]:
        """The key and the address."""
        return {"AFFINITY_API_KEY": KEY, "AFFINITY_URL": f"{address}/affinity"}

    def answer(self, asked: Asked) -> Reply:
        """A page of one of the lists, or what is wrong."""
        if asked.bearer() != KEY:
            return _error(401, "authentication", "Your API key is invalid or missing.")
        minute = self.minute.take()
        if not minute.passed or not self.left_in_month:
            return self._with_limits(
                _error(429, "rate-limit", "You have exceeded the rate limit."), minute
            )
        self.left_in_month -= 1
        return self._with_limits(self._reply(asked), minute)

    def refuse(self, status: int, wait_s: float) -> Reply:
        """A 429 says in its headers when the minute is over."""
        code = "rate-limit" if status == 429 else "server"
        reply = _error(status, code, "Too many requests." if status == 429 else "Try again later.")
        minute = Allowance(False, 900, 0, wait_s)
        return self._with_limits(reply, minute) if status == 429 else reply

    def _with_limits(self, reply: Reply, minute: Allowance) -> Reply:
        headers = {
            "x-ratelimit-limit-user": str(minute.limit),
            "x-ratelimit-limit-user-remaining": str(minute.remaining),
            "x-ratelimit-limit-user-reset": str(round(minute.reset_s)),
            "x-ratelimit-limit-org": str(MONTH),
            "x-ratelimit-limit-org-remaining": str(self.left_in_month),
            "x-ratelimit-limit-org-reset": "1490400",
        }
        return replace(reply, headers={**reply.headers, **headers})

    def _reply(self, asked: Asked) -> Reply:
        flow, types = self.flow, asked.query.get("fieldTypes", [])
        match asked.parts:
            case ("v2", "companies"):
                known = until(flow.companies, self.now)
                return _paged(asked, known, lambda item: self.company(item, types))
            case ("v2", "persons"):
                people = [*flow.who.firm, *until(flow.contacts, self.now)]
                return _paged(asked, people, self._person)
            case ("v2", "opportunities"):
                return _paged(asked, until(flow.deals, self.now), _opportunity)
            case ("v2", "lists"):
                return _paged(asked, [_PORTFOLIO, _DEALS], _list)
            case ("v2", "lists", ("1" | "2") as number, "fields"):
                return _paged(asked, _FIELDS[int(number)], dict)
            case ("v2", "lists", ("1" | "2") as number, "list-entries"):
                deals = until(flow.deals, self.now)
                if number == "1":
                    deals = [deal for deal in deals if deal.stage(self.now) == "Invested"]
                return _paged(asked, deals, lambda deal: self._entry(int(number), deal, types))
            case ("v2", "notes"):
                return self._changed(asked, flow.notes, self._note)
            case ("v2", "meetings"):
                held = [one for one in flow.meetings if one.number % _CALLS]
                return self._changed(asked, held, self._meeting)
            case ("v2", "calls"):
                held = [one for one in flow.meetings if not one.number % _CALLS]
                return self._changed(asked, held, self._meeting)
            case ("v2", "emails"):
                return self._changed(asked, flow.meetings, self._invitation)
        return _error(404, "not-found", f"There is nothing at {asked.path}.")

    def _changed(self, asked: Asked, items: Sequence[Any], show: Callable[[Any], Any]) -> Reply:
        conditions = []
        for text in filter(None, asked.get("filter").split("|")):
            found = _CONDITION.fullmatch(text)
            if found is None:
                return _error(400, "validation", f"The filter {text!r} can't be read.")
            conditions.append((found[1], _COMPARE[found[2]], parsed(found[3])))
        kept = [
            item
            for item in until(items, self.now)
            if not conditions
            or any(
                compare(item.created_at if at == "createdAt" else item.updated_at(self.now), bound)
                for at, compare, bound in conditions
            )
        ]
        return _paged(asked, kept, show)

    def company(self, known: Known, types: Sequence[str] = ()) -> dict[str, Any]:
        """One company, with the fields of these types."""
        who = known.who
        shown = {
            "id": who.number_in(self.name),
            "name": who.name_in(self.name),
            "domain": who.domain,
            "domains": [who.domain],
            "isGlobal": True,
        }
        return {**shown, "fields": [f for f in self._fields(known) if f["type"] in types]}

    def _fields(self, known: Known) -> list[dict[str, Any]]:
        company = known.who.company
        where = {"city": company.city or None, "country": company.country, "streetAddress": None}
        return [
            _field("affinity-data-location", "Location", "enriched", "location", where),
            _field("affinity-data-year-founded", "Year Founded", "enriched", "number",
                   company.founded.year),
            _field("field-1001", "Sourced by", "global", "person", self._firm(known.owner)),
        ]  # fmt: skip

    def _firm(self, person: Person) -> dict[str, Any]:
        return {
            "id": self._internal[person.email],
            "firstName": person.first,
            "lastName": person.last,
            "primaryEmailAddress": person.email,
            "type": "internal",
        }

    def _person(self, who: Person | Contact) -> dict[str, Any]:
        if isinstance(who, Person):
            return {**self._firm(who), "emailAddresses": [who.email], "fields": []}
        return {
            "id": 5_000_000 + who.number,
            "firstName": who.person.first,
            "lastName": who.person.last,
            "primaryEmailAddress": who.person.email,
            "emailAddresses": [who.person.email],
            "type": "external",
            "fields": [],
        }

    def _entry(self, number: int, deal: Deal, types: Sequence[str]) -> dict[str, Any]:
        status = {"dropdownOptionId": len(deal.stage(self.now)), "text": deal.stage(self.now)}
        fields = [
            _field("field-2001", "Status", "list", "ranked-dropdown", status),
            _field("field-2002", "Amount", "list", "number", deal.amount_usd),
        ]
        entity = self.company(deal.known) if number == _PORTFOLIO else _opportunity(deal)
        return {
            "id": 7_000_000 + 2 * deal.number + (number == _DEALS),
            "type": "company" if number == _PORTFOLIO else "opportunity",
            "listId": number,
            "createdAt": zulu(deal.created_at),
            "creatorId": self._internal[deal.known.owner.email],
            "entity": {**entity, "fields": fields if "list" in types else []},
        }

    def _note(self, note: Note) -> dict[str, Any]:
        company = self.company(note.known)
        preview = {name: company[name] for name in ("id", "name", "domain")}
        return {
            "id": note.number,
            "type": "entities",
            "content": {"html": f"<p>{note.text}</p>"},
            "creator": self._firm(note.author),
            "mentions": [],
            "companiesPreview": {"data": [preview], "totalCount": 1},
            "personsPreview": {"data": [], "totalCount": 0},
            "opportunitiesPreview": {"data": [], "totalCount": 0},
            "createdAt": zulu(note.created_at),
            "updatedAt": zulu(note.updated_at(self.now)),
        }

    def _meeting(self, meeting: Meeting) -> dict[str, Any]:
        host = {"emailAddress": meeting.host.email, "person": self._firm(meeting.host)}
        guests = [{"emailAddress": who.email, "person": None} for who in meeting.known.who.people]
        changed = meeting.updated_at(self.now)
        return {
            "id": meeting.number,
            "loggingType": "automated",
            "title": f"{meeting.known.who.company.name} / {meeting.host.first}",
            "startTime": zulu(meeting.starts_at),
            "endTime": zulu(meeting.starts_at.replace(minute=45)),
            "allDay": False,
            "creator": host,
            "organizer": host,
            "attendeesPreview": {"data": [host, *guests], "totalCount": 1 + len(guests)},
            "createdAt": zulu(meeting.created_at),
            "updatedAt": zulu(changed) if changed != meeting.created_at else None,
        }

    def _invitation(self, meeting: Meeting) -> dict[str, Any]:
        """The email that asked for a meeting; it never changes."""
        host = {"emailAddress": meeting.host.email, "person": self._firm(meeting.host)}
        guests = [{"emailAddress": who.email, "person": None} for who in meeting.known.who.people]
        return {
            "id": 8_000_000 + meeting.number,
            "loggingType": "automated",
            "subject": f"Meeting {meeting.known.who.company.name}",
            "sentAt": zulu(meeting.created_at),
            "direction": "sent",
            "from": host,
            "toParticipantsPreview": {"data": guests, "totalCount": len(guests)},
            "ccParticipantsPreview": {"data": [], "totalCount": 0},
            "createdAt": zulu(meeting.created_at),
            "updatedAt": None,
        }


_FIELDS = {
    number: [
        {"id": "field-2001", "name": "Status", "type": "list", "valueType": "ranked-dropdown"},
        {"id": "field-2002", "name": "Amount", "type": "list", "valueType": "number"},
    ]
    for number in (_PORTFOLIO, _DEALS)
}


def _field(at: str, name: str, kind: str, value: str, data: Any) -> dict[str, Any]:
    source = "affinity-data" if kind == "enriched" else None
    return {"id": at, "name": name, "type": kind, "enrichmentSource": source,
            "value": {"type": value, "data": data}}  # fmt: skip


def _opportunity(deal: Deal) -> dict[str, Any]:
    who = deal.known.who
    name = f"{who.name_in('affinity')} round"
    return {"id": who.number_in("affinity", "deal"), "name": name, "listId": _DEALS}


def _list(number: int) -> dict[str, Any]:
    portfolio = number == _PORTFOLIO
    return {
        "id": number,
        "name": "Portfolio" if portfolio else "Deal flow",
        "type": "company" if portfolio else "opportunity",
        "isPublic": True,
        "ownerId": 1,
        "creatorId": 1,
    }


def _paged(asked: Asked, items: Sequence[Any], show: Callable[[Any], Any]) -> Reply:
    try:
        start = place(asked.get("cursor"))
    except ValueError:
        return _error(400, "validation", "The cursor can't be read.")
    shown, following = page(items, start, min(asked.number("limit", 100), 100), show)
    url = None
    if following is not None:
        query = {**asked.query, "cursor": [marker(following)]}
        url = f"{asked.address}{asked.path}?{urlencode(query, doseq=True)}"
    return Reply(body={"data": shown, "pagination": {"prevUrl": None, "nextUrl": url}})


def _error(status: int, code: str, message: str) -> Reply:
    return Reply(status, {}, {"errors": [{"code": code, "message": message}]})
