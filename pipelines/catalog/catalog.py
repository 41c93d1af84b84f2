"""The catalog: every declaration there is, and questions about them.

Belongs here: looking things up. Does not belong here: finding, reading and
validating (see `load`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pipelines.spec import Model, Rule, Source, Stream, raw_table

SYSTEM_TABLES = (
    "headwater.loads",
    "headwater.cursors",
    "headwater.builds",
    "headwater.check_results",
)
"""Tables that Headwater keeps itself; models may read them."""

MATCHED_TABLES = ("core.org_xref", "core.org_alias")
"""Tables that matching fills from every model named …__org_records; models may read them."""


def stream_tables(source: str, stream: Stream) -> tuple[str, ...]:
    """The table of a stream, followed by the child tables that it unnests."""
    children = (raw_table(source, item.into) for item in stream.unnest)
    return (raw_table(source, stream.name), *children)


def raw_tables(source: Source) -> list[str]:
    """Every table that a source feeds, child tables behind their parent."""
    return [table for stream in source.streams for table in stream_tables(source.name, stream)]


@dataclass(frozen=True)
class Catalog:
    """All declarations, valid and by name; models stand behind what they read.

    `custom` are files of ordinary Dagster assets, which only orchestration
    imports. `files` says where each source was declared.
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    custom: tuple[Path, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def streams(self) -> list[tuple[Source, Stream]]:
        """Every stream with its source."""
        return [(source, stream) for source in self.sources.values() for stream in source.streams]

    @cached_property
    def _raw(self) -> dict[str, tuple[Source, Stream]]:
        return {
            table: (source, stream)
            for source, stream in self.streams()
            for table in stream_tables(source.name, stream)
        }

    @cached_property
    def _tables(self) -> tuple[str, ...]:
        return (*self._raw, *self.models)

    def tables(self) -> tuple[str, ...]:
        """Every declared table: raw ones first, then models in the order they are built."""
        return self._tables

    def stream_of(self, table: str) -> tuple[Source, Stream] | None:
        """The stream that feeds a raw table, as parent or as child."""
        return self._raw.get(table)

    def upstream(self, table: str) -> tuple[str, ...]:
        """The declared tables that a table is made from; none for a raw table.

        A model that reads `quarantine.x` stands behind `raw.x`, which fills it;
        Headwater's own tables are not among the answer.
        """
        model = self.models.get(table)
        if model is None:
            return ()
        found = (
            "raw." + name.removeprefix("quarantine.") if name.startswith("quarantine.") else name
            for name in model.inputs
        )
        return tuple(dict.fromkeys(name for name in found if name not in SYSTEM_TABLES))

    def downstream(self, table: str) -> tuple[str, ...]:
        """The models that read a table, in the order they are built."""
        return tuple(name for name in self.models if table in self.upstream(name))

    def rules_of(self, table: str) -> list[Rule]:
        """The rules that are shown on a table."""
        return [rule for rule in self.rules.values() if rule.table == table]
