"""The whole path without orchestration: every stream, model, check and rule, in order.

Belongs here: running everything once and keeping what was told. Does not belong
here: what is expected of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pipelines.catalog.catalog import Catalog
from pipelines.engine import Engine, build_model, run_stream
from pipelines.expectations import checks_of
from pipelines.flow import CheckReport, TableReport
from pipelines.quality import run_checks, run_rule
from pipelines.spec import raw_table
from resources.http.tokens import new_key
from resources.settings import Settings


@dataclass
class Outcome:
    """What one run told: a report a table, and every check that did not pass."""

    engine: Engine
    tables: dict[str, TableReport] = field(default_factory=dict)
    not_passed: list[CheckReport] = field(default_factory=list)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The answer to a query on the warehouse, a dict a row."""
        with self.engine.warehouse.read() as connection:
            found: list[dict[str, Any]] = connection.execute(query).to_arrow_table().to_pylist()
        return found

    def failing(self, check: str, table: str) -> int:
        """Rows that fail a check; 0 where it passed."""
        return sum(c.failing_rows for c in self.not_passed if c.table == table and check in c.check)

    def _keep(self, checks: Sequence[CheckReport]) -> None:
        self.not_passed += [check for check in checks if check.status != "passed"]

    def run(self, *, run_id: str, sources: Sequence[str] | None = None) -> None:
        """Run everything, or the streams of some sources alone."""
        catalog, warehouse = self.engine.catalog, self.engine.warehouse
        for source, stream in catalog.streams():
            if sources is not None and source.name not in sources:
                continue
            table = raw_table(source.name, stream.name)
            self.tables[table] = run_stream(self.engine, source, stream, run_id=run_id)
            self._keep(run_checks(warehouse, table, checks_of(stream), stream.key))
        if sources is not None:
            return
        for table, model in catalog.models.items():
            self.tables[table] = build_model(warehouse, model, run_id=run_id)
            self._keep(run_checks(warehouse, table, checks_of(model), model.key))
        self._keep([run_rule(warehouse, rule) for rule in catalog.rules.values()])


def outcome(
    data: Path, home: Path, catalog: Catalog, given: Mapping[str, str] | None = None
) -> Outcome:
    """An installation of its own that reads `data`; nothing was run yet.

    `given` are values for sources' settings, as stand-ins on this machine need them.
    """
    settings = Settings(
        home=home, data=data, allow_hosts=("127.0.0.1",), token_key=SecretStr(new_key())
    )
    return Outcome(Engine(settings, catalog, instead=given))
