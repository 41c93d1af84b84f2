"""The stages put in order: a stream into its raw table, a model into its table."""

from pipelines.engine.core import Engine
from pipelines.engine.models import build_model, column_lineage
from pipelines.engine.replays import replay_quarantine, replay_table
from pipelines.engine.streams import run_stream

__all__ = [
    "Engine",
    "build_model",
    "column_lineage",
    "replay_quarantine",
    "replay_table",
    "run_stream",
]
