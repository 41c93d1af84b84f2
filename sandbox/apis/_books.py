"""The made-up firm's books: accounts, who it pays and who pays it, and every posting.

Belongs here: what was booked, and when it changed. Does not belong here: how a system
writes it down. Amounts are cents of US dollars; what is booked goes on for some weeks
after the made-up world's last day.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random

from sandbox.apis._dealflow import Dated
from sandbox.identities import Identity, identities
from sandbox.universe import TODAY, Universe

_BEGIN, _END = date(2024, 10, 1), TODAY + timedelta(days=45)
_VENDORS = (
    "Harrow & Pyle LLP", "Ledgerlight Audit GmbH", "Quorum Fund Services", "Desk & Dwell Offices",
    "Northwire Telecom", "Paperwing Travel", "Cipherbarn Hosting", "Marrowdata Feeds",
    "Tallowfield Insurance", "Brightquill Design", "O'Shaughnessy Catering", "Zürcher Treuhand AG",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Account:
    """One line of the chart of accounts."""

    code: str
    name: str
    kind: str


ACCOUNTS = (
    Account(code="090", name="Operating Account", kind="bank"),
    Account(code="200", name="Management Fees", kind="revenue"),
    Account(code="210", name="Monitoring Fees", kind="revenue"),
    Account(code="400", name="Legal", kind="expense"),
    Account(code="404", name="Bank Fees", kind="expense"),
    Account(code="412", name="Audit and Administration", kind="expense"),
    Account(code="469", name="Rent", kind="expense"),
    Account(code="489", name="Data and Software", kind="expense"),
    Account(code="493", name="Travel", kind="expense"),
    Account(code="610", name="Accounts Receivable", kind="receivable"),
    Account(code="720", name="Equipment, Depreciation", kind="asset"),
    Account(code="800", name="Accounts Payable", kind="payable"),
)
_EXPENSES = [account.code for account in ACCOUNTS if account.kind == "expense"]


@dataclass(frozen=True, kw_only=True)
class Party(Dated):
    """Who pays the firm (a company, `who`) or is paid by it (a vendor)."""

    number: int
    name: str
    who: Identity | None

    @property
    def is_vendor(self) -> bool:
        """Whether the firm buys from it."""
        return self.who is None


@dataclass(frozen=True, kw_only=True)
class Document(Dated):
    """An invoice to a company, or a bill of a vendor; its second moment is the payment."""

    number: int
    party: Party
    on: date
    due: date
    lines: tuple[tuple[str, str, int], ...]
    """Text, code of the account, cents."""

    @property
    def cents(self) -> int:
        """Its total."""
        return sum(line[2] for line in self.lines)

    def is_paid(self, now: datetime) -> bool:
        """Whether its payment was booked."""
        return len(self.moments) > 1 and self.moments[1] <= now


@dataclass(frozen=True, kw_only=True)
class Payment(Dated):
    """The payment of a whole document."""

    number: int
    document: Document

    @property
    def on(self) -> date:
        """Its day."""
        return self.created_at.date()


@dataclass(frozen=True, kw_only=True)
class Move(Dated):
    """Money that left the bank without a bill: fees of the bank."""

    number: int
    on: date
    text: str
    cents: int


@dataclass(frozen=True, kw_only=True)
class Entry(Dated):
    """A journal entry; what is debited is positive, and all lines add up to nothing."""

    number: int
    on: date
    text: str
    lines: tuple[tuple[str, int], ...]
    """Code of the account, cents."""


@dataclass(frozen=True)
class Books:
    """All of them."""

    seed: int
    parties: tuple[Party, ...]
    documents: tuple[Document, ...]
    payments: tuple[Payment, ...]
    moves: tuple[Move, ...]
    entries: tuple[Entry, ...]

    def uuid(self, system: str, what: str) -> str:
        """An id of 128 bits for something that isn't a company."""
        bits = Random(f"{self.seed}/{what} in {system}").getrandbits(128)
        return str(uuid.UUID(int=bits, version=4))


@lru_cache(maxsize=4)
def books(universe: Universe) -> Books:
    """The books in this world, the same for the same seed."""
    chance, who = universe.random("books"), identities(universe)
    held = [who.of(company) for company in universe.portfolio]
    members = [one for one in who.companies if one not in held and chance.random() < 0.3]
    parties = tuple(_parties(chance, [*held, *members]))
    documents = tuple(_documents(chance, parties))
    paid = [document for document in documents if len(document.moments) > 1]
    payments = tuple(
        Payment(number=number, document=document, moments=document.moments[1:])
        for number, document in enumerate(paid, 1)
    )
    return Books(
        universe.seed,
        parties,
        documents,
        payments,
        tuple(_moves(chance)),
        tuple(_entries(chance)),
    )


def cents(amount: int) -> float:
    """Cents as the number that books show; exact in its two places."""
    return float(f"{amount / 100:.2f}")


def _at(chance: Random, day: date) -> datetime:
    seconds = timedelta(seconds=chance.randrange(8 * 3600, 18 * 3600))
    return datetime.combine(day, time(), UTC) + seconds


def _months() -> Iterator[date]:
    year, month = _BEGIN.year, _BEGIN.month
    while (first := date(year, month, 1)) <= _END:
        yield first
        year, month = year + month // 12, month % 12 + 1


def _parties(chance: Random, companies: list[Identity]) -> Iterable[Party]:
    for number, name in enumerate(_VENDORS, 1):
        yield Party(number=number, name=name, who=None, moments=(_at(chance, _BEGIN),))
    for number, who in enumerate(companies, len(_VENDORS) + 1):
        first = _at(chance, _BEGIN + timedelta(days=chance.randint(0, 30)))
        changed = [_at(chance, TODAY + timedelta(days=chance.randint(-300, 40)))]
        edits = changed if chance.random() < 0.2 else []
        yield Party(number=number, name=who.company.name, who=who, moments=(first, *edits))


def _documents(chance: Random, parties: tuple[Party, ...]) -> Iterator[Document]:
    number = 0
    for month in _months():
        for party in parties:
            if not party.is_vendor and (month.month % 3 != 1 or month == _BEGIN):
                continue
            number += 1
            on = month + timedelta(days=chance.randint(0, 20))
            yield _document(chance, number, party, on)


def _document(chance: Random, number: int, party: Party, on: date) -> Document:
    if party.is_vendor:
        code = _EXPENSES[party.number % len(_EXPENSES)]
        lines = [("Services", code, chance.randrange(5_000, 900_000))]
        if chance.random() < 0.3:
            lines.append(("Expenses", "493", chance.randrange(500, 50_000)))
    else:
        lines = [("Monitoring fee of the quarter", "210", chance.choice((150_000, 250_001)))]
    created = _at(chance, on)
    paid = created + timedelta(days=chance.randint(3, 45), seconds=chance.randint(1, 3600))
    settled = [paid] if chance.random() < 0.93 else []
    return Document(
        number=number,
        party=party,
        on=on,
        due=on + timedelta(days=30),
        lines=tuple(lines),
        moments=(created, *settled),
    )


def _moves(chance: Random) -> Iterable[Move]:
    for number, month in enumerate(_months(), 1):
        on = month + timedelta(days=27)
        yield Move(
            number=number,
            on=on,
            text="Account fee",
            cents=chance.randrange(1_500, 9_999),
            moments=(_at(chance, on),),
        )


def _entries(chance: Random) -> Iterable[Entry]:
    for number, month in enumerate(_months(), 1):
        on, amount = month + timedelta(days=26), chance.randrange(10_000, 90_000)
        yield Entry(
            number=number,
            on=on,
            text=f"Depreciation {month:%B %Y}",
            lines=(("489", amount), ("720", -amount)),
            moments=(_at(chance, on),),
        )
