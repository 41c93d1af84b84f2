"""The database of the funds' administrator: commitments, notices, holdings, valuations.

Belongs here: its tables, in SQLite, which agree with one another and with the cap
tables to the cent. Does not belong here: what the funds did (`fund_history`).

    funds ─┬─ fund_terms
           ├─ commitments ──── call_payments ── capital_calls
           │        └───────── notice_lines ─┬─ capital_calls
           │                                 └─ distributions
           ├─ positions                (one row a company, fund and quarter's end)
           ├─ investment_transactions  (purchases, sales, dividends, write-offs)
           └─ valuations               (every approved version of every mark)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from sandbox.cap_tables import Purchase
from sandbox.fund_history import Fund, calls, dividends, funds, marks, payouts, split
from sandbox.universe import TODAY, Universe
from sandbox.words import LAST_NAMES
from sandbox.workbooks import QUARTERS

FILE = "fund-admin.sqlite"
_KINDS = ("pension fund", "endowment", "family office", "fund of funds", "insurer")
_SECURITY = "Series A Preferred"

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
CREATE TABLE fund_terms (
    fund_id TEXT PRIMARY KEY REFERENCES funds,
    fee_rate DECIMAL(9, 6) NOT NULL,
    investment_period_ends_on DATE NOT NULL,
    hurdle_rate DECIMAL(9, 6) NOT NULL,
    hurdle_compounds INTEGER NOT NULL,
    carry_rate DECIMAL(9, 6) NOT NULL,
    catch_up_share DECIMAL(9, 6) NOT NULL,
    waterfall TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE distributions (
    distribution_id INTEGER PRIMARY KEY,
    fund_id TEXT NOT NULL REFERENCES funds,
    distribution_number INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    notified_on DATE NOT NULL,
    paid_on DATE NOT NULL,
    amount DECIMAL(18, 2) NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE notice_lines (
    notice_kind TEXT NOT NULL,
    notice_id INTEGER NOT NULL,
    commitment_id INTEGER NOT NULL REFERENCES commitments,
    line_type TEXT NOT NULL,
    inside_commitment INTEGER NOT NULL,
    recallable INTEGER NOT NULL,
    amount DECIMAL(18, 2) NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (notice_kind, notice_id, commitment_id, line_type)
);
CREATE TABLE investment_transactions (
    transaction_id INTEGER PRIMARY KEY,
    fund_id TEXT NOT NULL REFERENCES funds,
    company TEXT NOT NULL,
    instrument TEXT NOT NULL,
    kind TEXT NOT NULL,
    traded_on DATE NOT NULL,
    shares DECIMAL(24, 6) NOT NULL,
    amount DECIMAL(18, 2) NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE valuations (
    fund_id TEXT NOT NULL REFERENCES funds,
    company TEXT NOT NULL,
    measured_on DATE NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    fair_value DECIMAL(18, 2) NOT NULL,
    method TEXT NOT NULL,
    inputs TEXT NOT NULL,
    calibrated_on DATE NOT NULL,
    approved_by TEXT NOT NULL,
    comment TEXT,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (fund_id, company, measured_on, recorded_at)
);
"""

Row = tuple[object, ...]


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
        "positions": list(_positions(universe)),
        "fund_terms": list(_terms(made)),
        "distributions": list(_distributions(made)),
        "notice_lines": [*_call_lines(made), *_payout_lines(made)],
        "investment_transactions": list(_transactions(made)),
        "valuations": list(_valuations(universe)),
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
    """Who paid what of each call; the last payment of the newest fund's newest is awaited."""
    for place, fund in enumerate(made):
        every = calls(fund)
        for number, call in enumerate(every, 1):
            for investor, amount in enumerate(split(call.amount, fund.shares)):
                paid = call.on + timedelta(days=3 + 2 * investor)
                newest = fund is made[-1] and call is every[-1]
                awaited = newest and investor == len(fund.shares) - 1
                yield (
                    1000 * (place + 1) + number, 100 * (place + 1) + investor, str(amount),
                    None if awaited else str(paid), _stamp(call.on if awaited else paid),
                )  # fmt: skip


def _positions(universe: Universe) -> Iterator[Row]:
    """What each fund held at each quarter's end, at its newest mark; an old one where none is."""
    for fund in funds(universe):
        for quarter in QUARTERS:
            held: dict[str, list[Purchase]] = {}
            for bought in fund.bought:
                if bought.on <= quarter:
                    held.setdefault(bought.company.legal_name, []).append(bought)
            for company, parts in held.items():
                known = [
                    mark
                    for mark in marks(universe)
                    if (mark.fund.fund_id, mark.company) == (fund.fund_id, parts[0].company)
                    and mark.measured <= quarter
                ]
                newest = max(known, key=lambda mark: (mark.measured, mark.known))
                shares = sum(part.shares for part in parts)
                cost = sum(part.cost for part in parts)
                told = _stamp(quarter + timedelta(days=12))
                yield (
                    fund.fund_id, company, str(quarter), _SECURITY, str(shares), str(cost),
                    str(newest.value), max(told, _stamp(newest.known)),
                )  # fmt: skip


def _terms(made: tuple[Fund, ...]) -> Iterator[Row]:
    for fund in made:
        yield (
            fund.fund_id, "0.02", str(fund.investment_period_ends), "0.08", 1, "0.2", "1",
            "whole_fund", _stamp(date(fund.vintage, 1, 5)),
        )  # fmt: skip


def _distributions(made: tuple[Fund, ...]) -> Iterator[Row]:
    for place, fund in enumerate(made):
        for number, payout in enumerate(payouts(fund), 1):
            noticed = payout.on - timedelta(days=7)
            yield (
                5000 + 100 * (place + 1) + number, fund.fund_id, number, payout.purpose,
                str(noticed), str(payout.on), str(payout.amount), _stamp(payout.on),
            )  # fmt: skip


def _call_lines(made: tuple[Fund, ...]) -> Iterator[Row]:
    """What each investor's part of a call is for; each call has one kind of line."""
    for place, fund in enumerate(made):
        for number, call in enumerate(calls(fund), 1):
            for investor, amount in enumerate(split(call.amount, fund.shares)):
                yield (
                    "call", 1000 * (place + 1) + number, 100 * (place + 1) + investor, call.line,
                    int(call.inside), 0, str(amount), _stamp(call.on),
                )  # fmt: skip


def _payout_lines(made: tuple[Fund, ...]) -> Iterator[Row]:
    """Each investor's part of every line of a distribution; only capital is ever recallable."""
    for place, fund in enumerate(made):
        for number, payout in enumerate(payouts(fund), 1):
            for line, whole in payout.lines.items():
                again = int(payout.recallable and line == "return_of_capital")
                for investor, amount in enumerate(split(whole, fund.shares)):
                    yield (
                        "distribution", 5000 + 100 * (place + 1) + number,
                        100 * (place + 1) + investor, line, 1, again, str(amount),
                        _stamp(payout.on),
                    )  # fmt: skip


def _transactions(made: tuple[Fund, ...]) -> Iterator[Row]:
    """Everything between a fund and the companies that it holds or held, oldest first."""
    for place, fund in enumerate(made):
        rows = [
            (b.on, b.company.legal_name, "purchase", b.shares, b.cost) for b in fund.every_purchase
        ]
        rows += [
            (
                gone.on, gone.bought.company.legal_name, "sale" if gone.proceeds else "write_off",
                gone.bought.shares, gone.proceeds,
            )
            for gone in fund.exits
        ]  # fmt: skip
        rows += [
            (on, company.legal_name, "dividend", Decimal(0), amount)
            for company, on, amount in dividends(fund)
        ]
        for number, (on, company, kind, shares, amount) in enumerate(sorted(rows), 1):
            yield (
                10_000 * (place + 1) + number, fund.fund_id, company, _SECURITY, kind, str(on),
                str(shares), str(amount), _stamp(on),
            )  # fmt: skip


def _valuations(universe: Universe) -> Iterator[Row]:
    for mark in marks(universe):
        yield (
            mark.fund.fund_id, mark.company.legal_name, str(mark.measured), _stamp(mark.known),
            str(mark.value), mark.method, mark.inputs, str(mark.calibrated), mark.approver,
            mark.comment, _stamp(mark.known),
        )  # fmt: skip
