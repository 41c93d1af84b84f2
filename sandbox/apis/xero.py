"""A stand-in for the books of Xero, Accounting API 2.0, and for its token endpoint.

Moments are `/Date(…)/`, pages are numbered, If-Modified-Since narrows what comes, and
an organisation has its minute, its day and five calls at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sandbox.apis._answers import page, parsed
from sandbox.apis._books import ACCOUNTS, Account, Document, Move, Party, Payment, books, cents
from sandbox.apis._dealflow import Dated, until
from sandbox.apis._tokens import Tokens
from sandbox.standin import NOW, Asked, RateLimit, Reply, StandIn
from sandbox.universe import FIRM, Universe

CLIENT = ("xero-client-of-the-made-up-firm", "xero-secret-of-the-made-up-firm")
REFRESH = "xero-first-refresh-token"
_OPENED = datetime(2024, 9, 1, 9, tzinfo=UTC)
_KINDS = {"bank": "BANK", "revenue": "REVENUE", "expense": "EXPENSE", "receivable": "CURRENT",
          "payable": "CURRLIAB", "asset": "FIXED"}  # fmt: skip


def make(universe: Universe) -> Xero:
    """The stand-in in this world."""
    return Xero(universe)


class Xero(StandIn):
    """Vendors and companies are contacts; every document and payment has a journal."""

    name = "xero"

    def __init__(self, universe: Universe, now: datetime = NOW) -> None:
        super().__init__(universe, now)
        self.books = books(universe)
        self.tenant = self.books.uuid(self.name, "tenant")
        self.tokens = Tokens(CLIENT, REFRESH, 1800)
        self.minute = RateLimit(60, 60)
        self.left_today = 5_000
        self._under_way = threading.BoundedSemaphore(5)
        posted: list[Dated] = [*self.books.documents, *self.books.payments, *self.books.moves]
        self._posted = sorted(posted, key=lambda one: one.created_at)

    def environment(self, address: str) -> Mapping[str, str]:
        """The app, its first refresh token, the organisation and both addresses."""
        return {
            "XERO_CLIENT_ID": CLIENT[0],
            "XERO_CLIENT_SECRET": CLIENT[1],
            "XERO_REFRESH_TOKEN": REFRESH,
            "XERO_TENANT_ID": self.tenant,
            "XERO_URL": f"{address}/xero/api.xro/2.0",
            "XERO_TOKEN_URL": f"{address}/xero/connect/token",
        }

    def answer(self, asked: Asked) -> Reply:
        """A token, a page of the books, or what is wrong."""
        if asked.parts == ("connect", "token"):
            return self.tokens.exchange(asked, {"scope": "offline_access accounting.transactions"})
        if not self.tokens.accepts(asked.bearer()):
            return _problem(401, "Unauthorized", "TokenExpired: token expired")
        if asked.headers.get("xero-tenant-id") != self.tenant:
            return _problem(403, "Forbidden", "AuthenticationUnsuccessful")
        if not self._under_way.acquire(blocking=False):
            return self._too_many("concurrent", 1)
        try:
            minute = self.minute.take()
            if not minute.passed or not self.left_today:
                kind, wait = ("minute", minute.reset_s) if self.left_today else ("day", 21_600)
                return self._too_many(kind, wait)
            self.left_today -= 1
            reply = self._reply(asked)
            headers = {
                "X-MinLimit-Remaining": str(minute.remaining),
                "X-DayLimit-Remaining": str(self.left_today),
                "X-AppMinLimit-Remaining": "9999",
            }
            return replace(reply, headers={**reply.headers, **headers})
        finally:
            self._under_way.release()

    def refuse(self, status: int, wait_s: float) -> Reply:
        """A 429 says which of the limits it is."""
        if status == 429:
            return self._too_many("minute", wait_s)
        return _problem(status, "An error occurred", "Please try again later.")

    def _too_many(self, kind: str, wait_s: float) -> Reply:
        return Reply(429, {"Retry-After": str(round(wait_s)), "X-Rate-Limit-Problem": kind})

    def _reply(self, asked: Asked) -> Reply:
        if asked.parts[:2] != ("api.xro", "2.0"):
            return _problem(404, "Not found", f"There is nothing at {asked.path}.")
        held, now = self.books, self.now
        match asked.parts[2:]:
            case ("Organisation",):
                return _answered({"Organisations": [self._organisation()]})
            case ("Accounts",):
                since = _since(asked)
                shown = [self._account(one) for one in ACCOUNTS if _opened(one) >= since]
                return _answered({"Accounts": shown}) if shown else Reply(304)
            case ("Contacts",):
                return self._paged(asked, "Contacts", until(held.parties, now), self.contact)
            case ("Invoices",):
                documents = until(held.documents, now)
                return self._paged(asked, "Invoices", documents, self._invoice)
            case ("Payments",):
                return self._paged(asked, "Payments", until(held.payments, now), self._payment)
            case ("BankTransactions",):
                return self._paged(asked, "BankTransactions", until(held.moves, now), self._move)
            case ("Journals",):
                after = asked.number("offset", 0)
                there = until(self._posted, now)
                numbered = list(enumerate(there, 1))[after : after + 100]
                return _answered({"Journals": [self._journal(*one) for one in numbered]})
        return _problem(404, "Not found", f"There is nothing at {asked.path}.")

    def _paged(
        self, asked: Asked, name: str, items: Iterable[Any], show: Callable[[Any], dict[str, Any]]
    ) -> Reply:
        since, now = _since(asked), self.now
        kept = [item for item in items if item.updated_at(now) >= since]
        number, size = asked.number("page", 1), min(asked.number("pageSize", 100), 1000)
        order = asked.get("order", "UpdatedDateUTC")
        found = sorted((show(item) for item in kept), key=lambda one: str(one[order]))
        shown, _ = page(found, (number - 1) * size, size, dict)
        paging = {"page": number, "pageSize": size, "itemCount": len(kept)}
        return _answered({"pagination": paging, name: shown})

    def id_of(self, what: str, number: int | str) -> str:
        """The id of anything but a company."""
        return self.books.uuid(self.name, f"{what} {number}")

    def party_id(self, party: Party) -> str:
        """The id of a contact."""
        return party.who.uuid_in(self.name) if party.who else self.id_of("contact", party.number)

    def _organisation(self) -> dict[str, Any]:
        return {"OrganisationID": self.tenant, "Name": FIRM, "BaseCurrency": "USD",
                "CountryCode": "US", "CreatedDateUTC": _stamp(_OPENED)}  # fmt: skip

    def _account(self, account: Account) -> dict[str, Any]:
        return {
            "AccountID": self.id_of("account", account.code),
            "Code": account.code,
            "Name": account.name,
            "Type": _KINDS[account.kind],
            "Status": "ACTIVE",
            "UpdatedDateUTC": _stamp(_opened(account)),
        }

    def contact(self, party: Party) -> dict[str, Any]:
        """One contact; a company has the name it has in the books."""
        people = party.who.people if party.who else ()
        return {
            "ContactID": self.party_id(party),
            "ContactStatus": "ACTIVE",
            "Name": party.who.name_in(self.name) if party.who else party.name,
            "FirstName": people[0].first if people else "",
            "LastName": people[0].last if people else "",
            "EmailAddress": people[0].email if people else "",
            "Addresses": [{"AddressType": "STREET", "City": "", "Country": ""}],
            "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": ""}],
            "IsSupplier": party.is_vendor,
            "IsCustomer": not party.is_vendor,
            "UpdatedDateUTC": _stamp(party.updated_at(self.now)),
        }

    def _lines(self, lines: Iterable[tuple[str, str, int]]) -> list[dict[str, Any]]:
        return [
            {"Description": text, "AccountCode": code, "Quantity": 1.0, "TaxAmount": 0.0,
             "UnitAmount": cents(amount), "LineAmount": cents(amount)}
            for text, code, amount in lines
        ]  # fmt: skip

    def _invoice(self, document: Document) -> dict[str, Any]:
        paid, party = document.is_paid(self.now), document.party
        total = cents(document.cents)
        return {
            "InvoiceID": self.id_of("invoice", document.number),
            "InvoiceNumber": f"{'BILL' if party.is_vendor else 'INV'}-{document.number:04d}",
            "Type": "ACCPAY" if party.is_vendor else "ACCREC",
            "Status": "PAID" if paid else "AUTHORISED",
            "Contact": {"ContactID": self.party_id(party), "Name": self.contact(party)["Name"]},
            "DateString": f"{document.on}T00:00:00",
            "Date": _day(document.on),
            "DueDateString": f"{document.due}T00:00:00",
            "DueDate": _day(document.due),
            "CurrencyCode": "USD",
            "LineItems": self._lines(document.lines),
            "SubTotal": total,
            "TotalTax": 0.0,
            "Total": total,
            "AmountDue": 0.0 if paid else total,
            "AmountPaid": total if paid else 0.0,
            "UpdatedDateUTC": _stamp(document.updated_at(self.now)),
        }

    def _payment(self, payment: Payment) -> dict[str, Any]:
        document = payment.document
        return {
            "PaymentID": self.id_of("payment", payment.number),
            "Date": _day(payment.on),
            "Amount": cents(document.cents),
            "PaymentType": "ACCPAYPAYMENT" if document.party.is_vendor else "ACCRECPAYMENT",
            "Status": "AUTHORISED",
            "Account": {"AccountID": self.id_of("account", "090"), "Code": "090"},
            "Invoice": {"InvoiceID": self.id_of("invoice", document.number)},
            "UpdatedDateUTC": _stamp(payment.updated_at(self.now)),
        }

    def _move(self, move: Move) -> dict[str, Any]:
        return {
            "BankTransactionID": self.id_of("move", move.number),
            "Type": "SPEND",
            "Status": "AUTHORISED",
            "BankAccount": {"AccountID": self.id_of("account", "090"), "Code": "090"},
            "Date": _day(move.on),
            "LineItems": self._lines([(move.text, "404", move.cents)]),
            "CurrencyCode": "USD",
            "Total": cents(move.cents),
            "UpdatedDateUTC": _stamp(move.updated_at(self.now)),
        }

    def _journal(self, number: int, posted: Dated) -> dict[str, Any]:
        source, kind, on, lines = self._postings(posted)
        return {
            "JournalID": self.id_of("journal", number),
            "JournalNumber": number,
            "JournalDate": _day(on),
            "CreatedDateUTC": _stamp(posted.created_at),
            "SourceID": source,
            "SourceType": kind,
            "JournalLines": [
                {"JournalLineID": self.id_of(f"line {place} of journal", number),
                 "AccountCode": code, "NetAmount": cents(amount), "TaxAmount": 0.0}
                for place, (code, amount) in enumerate(lines)
            ],
        }  # fmt: skip

    def _postings(self, posted: Dated) -> tuple[str, str, date, Sequence[tuple[str, int]]]:
        """Source, its kind, the day, and accounts with what is debited."""
        match posted:
            case Document() if posted.party.is_vendor:
                lines = [(code, amount) for _, code, amount in posted.lines]
                source = self.id_of("invoice", posted.number)
                return source, "ACCPAY", posted.on, [*lines, ("800", -posted.cents)]
            case Document():
                lines = [(code, -amount) for _, code, amount in posted.lines]
                source = self.id_of("invoice", posted.number)
                return source, "ACCREC", posted.on, [*lines, ("610", posted.cents)]
            case Payment():
                amount = posted.document.cents
                source = self.id_of("payment", posted.number)
                if posted.document.party.is_vendor:
                    return source, "ACCPAYPAYMENT", posted.on, [("800", amount), ("090", -amount)]
                return source, "ACCRECPAYMENT", posted.on, [("090", amount), ("610", -amount)]
            case Move():
                lines = [("404", posted.cents), ("090", -posted.cents)]
                return self.id_of("move", posted.number), "CASHPAID", posted.on, lines
        raise TypeError(f"{type(posted).__name__} is never posted.")


def _opened(account: Account) -> datetime:
    """One account a day, in the order of the chart."""
    return _OPENED + timedelta(days=ACCOUNTS.index(account))


def _since(asked: Asked) -> datetime:
    text = asked.headers.get("if-modified-since", "")
    return parsed(text) if text else datetime.min.replace(tzinfo=UTC)


def _stamp(at: datetime) -> str:
    return (
        f"/Date({int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))}+0000)/"
    )


def _day(on: date) -> str:
    return _stamp(datetime.combine(on, time(), UTC))


def _answered(fields: dict[str, Any]) -> Reply:
    head = {"Id": "900c500b-0000-4000-8000-000000000007", "Status": "OK",
            "ProviderName": "Headwater", "DateTimeUTC": _stamp(NOW)}  # fmt: skip
    return Reply(body={**head, **fields})


def _problem(status: int, title: str, detail: str) -> Reply:
    body = {"Type": None, "Title": title, "Status": status, "Detail": detail}
    return Reply(status, {}, {**body, "Instance": "b1a7-of-the-made-up-firm", "Extensions": {}})
