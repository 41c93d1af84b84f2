"""What the made-up firm knows of companies: its deals, notes and meetings, day by day.

Belongs here: what is true, and when it changed. Does not belong here: how a CRM
writes it down. It goes on for some weeks after the made-up world's last day, so
that a stand-in whose clock moves on has news.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import TypeVar

from sandbox.identities import Identities, Identity, Person, identities
from sandbox.universe import TODAY, Universe

STAGES = ("Sourced", "First meeting", "Diligence", "Partner meeting", "Term sheet", "Invested")
PASSED = "Passed"

_BEGIN = datetime(2023, 1, 9, 8, tzinfo=UTC)
_END = datetime.combine(TODAY, time(18), UTC) + timedelta(days=45)
_TALK = (
    "Strong team; wants to see a second reference customer.",
    "Gross margin is better than at the last update, churn a little worse.",
    "They raise again in two quarters. Ask for the cohort data.",
    "Too early for us. Look again after the pilot.",
    "Café meeting, good rapport; the CTO “doesn't do” slides.",
)


@dataclass(frozen=True, kw_only=True)
class Dated:
    """Something that is there from its first moment on, and changed at each later one."""

    moments: tuple[datetime, ...]

    @property
    def created_at(self) -> datetime:
        """When it came to be."""
        return self.moments[0]

    def updated_at(self, now: datetime) -> datetime:
        """Its last change until `now`."""
        return max(moment for moment in self.moments if moment <= now)


@dataclass(frozen=True, kw_only=True)
class Known(Dated):
    """A company in the CRM; `number` counts all of them from 1."""

    number: int
    who: Identity
    owner: Person


@dataclass(frozen=True, kw_only=True)
class Contact(Dated):
    """A founder in the CRM."""

    number: int
    known: Known
    person: Person


@dataclass(frozen=True, kw_only=True)
class Deal(Dated):
    """A possible investment; `stages` has one entry for each of its moments."""

    number: int
    known: Known
    stages: tuple[str, ...]
    amount_usd: int

    def stage(self, now: datetime) -> str:
        """Where it stands."""
        return self.stages[sum(moment <= now for moment in self.moments) - 1]


@dataclass(frozen=True, kw_only=True)
class Note(Dated):
    """What somebody of the firm wrote about a company."""

    number: int
    known: Known
    author: Person
    text: str


@dataclass(frozen=True, kw_only=True)
class Meeting(Dated):
    """An hour with a company's founders."""

    number: int
    known: Known
    host: Person
    starts_at: datetime


@dataclass(frozen=True)
class DealFlow:
    """All of it; `who` are the identities."""

    who: Identities
    companies: tuple[Known, ...]
    contacts: tuple[Contact, ...]
    deals: tuple[Deal, ...]
    notes: tuple[Note, ...]
    meetings: tuple[Meeting, ...]


Thing = TypeVar("Thing", bound=Dated)


def until(things: Iterable[Thing], now: datetime) -> list[Thing]:
    """Those that are there already."""
    return [thing for thing in things if thing.created_at <= now]


@lru_cache(maxsize=4)
def dealflow(universe: Universe) -> DealFlow:
    """The firm's knowledge in this world, the same for the same seed."""
    chance, who = universe.random("dealflow"), identities(universe)
    held = {company.number for company in universe.portfolio}
    companies = tuple(
        Known(
            number=identity.company.number,
            who=identity,
            owner=chance.choice(who.firm),
            moments=_moments(chance, early=identity.company.number in held),
        )
        for identity in who.companies
    )
    followed = [one for one in companies if one.number in held or chance.random() < 0.4]
    return DealFlow(
        who,
        companies,
        tuple(_contacts(chance, companies)),
        tuple(_deal(chance, n, known, held) for n, known in enumerate(followed, 1)),
        tuple(_notes(chance, followed)),
        tuple(_meetings(chance, followed)),
    )


def _moments(chance: Random, *, early: bool = False, most: int = 3) -> tuple[datetime, ...]:
    end = _BEGIN + timedelta(days=300) if early else _END - timedelta(days=2)
    first = _between(chance, _BEGIN, end)
    later = {_between(chance, first, _END) for _ in range(chance.randint(0, most))}
    return (first, *sorted(later - {first}))


def _between(chance: Random, begin: datetime, end: datetime) -> datetime:
    return begin + timedelta(seconds=chance.randrange(int((end - begin).total_seconds()) + 1))


def _contacts(chance: Random, companies: Iterable[Known]) -> Iterable[Contact]:
    people = ((one, person) for one in companies for person in dict.fromkeys(one.who.people))
    for number, (known, person) in enumerate(people, 1):
        first = known.created_at + timedelta(minutes=chance.randint(0, 600))
        edits = (_between(chance, first, _END),) if chance.random() < 0.3 else ()
        yield Contact(number=number, known=known, person=person, moments=(first, *edits))


def _deal(chance: Random, number: int, known: Known, held: set[int]) -> Deal:
    amount = chance.choice((250_000, 500_000, 1_000_000, 2_500_000))
    first, stages = known.created_at, list(STAGES)
    if known.number not in held:
        stages = [*STAGES[: chance.randint(1, len(STAGES) - 1)], PASSED][: chance.randint(1, 5)]
    moments = [first]
    for _ in stages[1:]:
        moments.append(moments[-1] + timedelta(seconds=chance.randint(86_400, 30 * 86_400)))
    return Deal(
        number=number,
        known=known,
        stages=tuple(stages),
        amount_usd=amount,
        moments=tuple(moments),
    )


def _notes(chance: Random, followed: list[Known]) -> Iterable[Note]:
    number = 0
    for known in followed:
        for _ in range(chance.randint(0, 4)):
            number += 1
            first = _between(chance, known.created_at, _END)
            edits = (
                [first + timedelta(hours=chance.randint(1, 400))] if chance.random() < 0.2 else []
            )
            yield Note(
                number=number,
                known=known,
                author=known.owner,
                text=chance.choice(_TALK),
                moments=(first, *edits),
            )


def _meetings(chance: Random, followed: list[Known]) -> Iterable[Meeting]:
    number = 0
    for known in followed:
        for _ in range(chance.randint(0, 3)):
            number += 1
            first = _between(chance, known.created_at, _END)
            starts = first.replace(minute=0, second=0) + timedelta(days=chance.randint(1, 14))
            moved = (
                [first + timedelta(hours=chance.randint(1, 20))] if chance.random() < 0.25 else []
            )
            yield Meeting(
                number=number,
                known=known,
                host=known.owner,
                starts_at=starts,
                moments=(first, *moved),
            )
