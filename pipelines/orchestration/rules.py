"""Rules over several tables, as checks of the table on which they are shown.

A rule runs in a step of its own once all of its inputs are built. Belongs here:
when it runs and whether it blocks. Does not belong here: what it looks for.
"""

# Dagster reads the annotations of a step's context itself, so they must not be text.
import dagster as dg

from pipelines.catalog import Catalog
from pipelines.orchestration.keys import asset_key, safe
from pipelines.orchestration.outcome import checked
from pipelines.orchestration.session import Session
from pipelines.spec import Rule


def rule_check(rule: Rule, catalog: Catalog) -> dg.AssetsDefinition:
    """The check for one rule, behind everything that it reads."""
    known = catalog.tables()
    others = [table for table in rule.inputs if table in known and table != rule.table]

    @dg.asset_check(
        asset=asset_key(rule.table),
        name=safe(rule.name),
        description=rule.description,
        additional_deps=[asset_key(table) for table in others],
        blocking=_may_block(rule, catalog),
        required_resource_keys={"session"},
        metadata={"severity": rule.severity, "declared_in": rule.path, "sql": _code(rule)},
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        session: Session = context.resources.session
        return checked(session.rule(rule))

    return check


def _may_block(rule: Rule, catalog: Catalog) -> bool:
    """A rule can hold back what is downstream only if it needs nothing from there."""
    behind: set[str] = set()
    waiting = [table for table in rule.inputs if table != rule.table]
    while waiting:
        table = waiting.pop()
        behind.add(table)
        waiting += [each for each in catalog.upstream(table) if each not in behind]
    return rule.severity == "critical" and rule.table not in behind


def _code(rule: Rule) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md(f"```sql\n{rule.sql.strip()}\n```")
