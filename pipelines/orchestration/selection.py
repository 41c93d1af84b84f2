"""What a person types to choose tables, as assets of the graph.

Table names (`core.organization`, `+raw.yc__*`, `raw.yc__companies+1`) and
Dagster's asset-selection syntax may be mixed; several selections add up. Belongs
here: understanding, and helping when nothing matches. Does not belong here: the
graph itself.
"""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Sequence

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from pipelines.errors import ConfigurationError
from pipelines.orchestration.keys import table_of

_QUOTED_OR_NAME = re.compile(r'"[^"]*"|(?<![\w.:/"])([A-Za-z_]\w*\.[\w*]+)(?![\w./:])')


def select(graph: AssetGraph, texts: Sequence[str]) -> list[dg.AssetKey]:
    """The assets that the texts choose; all that can be filled for no text.

    A child table is filled together with its parent, so either brings both.
    Raises ConfigurationError for what can't be understood or matches nothing.
    """
    chosen: dg.AssetSelection = dg.AssetSelection.assets() if texts else dg.AssetSelection.all()
    for text in texts:
        chosen = chosen | _one(graph, text)
    keys = chosen.required_multi_asset_neighbors().materializable().resolve(graph)
    return sorted(keys)


def _one(graph: AssetGraph, text: str) -> dg.AssetSelection:
    try:
        with warnings.catch_warnings():
            # Its parser uses what Dagster itself calls beta.
            warnings.simplefilter("ignore", dg.BetaWarning)
            selection = dg.AssetSelection.from_string(translate(text))
            found = selection.resolve(graph)
    except Exception as error:  # noqa: BLE001  (Dagster's parser raises nothing narrower)
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise ConfigurationError(
            f"The selection {text!r} can't be understood: {reason}. {_help(graph, text)}"
        ) from None
    if not found:
        raise ConfigurationError(f"The selection {text!r} matches nothing. {_help(graph, text)}")
    return selection


def translate(text: str) -> str:
    """Table names in a selection turned into Dagster's keys: a.b → key:"a/b"."""

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        return match[0] if name is None else 'key:"' + name.replace(".", "/", 1) + '"'

    return _QUOTED_OR_NAME.sub(replace, text)


def _help(graph: AssetGraph, text: str) -> str:
    tables = sorted(table_of(key) for key in graph.get_all_asset_keys())
    groups = sorted({graph.get(key).group_name or "default" for key in graph.get_all_asset_keys()})
    wanted = re.sub(r'^key:|["+]', "", text).replace("/", ".").strip()
    near = difflib.get_close_matches(wanted, tables, n=4, cutoff=0.5)
    near += [table for table in tables if wanted and wanted in table and table not in near][:4]
    if near:
        return f"Near it: {', '.join(near)}."
    return (
        f"Choose a table such as {', '.join(tables[:3])}, or a group: "
        + ", ".join(f"group:{group}" for group in groups)
        + "."
    )
