"""Building models: one table each, only where something changed.

    report = build_model(warehouse, model, run_id=…, full_refresh=False)

Belongs here: is a model up to date, computing its rows, writing the difference,
the record of builds, and column lineage. Does not belong here: finding models
(catalog), checks (quality), or in which order models are built (orchestration).
"""

from pipelines.transform.build import build_model
from pipelines.transform.columns import column_lineage, column_types
from pipelines.transform.record import Build, last_build
from pipelines.transform.stale import code_hash

__all__ = [
    "Build",
    "build_model",
    "code_hash",
    "column_lineage",
    "column_types",
    "last_build",
]
