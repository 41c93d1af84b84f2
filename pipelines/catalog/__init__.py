"""What assets/ declares: found, read, validated, and put in order.

    from pipelines.catalog.load import load_catalog
    catalog = load_catalog(settings.assets)

Belongs here: finding the files, reading SQL headers and Python declarations,
and everything that can be wrong with them without looking at data. Does not
belong here: running anything. Neither Dagster nor DuckDB is imported, so the
command, the gateway and lineage can ask as cheaply as orchestration does; and
who only holds a catalog doesn't import what reads one.
"""

from pipelines.catalog.catalog import SYSTEM_TABLES, Catalog

__all__ = ["SYSTEM_TABLES", "Catalog"]
