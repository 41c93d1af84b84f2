"""The vocabulary that assets/ is written in: frozen declarations, no behaviour.

Belongs here: what a source, a stream, a file format, a model, a check *is*.
Does not belong here: reading, loading, building, validating (the catalog does
that) or anything that costs import time; only the standard library is imported.
"""

from __future__ import annotations

from pipelines.spec.columns import (
    Check,
    Column,
    Contract,
    Duplicates,
    Materialized,
    Mode,
    Severity,
    Types,
)
from pipelines.spec.connections import (
    Api,
    Connection,
    Connector,
    Database,
    Files,
    Python,
    Setting,
    Soap,
    State,
    Tap,
)
from pipelines.spec.formats import (
    Cells,
    Csv,
    Excel,
    FileFormat,
    Json,
    JsonLines,
    Parquet,
    Xml,
)
from pipelines.spec.models import (
    Incremental,
    Model,
    Rule,
)
from pipelines.spec.sources import (
    FileStream,
    PulledStream,
    Source,
    Stream,
    Unnest,
    raw_table,
)

__all__ = [
    "Api",
    "Cells",
    "Check",
    "Column",
    "Connection",
    "Connector",
    "Contract",
    "Csv",
    "Database",
    "Duplicates",
    "Excel",
    "FileFormat",
    "FileStream",
    "Files",
    "Incremental",
    "Json",
    "JsonLines",
    "Materialized",
    "Mode",
    "Model",
    "Parquet",
    "PulledStream",
    "Python",
    "Rule",
    "Setting",
    "Severity",
    "Soap",
    "Source",
    "State",
    "Stream",
    "Tap",
    "Types",
    "Unnest",
    "Xml",
    "raw_table",
]
