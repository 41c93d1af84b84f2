"""One pass over a table for all its SQL checks, and a look at the rows that fail.

Belongs here: running scans. Does not belong here: what an expectation means.

All aggregates of all checks go into one SELECT, which reads the table once (and
a grouped subquery for each key). Should one check's SQL break, each is run
alone, so that the others are judged and only the broken one is an error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import duckdb

from pipelines.quality.plain import plain_row
from pipelines.quality.scan import Scan, Verdict
from pipelines.quality.subject import CannotRun, Subject
from resources.warehouse import READING, Connection, begin

SAMPLE = 20
"""Failing rows that are kept of a check."""


def sweep(connection: Connection, subject: Subject, scans: Sequence[Scan]) -> list[Verdict | str]:
    """A verdict on each scan, or a sentence where it could not be run."""
    try:
        return list(_judged(connection, subject, scans))
    except duckdb.Error:
        return [_alone(connection, subject, scan) for scan in scans]


def _judged(connection: Connection, subject: Subject, scans: Sequence[Scan]) -> Sequence[Verdict]:
    aggregates = [aggregate for scan in scans for aggregate in scan.aggregates]
    seen: tuple[Any, ...] = ()
    if aggregates:
        query = f"SELECT {', '.join(aggregates)} FROM {subject.relation}"
        seen = connection.execute(query).fetchone() or ()
    verdicts, position = [], 0
    for scan in scans:
        end = position + len(scan.aggregates)
        verdicts.append(scan.judge(seen[position:end]))
        position = end
    return verdicts


def _alone(connection: Connection, subject: Subject, scan: Scan) -> Verdict | str:
    begin_again(connection)
    try:
        return _judged(connection, subject, [scan])[0]
    except duckdb.Error as error:
        return sentence(error)


def begin_again(connection: Connection) -> None:
    """End a transaction that an error has spoilt, and begin another."""
    # An error while rows are read ends the transaction. The relation names its
    # snapshot, so a new transaction reads the very same rows.
    connection.execute("ROLLBACK")
    begin(connection)


def sentence(error: duckdb.Error) -> str:
    """What DuckDB said of a check that it could not run, on one line."""
    text = re.split(r"\n\s*(?:LINE|Candidate)", str(error))[0].strip()
    return f"DuckDB could not run the check: {' '.join(text.split())}"


def sample(connection: Connection, query: str) -> list[dict[str, Any]]:
    """Up to twenty rows of a query, their values ready for JSON."""
    cursor = connection.execute(f"SELECT * FROM ({query}\n) LIMIT {SAMPLE}")
    names = [column[0] for column in cursor.description or ()]
    return [plain_row(names, row) for row in cursor.fetchall()]


def one_query(connection: Connection, sql: str) -> str:
    """The one SELECT that a text holds, without what ends it; CannotRun for anything else."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type not in READING:
        raise CannotRun("Expected one SELECT that returns the offending rows, and nothing else.")
    text = statements[0].query
    # A semicolon would end the bracket that the query is put into; behind it
    # only comments can stand, since there is one statement.
    ends = [at for at, _ in duckdb.tokenize(text) if text[at] == ";"]
    return text[: ends[0]] if ends else text
