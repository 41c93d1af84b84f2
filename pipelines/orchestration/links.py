"""Links from a table in the UI to where its rows came from and what was said of them.

Belongs here: addresses and paths as metadata. Does not belong here: the files
behind them.
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from pipelines.flow import TableReport
from pipelines.load.landing import Landing
from pipelines.orchestration.reports import html_path
from pipelines.orchestration.session import Session
from pipelines.spec import Model, Source, Stream

Links = dict[str, dg.MetadataValue[Any]]


def stream_links(session: Session, source: Source, stream: Stream, report: TableReport) -> Links:
    """Where a raw table comes from: the system, the landing package, the report."""
    links = _report(session)
    if source.homepage:
        links["homepage"] = dg.MetadataValue.url(source.homepage)
    if report.load_id:
        landing = Landing(session.engine.settings.landing, source.name, stream.name)
        links["landing_package"] = dg.MetadataValue.path(str(landing.folder / report.load_id))
    return links


def model_links(session: Session, model: Model) -> Links:
    """Where a model is declared, and the report."""
    links = _report(session)
    if model.path:
        links["declared_in"] = dg.MetadataValue.path(model.path)
    return links


def _report(session: Session) -> Links:
    return {
        "report": dg.MetadataValue.path(str(html_path(session.engine.settings, session.run_id)))
    }
