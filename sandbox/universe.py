"""The made-up world: companies, their founders and rounds, before any system sees them.

Belongs here: what is true in that world. Does not belong here: how a system
writes it down, or the dirt that it adds (each writer adds its own).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from sandbox import words

TODAY = date(2026, 4, 13)
"""The last day of the made-up world, so that its files never change."""

FIRM = "Quillfen Ventures"
COMPANIES = 420
PORTFOLIO = 6


@dataclass(frozen=True)
class Round:
    """One financing round; `amount_usd` is None where it was not disclosed."""

    kind: str
    on: date
    amount_usd: int | None


@dataclass(frozen=True)
class Company:
    """One company. `number` is its place in the world, from 1; `slug` fits an address."""

    number: int
    name: str
    slug: str
    founded: date
    country: str
    state: str
    region: str
    city: str
    category: str
    status: str
    founders: tuple[str, ...]
    people: int
    rounds: tuple[Round, ...] = field(default=())

    @property
    def cik(self) -> int:
        """The company's EDGAR number, in a range far above the real ones."""
        return 9_100_000 + self.number

    @property
    def legal_name(self) -> str:
        """The name as lawyers write it."""
        ending = "GmbH" if self.country == "DEU" else "Ltd" if self.country == "GBR" else "Inc."
        return f"{self.name}, {ending}" if self.number % 2 else f"{self.name} Technologies {ending}"


@dataclass(frozen=True)
class Universe:
    """The whole world; `portfolio` is what the firm has invested in."""

    seed: int
    companies: tuple[Company, ...]

    @property
    def portfolio(self) -> tuple[Company, ...]:
        """Companies that the firm holds, well financed and still operating."""
        held = [c for c in self.companies if c.status == "operating" and len(c.rounds) >= 2]
        return tuple(held[:PORTFOLIO])

    def random(self, part: str) -> random.Random:
        """A source of chance of its own for each part, so that parts don't disturb another."""
        return random.Random(f"{self.seed}/{part}")


def make_universe(seed: int) -> Universe:
    """The same world for the same seed."""
    chance = random.Random(f"{seed}/universe")
    names = list(_names(chance))
    companies = [_company(chance, number, name) for number, name in enumerate(names, 1)]
    return Universe(seed, tuple(companies))


def _names(chance: random.Random) -> Iterator[str]:
    plain = [head + tail for head in words.HEADS.split() for tail in words.TAILS.split()]
    chance.shuffle(plain)
    special = [*words.SPOILT_NAMES, *words.LOST_NAMES]
    yield from special
    yield from plain[: COMPANIES - len(special)]


def _company(chance: random.Random, number: int, name: str) -> Company:
    country, state, region, city = chance.choice(words.PLACES)
    founded = date(chance.randint(2004, 2023), chance.randint(1, 12), chance.randint(1, 28))
    status = chance.choices(("operating", "acquired", "closed", "ipo"), (78, 11, 8, 3))[0]
    return Company(
        number=number,
        name=name,
        slug="".join(c for c in name.lower().replace(" ", "-") if c.isascii() and c != "'"),
        founded=founded,
        country=country,
        state=state,
        region=region,
        city=city,
        category=chance.choice(words.CATEGORIES.split()),
        status=status,
        founders=tuple(person(chance) for _ in range(chance.randint(1, 3))),
        people=chance.randint(2, 400),
        rounds=tuple(_rounds(chance, founded)),
    )


def person(chance: random.Random) -> str:
    """A first and a last name."""
    first = chance.choice(words.FIRST_NAMES.split())
    return f"{first} {chance.choice(words.LAST_NAMES.split())}"


def _rounds(chance: random.Random, founded: date) -> Iterator[Round]:
    on = founded
    amount = chance.choice((100_000, 250_000, 500_000))
    for kind in ("angel", "series-a", "series-b", "series-c+", "private-equity"):
        on += timedelta(days=chance.randint(120, 700))
        if on > TODAY or chance.random() < 0.18:
            return
        disclosed = chance.random() > 0.08
        yield Round(kind, on, amount if disclosed else None)
        amount = int(amount * chance.uniform(2, 5)) // 1000 * 1000
