"""From what a database's driver raised to an error that says what to do.

Belongs here: which SQLSTATE and which wording mean what. Does not belong here:
recovering; whoever runs the stream decides when to ask again.
"""

from __future__ import annotations

import re

from pipelines.errors import (
    CredentialsRefused,
    RequestRefused,
    SourceError,
    SourceNotFound,
    SourceUnavailable,
)
from pipelines.extract.databases.address import Address

_LENGTH = 500
_REFUSED = re.compile(
    r"authentication failed|no password supplied|pg_hba|access denied|permission denied|"
    r"role \S+ does not exist|not permitted to log in",
    re.IGNORECASE,
)
_ABSENT = re.compile(
    r"database \S+ does not exist|unknown database|no such (table|column)|unable to open database|"
    r"doesn't exist|unknown column",
    re.IGNORECASE,
)
_TIME_OUT = re.compile(
    r"statement timeout|time.?out|max_statement_time|maximum statement execution", re.IGNORECASE
)


def fault(address: Address, what: str, error: BaseException) -> SourceError:
    """The error to raise for `error`, met while doing `what` (such as `reading public.a`)."""
    said = _said(address, error)
    state = getattr(error, "sqlstate", None) or _state_in(str(error))
    kind, advice = _meaning(state, said)
    return kind(f"{what[:1].upper()}{what[1:]} in {address.shown} failed: {said}. {advice}")


def _said(address: Address, error: BaseException) -> str:
    # The driver quotes its own statement, which is long and names every column.
    text = str(error).split("\n\nQuery was:")[0]
    text = re.sub(
        r"\(Background on this error at:.*|\[SQL: .*|\[parameters: .*", "", text, flags=re.S
    )
    text = " ".join(address.blotted(text).split())
    return text[:_LENGTH].rstrip(". ") or type(error).__name__


def _state_in(text: str) -> str:
    found = re.search(r"SQLSTATE:? ?([0-9A-Z]{5})", text)
    return found[1] if found else ""


def _meaning(state: str, said: str) -> tuple[type[SourceError], str]:
    if state == "57014" or (not state and _TIME_OUT.search(said)):
        return SourceUnavailable, (
            "The statement took longer than it may. Give the role or the address a longer "
            "statement_timeout, or an index on the cursor column; then run again."
        )
    if state[:2] == "28" or state == "42501" or (not state and _REFUSED.search(said)):
        return CredentialsRefused, (
            "Check the user and the password in the address, and that the user may read the table."
        )
    if state in ("3D000", "3F000", "42P01", "42703") or (not state and _ABSENT.search(said)):
        return SourceNotFound, (
            "Check the names in the address and in the stream's `of` and `cursor`; "
            "`headwater sources discover` lists what the database has."
        )
    if state[:2] in ("22", "42", "0A"):
        return RequestRefused, (
            "The database can't answer this for what it holds, such as a view whose expression "
            "fails for a row. Mend the view or read its tables instead."
        )
    return (
        SourceUnavailable,
        "Nothing was lost: what was not committed is read again by the next run.",
    )
