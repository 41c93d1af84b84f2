"""What Dagster is told of a table before it was ever built.

Belongs here: description, owner, group, kinds, columns, links and checks, all
from the declarations. Does not belong here: anything that a run finds out
(`outcome`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import dagster as dg

from pipelines.catalog.catalog import stream_tables
from pipelines.expectations import check_names, checks_of, describe
from pipelines.orchestration.keys import asset_key, safe
from pipelines.spec import (
    Check,
    Column,
    FileFormat,
    FileStream,
    Model,
    PulledStream,
    Source,
    Stream,
)

_KINDS = {
    "Csv": {"csv", "file"},
    "Json": {"json", "file"},
    "JsonLines": {"json", "file"},
    "Xml": {"xml", "file"},
    "Parquet": {"parquet", "file"},
    "Excel": {"excel", "file"},
    "Cells": {"excel", "file"},
    "Api": {"api"},
    "Soap": {"soap", "api"},
    "Database": {"database"},
    "Tap": {"singer"},
    "Connector": {"airbyte"},
    "Python": {"python"},
}
NOT_NULL = "expect_column_values_to_not_be_null"
UNIQUE = "expect_column_values_to_be_unique"
OWN_COLUMNS = {
    "_file": "The file that the record was read from, or the load and the answer of a system.",
    "_line": "The line of the file on which the record starts, counted from 1.",
    "_path": "Where in it the record stood: cell range, JSON path, XPath or number.",
}


def stream_specs(source: Source, stream: Stream) -> list[dg.AssetSpec]:
    """The assets that one stream fills: its table, then its child tables."""
    tables = stream_tables(source.name, stream)
    notes = ["", *(f" One row for each element of `{child.column}`." for child in stream.unnest)]
    return [
        dg.AssetSpec(
            key=asset_key(table),
            skippable=True,
            description=_paragraphs(stream.description + note, source.description),
            group_name=safe(source.name),
            owners=[source.owner],
            kinds=_kinds(source, stream),
            tags={"layer": "raw", "source": safe(source.name), "mode": stream.mode},
            metadata=_stream_metadata(source, stream, table, is_child=position > 0),
        )
        for position, (table, note) in enumerate(zip(tables, notes, strict=True))
    ]


def _kinds(source: Source, stream: Stream) -> set[str]:
    kind = stream.format if isinstance(stream, FileStream) else source.connection
    return _KINDS[type(kind).__name__]


def _stream_metadata(
    source: Source, stream: Stream, table: str, *, is_child: bool
) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "dagster/table_name": table,
    }
    if isinstance(stream, FileStream):
        metadata["files"] = ", ".join(stream.files)
        metadata["format"] = describe_format(stream.format)
    elif isinstance(stream, PulledStream):
        metadata["asks_for"] = stream.theirs
    if stream.personal:
        metadata["personal_data"] = ", ".join(stream.personal)
    if stream.key and not is_child:
        metadata["key"] = ", ".join(stream.key)
    if source.homepage:
        metadata["homepage"] = dg.MetadataValue.url(source.homepage)
    if source.licence:
        metadata["licence"] = source.licence
    if stream.columns and not is_child:
        types = {name: column.type or "VARCHAR" for name, column in stream.columns.items()}
        schema = table_schema(types, stream.columns, stream.key, checks_of(stream))
        metadata["dagster/column_schema"] = schema
    return metadata


def model_spec(model: Model, inputs: Sequence[str]) -> dg.AssetSpec:
    """The asset that one model fills; `inputs` are those that are assets too."""
    schema = model.table.split(".", 1)[0]
    types = {name: column.type or "" for name, column in model.columns.items()}
    metadata: dict[str, Any] = {
        "dagster/table_name": model.table,
        "key": ", ".join(model.key),
        "materialized": model.materialized,
        "dagster/column_schema": table_schema(types, model.columns, model.key, checks_of(model)),
    }
    if model.path:
        metadata["declared_in"] = model.path
    if model.sql is not None:
        metadata["sql"] = dg.MetadataValue.md(f"```sql\n{model.sql.strip()}\n```")
    return dg.AssetSpec(
        key=asset_key(model.table),
        deps=[asset_key(table) for table in inputs],
        description=_paragraphs(model.description),
        group_name=safe(schema),
        owners=[model.owner],
        kinds={"duckdb", "python" if model.sql is None else "sql"},
        tags={"layer": safe(schema), "materialized": model.materialized},
        metadata=metadata,
        code_version=code_version(model),
    )


def check_specs(table: str, checks: Sequence[Check]) -> list[dg.AssetCheckSpec]:
    """The checks of one table, in the order in which they are declared."""
    names = check_names(checks)
    return [
        dg.AssetCheckSpec(
            name=name,
            asset=asset_key(table),
            description=describe(check),
            blocking=check.severity == "critical",
            metadata={"severity": check.severity, "expectation": check.expectation},
        )
        for name, check in zip(names, checks, strict=True)
    ]


def table_schema(
    types: Mapping[str, str],
    declared: Mapping[str, Column],
    key: Sequence[str] = (),
    checks: Sequence[Check] = (),
) -> dg.TableSchema:
    """Columns with type, meaning, unit and what the checks promise of them."""
    filled = {str(c.arguments.get("column")) for c in checks if c.expectation == NOT_NULL}
    unique = {str(c.arguments.get("column")) for c in checks if c.expectation == UNIQUE}
    if len(key) == 1:
        unique.add(key[0])
    columns = []
    for name, sql_type in types.items():
        column = declared.get(name, Column())
        about = column.description or OWN_COLUMNS.get(name, "")
        if column.unit:
            about = f"{about} Unit: {column.unit}.".strip()
        columns.append(
            dg.TableColumn(
                name=name,
                type=sql_type.lower() or "as selected",
                description=about or None,
                constraints=dg.TableColumnConstraints(
                    nullable=name not in filled and name not in key,
                    unique=name in unique,
                    other=["key"] if name in key else [],
                ),
            )
        )
    return dg.TableSchema(columns=columns)


def describe_format(declared: FileFormat) -> str:
    """The format's name and what is declared of it beyond the defaults."""
    said = {
        item.name: value
        for item in fields(declared)
        if (value := getattr(declared, item.name)) != item.default and value != {}
    }
    name = type(declared).__name__
    details = ", ".join(f"{key}={value!r}" for key, value in said.items())
    return f"{name} ({details})" if details else name


def code_version(model: Model) -> str:
    """A short hash of what the model is made from."""
    text = model.sql if model.sql is not None else f"{model.python}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(text.strip() for text in texts if text.strip())
