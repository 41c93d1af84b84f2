"""Tables built from others, and rules over several tables.

Belongs here: what a model and a rule are. Does not belong here: building or checking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.spec.columns import Check, Column, Materialized, Severity


@dataclass(frozen=True, kw_only=True)
class Incremental:
    """How to rebuild only what changed in one driving input.

    Rows of `table` whose `by` columns occur in its change feed are read again,
    and the model's rows with these `by` values are replaced by the result. So
    `by` must be columns of both, and the SQL must not mix rows of different
    `by` values. A change in any other input rebuilds the whole table.
    """

    table: str
    by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Model:
    """One table built from others; made from the header of one file.

    `sql` for a SQL model; `python` is the file of a Python model, whose
    function `build(inputs: Mapping[str, pyarrow.Table]) -> pyarrow.Table` gets
    the tables named in `inputs`. `inputs` of a SQL model are read from its SQL,
    which begins at `line` of the file `path`. `table` is taken from the path.
    """

    table: str = ""
    description: str
    owner: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    inputs: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    materialized: Materialized = "full"
    incremental: Incremental | None = None
    sql: str | None = None
    python: str | None = None
    path: str = ""
    line: int = 1


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule over several tables: SQL that returns the offending rows."""

    name: str
    description: str
    severity: Severity
    table: str
    inputs: tuple[str, ...]
    sql: str
    path: str = ""
    line: int = 1
