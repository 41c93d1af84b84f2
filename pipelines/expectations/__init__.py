"""The names that a check may use: great-expectations' own, and what each takes.

`row_condition` is an SQL condition over the table's columns. Great-expectations'
structured form (`{type: nullity, …}`) and, with `condition_parser:
great_expectations`, its `col("x").notNull()` are understood too. Nothing heavy is
imported here, so the catalog and the command may ask as often as they like.
"""

from pipelines.expectations.checks import (
    check_name,
    check_names,
    checks_of,
    columns_named,
    describe,
    validate_check,
)
from pipelines.expectations.vocabulary import EXPECTATIONS, NOT_OFFERED, OWN, Expectation

__all__ = [
    "EXPECTATIONS",
    "NOT_OFFERED",
    "OWN",
    "Expectation",
    "check_name",
    "check_names",
    "checks_of",
    "columns_named",
    "describe",
    "validate_check",
]
