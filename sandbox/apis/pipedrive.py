"""A stand-in for the CRM Pipedrive: API v2 by cursor, notes and users of v1 by start.

Every answer tells what is left of the two seconds and of the day's tokens; a day whose
tokens are used up answers 429 to everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.apis._answers import marker, page, parsed, place
from sandbox.apis._dealflow import STAGES, Contact, Deal, Known, Meeting, Note, dealflow, until
from sandbox.apis._pages import zulu
from sandbox.identities import Person
from sandbox.standin import NOW, Allowance, Asked, RateLimit, Reply, StandIn
from sandbox.universe import Universe

TOKEN = "pipedrive-token-of-the-made-up-firm"  # noqa: S105 - of a stand-in
DAY = 30_000
"""Tokens a day and seat on the smallest plan."""

_FIELD = "d4de1c1518b4531717c676029a45911c340390a6"
_COST = {"v2": 10, "v1": 20}


def make(universe: Universe) -> Pipedrive:
    """The stand-in in this world."""
    return Pipedrive(universe)


class Pipedrive(StandIn):
    """Organizations are companies; a deal that was passed on is lost."""

    name = "pipedrive"

    def __init__(self, universe: Universe, now: datetime = NOW) -> None:
        super().__init__(universe, now)
        self.flow = dealflow(universe)
        self.burst = RateLimit(80, 2)
        self.tokens = DAY

    def environment(self, address: str) -> Mapping[str, str]:
        """The token and the address."""
        return {"PIPEDRIVE_API_TOKEN": TOKEN, "PIPEDRIVE_URL": f"{address}/pipedrive"}

    def answer(self, asked: Asked) -> Reply:
        """A page of one of the lists, or what is wrong."""
        if asked.headers.get("x-api-token") != TOKEN:
            return _error(401, "unauthorized access")
        burst = self.burst.take()
        version = "v1" if asked.parts[0] == "v1" else "v2"
        if not burst.passed or self.tokens < _COST[version]:
            return self._limited(_error(429, "request over limit"), burst)
        self.tokens -= _COST[version]
        reply = self._v1(asked) if version == "v1" else self._v2(asked)
        return self._limited(reply, burst)

    def refuse(self, status: int, wait_s: float) -> Reply:
        """A 429 says in its headers when it ends."""
        if status != 429:
            return _error(status, "Server error")
        return self._limited(_error(429, "request over limit"), Allowance(False, 80, 0, wait_s))

    def _limited(self, reply: Reply, burst: Allowance) -> Reply:
        headers = {
            "x-ratelimit-limit": str(burst.limit),
            "x-ratelimit-remaining": str(burst.remaining),
            "x-ratelimit-reset": str(round(burst.reset_s)),
        }
        return replace(reply, headers={**reply.headers, **headers})

    def _v2(self, asked: Asked) -> Reply:
        flow, now = self.flow, self.now
        match asked.parts:
            case ("api", "v2", "organizations"):
                return self._changed(asked, flow.companies, self.organization)
            case ("api", "v2", "persons"):
                return self._changed(asked, flow.contacts, self._person)
            case ("api", "v2", "deals"):
                wanted = asked.get("status").split(",") if asked.get("status") else ["open"]
                deals = [deal for deal in until(flow.deals, now) if self._status(deal) in wanted]
                return self._changed(asked, deals, self._deal)
            case ("api", "v2", "activities"):
                return self._changed(asked, flow.meetings, self._activity)
            case ("api", "v2", "pipelines"):
                return _paged(asked, [{"id": 1, "name": "Investments", "order_nr": 1}], dict)
            case ("api", "v2", "stages"):
                return _paged(asked, list(enumerate(STAGES)), _stage)
            case ("api", "v2", "organizationFields"):
                own = [("name", "Name", False), (_FIELD, "Web domain", True)]
                return _paged(asked, own, _field)
            case ("api", "v2", ("dealFields" | "personFields")):
                return _paged(asked, [("label_ids", "Labels", False)], _field)
        return _error(404, f"There is nothing at {asked.path}.")

    def _changed(
        self, asked: Asked, items: Sequence[Any], show: Callable[[Any], dict[str, Any]]
    ) -> Reply:
        there = until(items, self.now)
        if asked.get("updated_since"):
            try:
                since = parsed(asked.get("updated_since"))
            except ValueError:
                return _error(400, "updated_since must be in RFC3339 format.")
            there = [item for item in there if item.updated_at(self.now) >= since]
        return _paged(asked, there, show)

    def _v1(self, asked: Asked) -> Reply:
        match asked.parts:
            case ("v1", "notes"):
                notes = until(self.flow.notes, self.now)
                start, size = asked.number("start", 0), min(asked.number("limit", 100), 500)
                shown, following = page(notes, start, size, self._note)
                paging = {"start": start, "limit": size, "more_items_in_collection": False}
                if following is not None:
                    paging |= {"more_items_in_collection": True, "next_start": following}
                more = {"additional_data": {"pagination": paging}}
                return Reply(body={"success": True, "data": shown, **more})
            case ("v1", "users"):
                users = [self._user(who) for who in self.flow.who.firm]
                return Reply(body={"success": True, "data": users, "additional_data": None})
        return _error(404, f"There is nothing at {asked.path}.")

    def _times(self, item: Any) -> dict[str, str]:
        return {"add_time": zulu(item.created_at), "update_time": zulu(item.updated_at(self.now))}

    def _owner(self, who: Person) -> int:
        return 901 + self.flow.who.firm.index(who)

    def organization(self, known: Known) -> dict[str, Any]:
        """One organization."""
        who = known.who
        return {
            "id": who.number_in(self.name),
            "name": who.name_in(self.name),
            "owner_id": self._owner(known.owner),
            **self._times(known),
            "is_deleted": False,
            "visible_to": 3,
            "address": {"value": who.company.city, "country": who.company.country},
            "label_ids": [],
            "custom_fields": {_FIELD: who.domain},
        }

    def _person(self, contact: Contact) -> dict[str, Any]:
        person = contact.person
        return {
            "id": contact.number,
            "name": person.name,
            "first_name": person.first,
            "last_name": person.last,
            "owner_id": self._owner(contact.known.owner),
            "org_id": contact.known.who.number_in(self.name),
            **self._times(contact),
            "emails": [{"value": person.email, "primary": True, "label": "work"}],
            "phones": [],
            "is_deleted": False,
            "custom_fields": {},
        }

    def _status(self, deal: Deal) -> str:
        return {"Invested": "won", "Passed": "lost"}.get(deal.stage(self.now), "open")

    def _deal(self, deal: Deal) -> dict[str, Any]:
        who, stage = deal.known.who, deal.stage(self.now)
        return {
            "id": deal.number,
            "title": f"{who.name_in(self.name)} deal",
            "owner_id": self._owner(deal.known.owner),
            "org_id": who.number_in(self.name),
            "person_id": None,
            "pipeline_id": 1,
            "stage_id": 1 + STAGES.index(stage) if stage in STAGES else 1,
            "value": deal.amount_usd,
            "currency": "USD",
            "status": self._status(deal),
            **self._times(deal),
            "is_deleted": False,
            "custom_fields": {},
        }

    def _activity(self, meeting: Meeting) -> dict[str, Any]:
        guests = [{"email": who.email, "name": who.name} for who in meeting.known.who.people]
        return {
            "id": meeting.number,
            "subject": f"Meeting {meeting.known.who.company.name}",
            "type": "meeting",
            "owner_id": self._owner(meeting.host),
            "org_id": meeting.known.who.number_in(self.name),
            "deal_id": None,
            "due_date": meeting.starts_at.date().isoformat(),
            "due_time": meeting.starts_at.strftime("%H:%M:%S"),
            "duration": "00:45:00",
            "done": meeting.starts_at < self.now,
            **self._times(meeting),
            "attendees": guests,
            "participants": [],
            "note": "",
            "is_deleted": False,
        }

    def _note(self, note: Note) -> dict[str, Any]:
        author = {"name": note.author.name, "email": note.author.email}
        return {
            "id": note.number,
            "content": f"<p>{note.text}</p>",
            "org_id": note.known.who.number_in(self.name),
            "deal_id": None,
            "user_id": self._owner(note.author),
            "user": author,
            "active_flag": True,
            "add_time": note.created_at.strftime("%Y-%m-%d %H:%M:%S"),
            "update_time": note.updated_at(self.now).strftime("%Y-%m-%d %H:%M:%S"),
        }

    def _user(self, who: Person) -> dict[str, Any]:
        return {"id": self._owner(who), "name": who.name, "email": who.email, "active_flag": True}


def _stage(item: tuple[int, str]) -> dict[str, Any]:
    return {"id": item[0] + 1, "name": item[1], "order_nr": item[0], "pipeline_id": 1}


def _field(item: tuple[str, str, bool]) -> dict[str, Any]:
    return {"field_code": item[0], "field_name": item[1], "field_type": "varchar",
            "options": None, "is_custom_field": item[2]}  # fmt: skip


def _paged(asked: Asked, items: Sequence[Any], show: Callable[[Any], Any]) -> Reply:
    try:
        start = place(asked.get("cursor"))
    except ValueError:
        return _error(400, "The cursor is not valid.")
    shown, following = page(items, start, min(asked.number("limit", 100), 500), show)
    cursor = None if following is None else marker(following)
    more = {"additional_data": {"next_cursor": cursor}}
    return Reply(body={"success": True, "data": shown, **more})


def _error(status: int, error: str) -> Reply:
    info = "Please check developers.pipedrive.com for more information about Pipedrive API."
    body = {"success": False, "error": error, "error_info": info, "errorCode": status}
    return Reply(status, {}, {**body, "data": None, "additional_data": None})
