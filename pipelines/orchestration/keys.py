"""How tables and checks are called in Dagster, both ways.

`raw.crunchbase__companies` is the asset `raw/crunchbase__companies`. Belongs
here: names. Does not belong here: what stands behind them.
"""

from __future__ import annotations

import re

import dagster as dg


def asset_key(table: str) -> dg.AssetKey:
    """The asset that stands for a table."""
    return dg.AssetKey(table.split(".", 1))


def table_of(key: dg.AssetKey) -> str:
    """The table that an asset stands for (custom assets: their dotted key)."""
    return ".".join(key.path)


def step_name(table: str) -> str:
    """The name of the step that fills a table."""
    return safe(table.replace(".", "__"))


def safe(name: str) -> str:
    """The name with everything that Dagster refuses replaced by `_`."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "unnamed"
