"""What assets/ declares: found, read, validated, and put in order.

    catalog = load_catalog(settings.assets)

Belongs here: finding the files, reading SQL headers and Python declarations,
and everything that can be wrong with them without looking at data. Does not
belong here: running anything. Neither Dagster nor DuckDB is imported, so the
command, the gateway and lineage can ask as cheaply as orchestration does.
"""

from pipelines.catalog.catalog import SYSTEM_TABLES, Catalog
from pipelines.catalog.load import BUILT_IN, load_catalog

__all__ = ["BUILT_IN", "SYSTEM_TABLES", "Catalog", "load_catalog"]
