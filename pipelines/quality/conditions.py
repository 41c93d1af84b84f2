"""Which rows a check considers: `row_condition` as an SQL condition.

Three spellings: SQL text; great-expectations' structured form (`{type: nullity,
column: {name: x}, is_null: false}`, `comparison`, `and`, `or`); and, with
`condition_parser: great_expectations`, its text form `col("x").notNull()` or
`col("x") >= 5`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipelines.naming import literal, quote
from pipelines.quality.subject import CannotRun, Subject, constant
from pipelines.spec import Check

_OPERATORS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_COLUMN = re.compile(r'\s*col\("([^"]+)"\)\s*(.*)', re.DOTALL)
_COMPARED = re.compile(r"(==|!=|<=|>=|<|>)\s*(?:date\()?\s*(.+?)\s*\)?\s*", re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")


def condition(check: Check, subject: Subject) -> str:
    """The rows that a check considers; `TRUE` where it considers all of them."""
    given = check.arguments.get("row_condition")
    if given is None:
        return "TRUE"
    if isinstance(given, Mapping):
        return _structured(given, subject)
    if "condition_parser" in check.arguments:
        return _text(str(given), subject)
    return f"({given}\n)"


def _structured(given: Mapping[str, Any], subject: Subject) -> str:
    kind = given.get("type")
    if kind in ("and", "or"):
        parts = [_structured(part, subject) for part in given.get("conditions", ())]
        return "(" + f" {kind.upper()} ".join(parts or ["TRUE"]) + ")"
    column = str(given.get("column", {}).get("name", ""))
    if kind == "nullity":
        return f"({subject.value(column)} IS {'' if given.get('is_null') else 'NOT '}NULL)"
    operator, wanted = given.get("operator"), given.get("parameter")
    if kind == "comparison" and operator in ("IN", "NOT_IN") and isinstance(wanted, list):
        values = ", ".join(subject.constant(value, column) for value in wanted)
        return f"({subject.value(column)} {str(operator).replace('_', ' ')} ({values}))"
    if kind == "comparison" and operator in _OPERATORS:
        compared = subject.constant(wanted, column)
        return f"({subject.value(column)} {_OPERATORS[str(operator)]} {compared})"
    raise CannotRun(
        f"row_condition is {dict(given)!r}; expected one of the types nullity, comparison, and, or "
        "of great-expectations. Writing the condition as SQL text is simpler."
    )


def _text(given: str, subject: Subject) -> str:
    found = _COLUMN.fullmatch(given)
    compared = _COMPARED.fullmatch(found[2]) if found else None
    if found and found[2].strip().lower() == ".notnull()":
        return f"({subject.value(found[1])} IS NOT NULL)"
    if found is None or compared is None:
        raise CannotRun(
            f'row_condition is {given!r}; expected col("x").notNull() or col("x") >= 5. Leave '
            "condition_parser out to write the condition as SQL."
        )
    column, wanted = found[1], compared[2]
    if _NUMBER.fullmatch(wanted):
        right = wanted
    elif wanted[0] == wanted[-1] and wanted[0] in "'\"" and len(wanted) > 1:
        kind = subject.type_of(column)
        # A quoted number is compared as a number, as great-expectations does.
        numeric = _NUMBER.fullmatch(wanted[1:-1]) and kind != "VARCHAR"
        right = literal(wanted[1:-1]) if numeric else constant(wanted[1:-1], kind, column)
    else:
        raise CannotRun(
            f"row_condition compares {column} with {wanted}; expected a value in quotes."
        )
    return f"({quote(column)} {_OPERATORS[compared[1]]} {right})"
