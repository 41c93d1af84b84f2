"""A stand-in for QuickBooks Online: its query language, change feed and token endpoint.

A query filters, orders and pages as written and tells only active names unless asked;
what was deleted shows in the change feed alone, for 30 days.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sandbox.apis._answers import parsed
from sandbox.apis._books import (
    ACCOUNTS,
    Account,
    Document,
    Entry,
    Move,
    Party,
    Payment,
    books,
    cents,
)
from sandbox.apis._dealflow import Dated
from sandbox.apis._tokens import Tokens
from sandbox.standin import NOW, Asked, RateLimit, Reply, StandIn
from sandbox.universe import Universe

CLIENT = ("quickbooks-client-of-the-firm", "quickbooks-secret-of-the-firm")
REFRESH = "quickbooks-first-refresh-token"
REALM = "9130350000000007"
_OPENED = datetime(2024, 9, 1, 9, tzinfo=UTC)
_PACIFIC = timezone(timedelta(hours=-7))
_MOST = 1_000
_QUERY = re.compile(
    r"select \* from (?P<entity>\w+)(?: where (?P<where>.+?))?(?: orderby (?P<order>\w+))?"
    r"(?: startposition (?P<start>\d+))?(?: maxresults (?P<most>\d+))?",
    re.IGNORECASE,
)
_CHANGED = re.compile(r"MetaData\.LastUpdatedTime\s*>=\s*'([^']+)'", re.IGNORECASE)
_ANY = re.compile(r"Active\s+in\s*\(\s*true\s*,\s*false\s*\)", re.IGNORECASE)
_TYPES = {"bank": "Bank", "revenue": "Income", "expense": "Expense", "asset": "Fixed Asset",
          "receivable": "Accounts Receivable", "payable": "Accounts Payable"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Opened(Dated):
    """An account since the day it was opened."""

    number: int
    account: Account


def make(universe: Universe) -> QuickBooks:
    """The stand-in in this world."""
    return QuickBooks(universe)


class QuickBooks(StandIn):
    """Companies are customers; every 15th document was deleted on the day after it was made."""

    name = "quickbooks"

    def __init__(self, universe: Universe, now: datetime = NOW) -> None:
        super().__init__(universe, now)
        held = books(universe)
        self.tokens = Tokens(CLIENT, REFRESH, 3600)
        self.minute = RateLimit(500, 60)
        bills = [one for one in held.documents if one.party.is_vendor]
        invoices = [one for one in held.documents if not one.party.is_vendor]
        opened = [
            Opened(number=n, account=one, moments=(_OPENED + timedelta(days=n),))
            for n, one in enumerate(ACCOUNTS, 1)
        ]
        self._entities: dict[str, tuple[Iterable[Any], Callable[[Any], dict[str, Any]]]] = {
            "Account": (opened, _account),
            "Vendor": ([one for one in held.parties if one.is_vendor], self.party),
            "Customer": ([one for one in held.parties if not one.is_vendor], self.party),
            "Bill": (bills, self._document),
            "Invoice": (invoices, self._document),
            "Payment": ([p for p in held.payments if not p.document.party.is_vendor], _payment),
            "BillPayment": ([p for p in held.payments if p.document.party.is_vendor], _payment),
            "Purchase": (held.moves, _move),
            "JournalEntry": (held.entries, _entry),
        }

    def environment(self, address: str) -> Mapping[str, str]:
        """The app, its first refresh token, the company and both addresses.

        The made-up world's days are past, and the change feed looks back from today.
        """
        past = (datetime.now(UTC) - self.now).days
        return {
            "QUICKBOOKS_CLIENT_ID": CLIENT[0],
            "QUICKBOOKS_CLIENT_SECRET": CLIENT[1],
            "QUICKBOOKS_REFRESH_TOKEN": REFRESH,
            "QUICKBOOKS_REALM_ID": REALM,
            "QUICKBOOKS_URL": f"{address}/quickbooks",
            "QUICKBOOKS_TOKEN_URL": f"{address}/quickbooks/oauth2/v1/tokens/bearer",
            "QUICKBOOKS_DELETION_DAYS": str(past + 29),
        }

    def answer(self, asked: Asked) -> Reply:
        """A token, what a query finds, what was changed, or what is wrong."""
        if asked.parts == ("oauth2", "v1", "tokens", "bearer"):
            return self.tokens.exchange(asked, {"x_refresh_token_expires_in": 8_726_400})
        if not self.tokens.accepts(asked.bearer()):
            return _fault(
                401, "AUTHENTICATION", "3200", "message=AuthenticationFailed; errorCode=003200",
                "Token expired: access token is not valid",
            )  # fmt: skip
        minute = self.minute.take()
        if not minute.passed:
            return self.refuse(429, minute.reset_s)
        match asked.parts:
            case ("v3", "company", realm, _) if realm != REALM:
                return _fault(
                    403, "AuthorizationFault", "3100", "ApplicationAuthorizationFailed",
                    "The app may not see this company.",
                )  # fmt: skip
            case ("v3", "company", _, "query"):
                return self._query(asked.get("query"))
            case ("v3", "company", _, "cdc"):
                return self._changes(asked)
        return _fault(404, "ValidationFault", "610", "Object Not Found", asked.path)

    def refuse(self, status: int, wait_s: float) -> Reply:  # noqa: ARG002 - it tells no time
        """A 429 tells no time to wait for."""
        if status == 429:
            message = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
            return _fault(429, "SERVICE", "3001", message, "You have exceeded the throttle limit.")
        return _fault(status, "SystemFault", "10000", "An application error has occurred", "Later.")

    def _query(self, text: str) -> Reply:
        found = _QUERY.fullmatch(" ".join(text.split()))
        if found is None or found["entity"] not in self._entities:
            return _refused(f"QueryParserError: {text[:80]}")
        since, inactive = None, False
        for condition in re.split(r"\s+and\s+", found["where"] or "", flags=re.IGNORECASE):
            if changed := _CHANGED.fullmatch(condition):
                since = parsed(changed[1])
            elif _ANY.fullmatch(condition):
                inactive = True
            elif condition:
                return _refused(f"QueryValidationError: {condition[:80]}")
        if (found["order"] or "Id") != "Id" or int(found["most"] or 100) > _MOST:
            return _refused("QueryValidationError: order or maxresults")
        entity = found["entity"]
        shown = [
            one
            for one in self._there(entity)
            if (inactive or one.get("Active", True))
            and (since is None or parsed(one["MetaData"]["LastUpdatedTime"]) >= since)
        ]
        start, most = int(found["start"] or 1), int(found["most"] or 100)
        part = shown[start - 1 : start - 1 + most]
        answer = {entity: part, "startPosition": start, "maxResults": len(part)} if part else {}
        return Reply(body={"QueryResponse": answer, "time": _time(self.now)})

    def _there(self, entity: str) -> list[dict[str, Any]]:
        """Everything of a kind that is there now and was not deleted, by Id."""
        items, show = self._entities[entity]
        return sorted(
            (
                {**show(item), "domain": "QBO", "sparse": False, "MetaData": self._meta(item)}
                for item in items
                if item.created_at <= self.now and not self._deleted_at(item)
            ),
            key=lambda one: int(one["Id"]),
        )

    def _deleted_at(self, item: Any) -> datetime | None:
        if isinstance(item, Document) and item.number % 15 == 0:
            gone = item.created_at + timedelta(days=1)
            return gone if gone <= self.now else None
        return None

    def _meta(self, item: Dated) -> dict[str, str]:
        return {
            "CreateTime": _time(item.created_at),
            "LastUpdatedTime": _time(item.updated_at(self.now)),
        }

    def _changes(self, asked: Asked) -> Reply:
        since = parsed(asked.get("changedSince"))
        if since < self.now - timedelta(days=30):
            return _refused("changedSince must lie within the last 30 days")
        responses = []
        for entity in asked.get("entities").split(","):
            changed = [
                one
                for one in self._there(entity)
                if parsed(one["MetaData"]["LastUpdatedTime"]) >= since
            ]
            for item in self._entities[entity][0]:
                gone = self._deleted_at(item)
                if gone is not None and gone >= since:
                    number = str(10_000 + item.number)
                    meta = {"LastUpdatedTime": _time(gone)}
                    changed.append(
                        {"domain": "QBO", "status": "Deleted", "Id": number, "MetaData": meta}
                    )
            part = changed[:_MOST]
            fields = {entity: part, "startPosition": 1, "maxResults": len(part)} if part else {}
            responses.append(fields)
        return Reply(body={"CDCResponse": [{"QueryResponse": responses}], "time": _time(self.now)})

    def party(self, party: Party) -> dict[str, Any]:
        """A vendor or customer; every fifth vendor is no longer in use."""
        if party.who is None:
            return {
                "Id": str(party.number),
                "DisplayName": party.name,
                "PrimaryPhone": {"FreeFormNumber": f"+1 555 01{party.number:02d}"},
                "BillAddr": {"City": "Rotterdam"},
                "Active": party.number % 5 != 0,
            }
        first = party.who.people[0]
        return {
            "Id": str(party.who.number_in(self.name)),
            "DisplayName": party.who.name_in(self.name).strip(),
            "GivenName": first.first,
            "FamilyName": first.last,
            "PrimaryEmailAddr": {"Address": first.email},
            "PrimaryPhone": {"FreeFormNumber": f"+1 555 1{party.number:03d}"},
            "BillAddr": {"City": party.who.company.city},
            "Active": True,
        }

    def _document(self, document: Document) -> dict[str, Any]:
        party = self.party(document.party)
        kind = "VendorRef" if document.party.is_vendor else "CustomerRef"
        detail = (
            "AccountBasedExpenseLineDetail" if document.party.is_vendor else "SalesItemLineDetail"
        )
        total = cents(document.cents)
        sent = {} if document.party.is_vendor else {"BillEmail": party["PrimaryEmailAddr"]}
        return {
            **sent,
            "Id": str(10_000 + document.number),
            "DocNumber": f"{document.number:05d}",
            "TxnDate": document.on.isoformat(),
            "DueDate": document.due.isoformat(),
            "CurrencyRef": {"value": "USD"},
            kind: {"value": party["Id"], "name": party["DisplayName"]},
            "Line": [
                {"Id": str(place), "Description": text, "Amount": cents(amount),
                 "DetailType": detail, detail: {"AccountRef": {"value": code}}}
                for place, (text, code, amount) in enumerate(document.lines, 1)
            ],
            "TotalAmt": total,
            "Balance": 0 if document.is_paid(self.now) else total,
        }  # fmt: skip


def _account(opened: Opened) -> dict[str, Any]:
    account = opened.account
    return {"Id": str(opened.number), "Name": account.name, "AcctNum": account.code,
            "AccountType": _TYPES[account.kind], "Active": True, "CurrentBalance": 0}  # fmt: skip


def _payment(payment: Payment) -> dict[str, Any]:
    document = payment.document
    kind = "Bill" if document.party.is_vendor else "Invoice"
    linked = [{"TxnId": str(10_000 + document.number), "TxnType": kind}]
    total = cents(document.cents)
    return {
        "Id": str(20_000 + payment.number),
        "TxnDate": payment.on.isoformat(),
        "TotalAmt": total,
        "Line": [{"Amount": total, "LinkedTxn": linked}],
    }


def _move(move: Move) -> dict[str, Any]:
    line = {"Amount": cents(move.cents), "Description": move.text}
    return {"Id": str(30_000 + move.number), "TxnDate": move.on.isoformat(),
            "PaymentType": "Cash", "TotalAmt": cents(move.cents), "Line": [line]}  # fmt: skip


def _entry(entry: Entry) -> dict[str, Any]:
    lines = [
        {
            "Amount": cents(abs(amount)),
            "JournalEntryLineDetail": {
                "PostingType": "Debit" if amount > 0 else "Credit",
                "AccountRef": {"value": code},
            },
        }
        for code, amount in entry.lines
    ]
    return {"Id": str(40_000 + entry.number), "TxnDate": entry.on.isoformat(),
            "PrivateNote": entry.text, "Line": lines}  # fmt: skip


def _time(at: datetime) -> str:
    return at.astimezone(_PACIFIC).isoformat(timespec="seconds")


def _refused(detail: str) -> Reply:
    return _fault(400, "ValidationFault", "4000", "Error parsing query", detail)


def _fault(status: int, kind: str, code: str, message: str, detail: str) -> Reply:
    error = {"Message": message, "Detail": detail, "code": code}
    body = {"Fault": {"Error": [error], "type": kind}, "time": _time(NOW)}
    return Reply(status, {}, body)
