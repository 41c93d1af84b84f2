"""Dagster's entry: `defs` is everything that the catalog declares.

Nothing else belongs here. `dagster` and `headwater dev` find this module by the
entry in pyproject.toml.
"""

from pipelines.orchestration import build_definitions

defs = build_definitions()
