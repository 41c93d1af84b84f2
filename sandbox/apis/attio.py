"""A stand-in for the CRM Attio, REST API v2.

Records and entries are queried by POST with sorts, limit and offset, notes and tasks
listed by limit and offset, meetings by a cursor; values are lists with a history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from sandbox.apis._answers import marker, page, place
from sandbox.apis._dealflow import Contact, Deal, Known, Meeting, Note, dealflow, until
from sandbox.identities import Identity, Person
from sandbox.standin import NOW, Asked, RateLimit, Reply, StandIn
from sandbox.universe import Universe

TOKEN = "attio-token-of-the-made-up-firm"  # noqa: S105 - of a stand-in
_WORKSPACE = "14be0000-0000-4000-8000-000000000007"
_DEAL_LIST = "33eb0000-0000-4000-8000-000000000001"
_JOINED = datetime(2022, 5, 2, 9)  # noqa: DTZ001 - written without a zone, with a Z


def make(universe: Universe) -> Attio:
    """The stand-in in this world."""
    return Attio(universe)


class Attio(StandIn):
    """Companies, people and deals are records; one list holds the open deals' companies."""

    name = "attio"

    def __init__(self, universe: Universe, now: datetime = NOW) -> None:
        super().__init__(universe, now)
        self.flow = dealflow(universe)
        self.reads = RateLimit(100, 1)

    def environment(self, address: str) -> Mapping[str, str]:
        """The token and the address."""
        return {"ATTIO_API_KEY": TOKEN, "ATTIO_URL": f"{address}/attio"}

    def answer(self, asked: Asked) -> Reply:
        """A page of records, or what is wrong."""
        if asked.bearer() != TOKEN:
            return _error(401, "auth_error", "unauthorized", "The access token is not valid.")
        reads = self.reads.take()
        if not reads.passed:
            return self.refuse(429, reads.reset_s)
        flow, now = self.flow, self.now
        match asked.method, asked.parts:
            case "POST", ("v2", "objects", "companies", "records", "query"):
                return _queried(asked, until(flow.companies, now), self.company)
            case "POST", ("v2", "objects", "people", "records", "query"):
                return _queried(asked, until(flow.contacts, now), self._person)
            case "POST", ("v2", "objects", "deals", "records", "query"):
                return _queried(asked, until(flow.deals, now), self._deal)
            case "POST", ("v2", "lists", _, "entries", "query") if asked.parts[2] == _DEAL_LIST:
                return _queried(asked, self._open(), self._entry)
            case "GET", ("v2", "lists"):
                return Reply(body={"data": [_list()]})
            case "GET", ("v2", "notes"):
                newest = sorted(until(flow.notes, now), key=lambda note: note.created_at)[::-1]
                return _listed(asked, newest, self._note, default=10, most=50)
            case "GET", ("v2", "tasks"):
                return _listed(asked, self._open(), self._task, default=500, most=500)
            case "GET", ("v2", "meetings"):
                return _by_cursor(asked, until(flow.meetings, now), self._meeting)
            case "GET", ("v2", "workspace_members"):
                return Reply(body={"data": [self._member(who) for who in flow.who.firm]})
        return _error(404, "invalid_request_error", "not_found", f"Nothing at {asked.path}.")

    def refuse(self, status: int, wait_s: float) -> Reply:
        """A 429 names the moment of its end as a date."""
        if status != 429:
            return _error(status, "api_error", "internal_error", "Something went wrong.")
        sent = datetime.now(UTC)
        ends = format_datetime(sent + timedelta(seconds=wait_s), usegmt=True)
        reply = _error(
            429, "rate_limit_error", "rate_limit_exceeded",
            "Rate limit exceeded, please try again later",
        )  # fmt: skip
        return Reply(429, {"Retry-After": ends}, reply.body)

    def _open(self) -> list[Deal]:
        closed = ("Invested", "Passed")
        return [d for d in until(self.flow.deals, self.now) if d.stage(self.now) not in closed]

    def company(self, known: Known) -> dict[str, Any]:
        """One company record."""
        who = known.who
        since = _nanos(known.created_at)
        return {
            **_record(who, "companies", known.created_at),
            "values": {
                "name": [_value(since, "text", value=who.name_in(self.name))],
                "domains": [_value(since, "domain", domain=who.domain, root_domain=who.domain)],
                "description": [],
                "categories": [_value(since, "select", option={"title": who.company.category})],
                "estimated_arr_usd": [],
            },
        }

    def _person(self, contact: Contact) -> dict[str, Any]:
        since, person = _nanos(contact.created_at), contact.person
        company = contact.known.who.uuid_in(self.name)
        names = {"first_name": person.first, "last_name": person.last, "full_name": person.name}
        return {
            **_record(contact.known.who, "people", contact.created_at, person.email),
            "values": {
                "name": [_value(since, "personal-name", **names)],
                "email_addresses": [_value(since, "email-address", email_address=person.email)],
                "company": [_reference(since, "companies", company)],
                "job_title": [_value(since, "text", value="Founder")],
            },
        }

    def _deal(self, deal: Deal) -> dict[str, Any]:
        who, since = deal.known.who, _nanos(deal.created_at)
        changed = _nanos(deal.updated_at(self.now))
        amount = {"currency_value": deal.amount_usd, "currency_code": "USD"}
        status = {"title": deal.stage(self.now), "is_archived": False}
        return {
            **_record(who, "deals", deal.created_at),
            "values": {
                "name": [_value(since, "text", value=f"{who.name_in(self.name)} round")],
                "stage": [_value(changed, "status", status=status)],
                "value": [_value(since, "currency", **amount)],
                "associated_company": [_reference(since, "companies", who.uuid_in(self.name))],
            },
        }

    def _entry(self, deal: Deal) -> dict[str, Any]:
        who = deal.known.who
        status = {"title": deal.stage(self.now), "is_archived": False}
        return {
            "id": {
                "workspace_id": _WORKSPACE,
                "list_id": _DEAL_LIST,
                "entry_id": who.uuid_in(self.name, "entry"),
            },
            "parent_record_id": who.uuid_in(self.name),
            "parent_object": "companies",
            "created_at": _nanos(deal.created_at),
            "entry_values": {
                "status": [_value(_nanos(deal.updated_at(self.now)), "status", status=status)]
            },
        }

    def _note(self, note: Note) -> dict[str, Any]:
        return {
            "id": {
                "workspace_id": _WORKSPACE,
                "note_id": note.known.who.uuid_in(self.name, f"note {note.number}"),
            },
            "parent_object": "companies",
            "parent_record_id": note.known.who.uuid_in(self.name),
            "title": note.known.who.company.name,
            "meeting_id": None,
            "content_plaintext": note.text,
            "content_markdown": note.text,
            "tags": [],
            "created_by_actor": {"type": "workspace-member", "id": self._member_id(note.author)},
            "created_at": _nanos(note.created_at),
        }

    def _task(self, deal: Deal) -> dict[str, Any]:
        who = deal.known.who
        member = self._member_id(deal.known.owner)
        linked = {"target_object": "companies", "target_record_id": who.uuid_in(self.name)}
        return {
            "id": {"workspace_id": _WORKSPACE, "task_id": who.uuid_in(self.name, "task")},
            "content_plaintext": f"Decide on {who.company.name}",
            "is_completed": False,
            "deadline_at": _nanos(deal.created_at + timedelta(days=60)),
            "linked_records": [linked],
            "assignees": [
                {"referenced_actor_type": "workspace-member", "referenced_actor_id": member}
            ],
            "created_at": _nanos(deal.created_at),
        }

    def _meeting(self, meeting: Meeting) -> dict[str, Any]:
        who = meeting.known.who
        asked = [(meeting.host.email, True), *((guest.email, False) for guest in who.people)]
        return {
            "id": {
                "workspace_id": _WORKSPACE,
                "meeting_id": who.uuid_in(self.name, f"meeting {meeting.number}"),
            },
            "title": f"{who.company.name} / {meeting.host.first}",
            "description": "",
            "is_all_day": False,
            "start": {"datetime": _nanos(meeting.starts_at), "timezone": "UTC"},
            "end": {"datetime": _nanos(meeting.starts_at.replace(minute=45)), "timezone": "UTC"},
            "participants": [
                {"status": "accepted", "is_organizer": organizer, "email_address": email}
                for email, organizer in asked
            ],
            "linked_records": [
                {"object_slug": "companies", "record_id": who.uuid_in(self.name)},
            ],
            "created_at": _nanos(meeting.created_at),
        }

    def _member(self, who: Person) -> dict[str, Any]:
        return {
            "id": {"workspace_id": _WORKSPACE, "workspace_member_id": self._member_id(who)},
            "first_name": who.first,
            "last_name": who.last,
            "avatar_url": None,
            "email_address": who.email,
            "access_level": "member",
            "created_at": _nanos(_JOINED),
        }

    def _member_id(self, who: Person) -> str:
        return f"50cf0000-0000-4000-8000-{self.flow.who.firm.index(who):012d}"


def _nanos(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def _record(who: Identity, kind: str, at: datetime, what: str = "") -> dict[str, Any]:
    part = {"companies": "company", "people": f"person {what}", "deals": "deal"}[kind]
    number = who.uuid_in("attio", part)
    identity = {"workspace_id": _WORKSPACE, "object_id": f"97052eb9-{kind}", "record_id": number}
    url = f"https://app.attio.com/quillfen/{kind}/{number}"
    return {"id": identity, "created_at": _nanos(at), "web_url": url}


def _value(since: str, kind: str, **value: Any) -> dict[str, Any]:
    actor = {"type": "system", "id": None}
    return {"active_from": since, "active_until": None, "created_by_actor": actor,
            **value, "attribute_type": kind}  # fmt: skip


def _reference(since: str, kind: str, number: str) -> dict[str, Any]:
    return _value(since, "record-reference", target_object=kind, target_record_id=number)


def _list() -> dict[str, Any]:
    return {
        "id": {"workspace_id": _WORKSPACE, "list_id": _DEAL_LIST},
        "api_slug": "deal_flow",
        "name": "Deal flow",
        "parent_object": ["companies"],
        "workspace_access": "full-access",
        "created_at": _nanos(_JOINED),
    }


def _queried(asked: Asked, items: Sequence[Any], show: Callable[[Any], Any]) -> Reply:
    body = asked.json()
    limit, offset = body.get("limit", 500), body.get("offset", 0)
    if not isinstance(limit, int) or not isinstance(offset, int) or not 0 < limit <= 500:
        return _error(400, "invalid_request_error", "validation_type", "Bad limit or offset.")
    for sort in reversed(body.get("sorts", [])):
        if sort.get("attribute") != "created_at":
            return _error(400, "invalid_request_error", "validation_type", "Unknown attribute.")
        items = sorted(items, key=lambda item: item.created_at, reverse=sort["direction"] == "desc")
    return Reply(body={"data": page(items, offset, limit, show)[0]})


def _listed(
    asked: Asked, items: Sequence[Any], show: Callable[[Any], Any], *, default: int, most: int
) -> Reply:
    limit = asked.number("limit", default)
    if limit > most:
        return _error(400, "invalid_request_error", "validation_type", f"limit is at most {most}.")
    return Reply(body={"data": page(items, asked.number("offset", 0), limit, show)[0]})


def _by_cursor(asked: Asked, items: Sequence[Any], show: Callable[[Any], Any]) -> Reply:
    size = min(asked.number("limit", 50), 200)
    shown, following = page(items, place(asked.get("cursor")), size, show)
    cursor = None if following is None else marker(following)
    return Reply(body={"data": shown, "pagination": {"next_cursor": cursor}})


def _error(status: int, kind: str, code: str, message: str) -> Reply:
    body = {"status_code": status, "type": kind, "code": code, "message": message}
    return Reply(status, {}, body)
