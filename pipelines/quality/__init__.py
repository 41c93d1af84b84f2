"""Data quality: a table's checks, rules over several tables, and what came of them.

Checks under great-expectations' own names run as one SQL pass over the table;
the few that SQL can't say run through great-expectations itself.
"""

from pipelines.expectations import check_name, checks_of, validate_check
from pipelines.quality.report import html_report, write_report
from pipelines.quality.results import last_results, record
from pipelines.quality.run import run_checks, run_rule

__all__ = [
    "check_name",
    "checks_of",
    "html_report",
    "last_results",
    "record",
    "run_checks",
    "run_rule",
    "validate_check",
    "write_report",
]
