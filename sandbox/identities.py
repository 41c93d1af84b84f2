"""Who a company is in each system: another name and another id in every one, as in life.

Belongs here: names, ids, domains and registry numbers of companies, their people's
addresses, and the people of the firm. Does not belong here: what a system writes
about them.
"""

from __future__ import annotations

import string
import unicodedata
import uuid
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from sandbox.universe import Company, Universe, person

FIRM_DOMAIN = "quillfen.example"
_LEI_PREFIX = "9990"
"""Of an issuer that doesn't exist."""

_ENDINGS = (", Inc.", ", Ltd", ", GmbH", " Inc.", " Ltd", " GmbH")


@dataclass(frozen=True)
class Person:
    """Someone with an address: a founder, or one of the firm."""

    name: str
    email: str

    @property
    def first(self) -> str:
        """The first name."""
        return self.name.partition(" ")[0]

    @property
    def last(self) -> str:
        """All but the first name."""
        return self.name.partition(" ")[2]


@dataclass(frozen=True)
class Identity:
    """One company as the systems know it.

    `lei` is None for who never needed one, `company_number` for who isn't in the
    register of the United Kingdom, `cik` for who isn't in EDGAR, `github` for who
    publishes no code.
    """

    seed: int
    company: Company
    domain: str
    lei: str | None
    company_number: str | None
    cik: int | None
    github: str | None
    people: tuple[Person, ...]

    def chance(self, system: str, what: str) -> Random:
        """A source of chance of its own for each company, system and thing."""
        return Random(f"{self.seed}/{what} of {self.company.number} in {system}")

    def name_in(self, system: str) -> str:
        """The company's name as somebody typed it there; the same each time.

        Registers (`gleif`, `companies_house`, `sec_edgar`) hold the legal name, books
        (`xero`, `quickbooks`, `stripe`) mostly so, all others mostly the short one.
        """
        if system in ("gleif", "companies_house", "sec_edgar"):
            return self.company.legal_name.upper()
        books = system in ("xero", "quickbooks", "stripe")
        name, legal = self.company.name, self.company.legal_name
        ways = (
            (legal, legal.upper(), legal.replace(",", ""), without_ending(legal), f"{name} ")
            if books
            else (name, name, name, ascii_only(name), name.lower(), f"{name} (stealth)", legal)
        )
        return self.chance(system, "name").choice(ways)

    def uuid_in(self, system: str, what: str = "company") -> str:
        """An id of 128 bits for this company, or for `what` of it (a person, a deal …)."""
        bits = self.chance(system, what).getrandbits(128)
        return str(uuid.UUID(int=bits, version=4))

    def number_in(self, system: str, what: str = "company") -> int:
        """A number of eight digits, unlike that of any other company there."""
        drawn = Random(f"{self.seed}/{what} in {system}")
        offset, step = drawn.randrange(10_000, 20_000), drawn.randrange(7, 60)
        return offset * 1_000 + self.company.number * step

    def text_in(self, system: str, what: str = "company", length: int = 14) -> str:
        """An id of letters and digits, for systems with ids such as cus_…"""
        chance = self.chance(system, what)
        return "".join(chance.choices(string.ascii_letters + string.digits, k=length))


@dataclass(frozen=True)
class Identities:
    """Everybody's identities; `firm` are the people who work at the firm."""

    companies: tuple[Identity, ...]
    firm: tuple[Person, ...]

    def of(self, company: Company) -> Identity:
        """The identity of one company."""
        return self.companies[company.number - 1]


@lru_cache(maxsize=4)
def identities(universe: Universe) -> Identities:
    """The identities of this world, the same for the same seed."""
    chance = universe.random("identities")
    companies = tuple(_identity(universe.seed, chance, company) for company in universe.companies)
    firm = tuple(_person(person(chance), FIRM_DOMAIN) for _ in range(5))
    return Identities(companies, firm)


def _identity(seed: int, chance: Random, company: Company) -> Identity:
    domain = f"{company.slug}.example"
    needs_lei = (bool(company.rounds) and chance.random() < 0.5) or company.status == "ipo"
    american = company.country == "USA"
    publishes = company.category in ("software", "analytics", "enterprise", "security")
    return Identity(
        seed=seed,
        company=company,
        domain=domain,
        lei=_lei(chance) if needs_lei else None,
        company_number=_company_number(chance, company) if company.country == "GBR" else None,
        cik=company.cik if (american and company.rounds) or company.status == "ipo" else None,
        github=ascii_only(company.slug)[:39] if publishes else None,
        people=tuple(_person(name, domain) for name in company.founders),
    )


def _lei(chance: Random) -> str:
    """Twenty characters whose last two check the others, by ISO 17442."""
    body = (
        _LEI_PREFIX + "00" + "".join(chance.choices(string.ascii_uppercase + string.digits, k=12))
    )
    as_number = "".join(str(int(character, 36)) for character in body + "00")
    return f"{body}{98 - int(as_number) % 97:02d}"


def _company_number(chance: Random, company: Company) -> str:
    """Eight digits; SC and six for one registered in Scotland."""
    number = 900_000 + company.number
    return f"SC{number}" if chance.random() < 0.15 else f"{number:08d}"


def _person(name: str, domain: str) -> Person:
    first, _, last = ascii_only(name).lower().partition(" ")
    local = f"{first}.{last}".replace("'", "").replace(" ", "")
    return Person(name, f"{local}@{domain}")


def ascii_only(text: str) -> str:
    """The text as somebody types it who has no accents."""
    spread = unicodedata.normalize("NFKD", text.replace("’", "'").replace("ø", "o"))
    return "".join(c for c in spread if c.isascii()).strip()


def without_ending(legal: str) -> str:
    """A legal name without Inc., Ltd or GmbH."""
    ending = next((ending for ending in _ENDINGS if legal.endswith(ending)), "")
    return legal.removesuffix(ending)
