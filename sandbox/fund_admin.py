"""The database of the funds' administrator: commitments, capital calls, positions.

Belongs here: its tables, in SQLite, and the arithmetic that makes them agree with the
cap tables to the cent. Does not belong here: what the firm bought (`cap_tables`).

    funds ─┬─ commitments ── call_payments
           ├─ capital_calls ──────┘
           └─ positions   (one row a company, fund and quarter's end)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

from sandbox.cap_tables import Purchase, purchases
from sandbox.universe import TODAY, Universe
from sandbox.words import LAST_NAMES
from sandbox.workbooks import QUARTERS

FILE = "fund-admin.sqlite"
_CENT = Decimal("0.01")
_FEE = Decimal("0.02")
_KINDS = ("pension fund", "endowment", "family office", "fund of funds", "insurer")

SCHEMA = """
CREATE TABLE funds (
    fund_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    vintage INTEGER NOT NULL,
    currency TEXT NOT NULL,
    committed_amount DECIMAL(18, 2) NOT NULL
);
CREATE TABLE investors (
    investor_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    contact_email TEXT NOT NULL
);
CREATE TABLE commitments (
    commitment_id INTEGER PRIMARY KEY,
    fund_id TEXT NOT NULL REFERENCES funds,
    investor_id INTEGER NOT NULL REFERENCES investors,
    amount DECIMAL(18, 2) NOT NULL,
    committed_on DATE NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE capital_calls (
    call_id INTEGER PRIMARY KEY,
    fund_id TEXT NOT NULL REFERENCES funds,
    call_number INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    called_on DATE NOT NULL,
    due_on DATE NOT NULL,
    amount DECIMAL(18, 2) NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE call_payments (
    call_id INTEGER NOT NULL REFERENCES capital_calls,
    commitment_id INTEGER NOT NULL REFERENCES commitments,
    amount DECIMAL(18, 2) NOT NULL,
    paid_on DATE,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (call_id, commitment_id)
);
CREATE TABLE positions (
    fund_id TEXT NOT NULL REFERENCES funds,
    company TEXT NOT NULL,
    as_of DATE NOT NULL,
    instrument TEXT NOT NULL,
    shares DECIMAL(24, 6) NOT NULL,
    cost DECIMAL(18, 2) NOT NULL,
    fair_value DECIMAL(18, 2) NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (fund_id, company, as_of)
);
"""

Row = tuple[object, ...]


@dataclass(frozen=True)
class Fund:
    """One fund: it buys from its first year on, until the next one begins."""

    fund_id: str
    name: str
    vintage: int
    committed: Decimal
    bought: tuple[Purchase, ...]
    shares: tuple[Decimal, ...]
    """What part each investor has, in whole per cent; together 100."""


@dataclass(frozen=True)
class Call:
    """One capital call of a fund."""

    purpose: str
    on: date
    amount: Decimal


def funds(universe: Universe) -> tuple[Fund, ...]:
    """Two funds that bought all that is held, and a third that has just begun.

    The third has raised what its Form D says.
    """
    chance = universe.random("fund admin")
    bought = purchases(universe)
    first = tuple(b for b in bought if b.on.year < 2014)
    second = tuple(b for b in bought if b.on.year >= 2014)
    made = []
    for number, (vintage, own) in enumerate(((2005, first), (2014, second), (2026, ())), 1):
        spent = sum((b.cost for b in own), Decimal(0))
        size = (spent * Decimal("1.5") // 5_000_000 + 1) * 5_000_000
        committed = Decimal(41_500_000) if vintage == 2026 else size
        cuts = sorted(chance.sample(range(5, 96, 5), 5))
        parts = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
        name = f"Quillfen Fund {'I' * number}, a series of Quillfen Ventures, LP"
        shares = tuple(map(Decimal, parts))
        made.append(Fund(f"QF{number}", name, vintage, committed, own, shares))
    return tuple(made)


def calls(fund: Fund) -> list[Call]:
    """A call before each purchase, and one a year for the fee of the first five years."""
    found = [
        Call(f"Investment in {b.company.legal_name}", b.on - timedelta(days=20), b.cost)
        for b in fund.bought
    ]
    fee = (fund.committed * _FEE).quantize(_CENT)
    years = range(fund.vintage, min(fund.vintage + 5, TODAY.year + 1))
    found += [Call(f"Management fee {year}", date(year, 1, 15), fee) for year in years]
    return sorted(found, key=lambda call: (call.on, call.purpose))


def split(amount: Decimal, shares: Iterable[Decimal]) -> list[Decimal]:
    """An amount by per cent, in cents; the cents left over go to the first."""
    parts = [(amount * share / 100).quantize(_CENT, ROUND_DOWN) for share in shares]
    parts[0] += amount - sum(parts)
    return parts


def write_fund_admin(folder: Path, universe: Universe) -> Path:
    """Make the database anew in a folder; the same seed gives the same rows."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        for table, rows in tables(universe).items():
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    return path


def tables(universe: Universe) -> dict[str, list[Row]]:
    """Table → its rows; amounts and days as texts."""
    made = funds(universe)
    names = [f"{name} {kind.title()}" for name, kind in zip(LAST_NAMES.split(), _KINDS * 2)]  # noqa: B905
    investors = [
        (number, name, _KINDS[(number - 1) % len(_KINDS)], f"office@lp{number}.example")
        for number, name in enumerate(names, 1)
    ]
    return {
        "funds": [(f.fund_id, f.name, f.vintage, "USD", str(f.committed)) for f in made],
        "investors": [tuple(row) for row in investors],
        "commitments": list(_commitments(made)),
        "capital_calls": list(_calls(made)),
        "call_payments": list(_payments(made)),
        "positions": list(_positions(made)),
    }


def _stamp(day: date) -> str:
    return f"{min(day, TODAY)} 17:30:00"


def _commitments(made: tuple[Fund, ...]) -> Iterator[Row]:
    for place, fund in enumerate(made):
        on = date(fund.vintage, 1, 5)
        for number, amount in enumerate(split(fund.committed, fund.shares)):
            key = 100 * (place + 1) + number
            yield key, fund.fund_id, 1 + place + number, str(amount), str(on), _stamp(on)


def _calls(made: tuple[Fund, ...]) -> Iterator[Row]:
    for place, fund in enumerate(made):
        for number, call in enumerate(calls(fund), 1):
            due = call.on + timedelta(days=10)
            yield (
                1000 * (place + 1) + number, fund.fund_id, number, call.purpose, str(call.on),
                str(due), str(call.amount), _stamp(call.on),
            )  # fmt: skip


def _payments(made: tuple[Fund, ...]) -> Iterator[Row]:
    """Who paid what of each call; the newest call's last payment is still awaited."""
    for place, fund in enumerate(made):
        every = calls(fund)
        for number, call in enumerate(every, 1):
            for investor, amount in enumerate(split(call.amount, fund.shares)):
                paid = call.on + timedelta(days=3 + 2 * investor)
                awaited = call is every[-1] and investor == len(fund.shares) - 1
                yield (
                    1000 * (place + 1) + number, 100 * (place + 1) + investor, str(amount),
                    None if awaited else str(paid), _stamp(call.on if awaited else paid),
                )  # fmt: skip


def _positions(made: tuple[Fund, ...]) -> Iterator[Row]:
    """What each fund held at each quarter's end, at the price of the newest round."""
    for fund in made:
        for quarter in QUARTERS:
            held: dict[str, list[Purchase]] = {}
            for bought in fund.bought:
                if bought.on <= quarter:
                    held.setdefault(bought.company.legal_name, []).append(bought)
            for company, parts in held.items():
                shares = sum(part.shares for part in parts)
                cost = sum(part.cost for part in parts)
                value = (shares * parts[-1].price).quantize(_CENT)
                told = _stamp(quarter + timedelta(days=12))
                yield (
                    fund.fund_id, company, str(quarter), "Series A Preferred", str(shares),
                    str(cost), str(value), told,
                )  # fmt: skip
