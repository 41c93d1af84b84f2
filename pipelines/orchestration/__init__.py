"""The only package that builds Dagster objects: assets, checks, jobs, sensors.

What a step does is the engine's business; here it gets a name, a place in the
graph, and its outcome told to Dagster.
"""

from pipelines.orchestration.build import build_definitions, read_catalog
from pipelines.orchestration.reports import html_path
from pipelines.orchestration.session import Observer, Silent
from pipelines.orchestration.summary import RunReport

__all__ = ["Observer", "RunReport", "Silent", "build_definitions", "html_path", "read_catalog"]
