"""From a database's address to the reader for its kind.

Belongs here: which kind is read by which module. Does not belong here: reading.
"""

from __future__ import annotations

from pipelines.extract.databases.address import Address
from pipelines.extract.readers import Reader, Surroundings
from pipelines.spec import Database


def open_reader(connection: Database, surroundings: Surroundings) -> Reader:
    """The reader of a source whose connection is a database.

    NotConfigured when nobody gave its address; ConfigurationError when that is none,
    or when there is no driver for its kind.
    """
    config = surroundings.given.config(surroundings.source.name, {"url": connection.url})
    address = Address.of(str(config["url"]), connection.url.env)
    if address.kind == "postgresql":
        from pipelines.extract.databases.postgres import PostgresReader

        return PostgresReader(address, connection.connections)
    if address.kind == "sqlite":
        from pipelines.extract.databases.sqlite import SqliteReader

        return SqliteReader(address, connection.page_rows)
    from pipelines.extract.databases.dialect import DialectReader

    return DialectReader(address, connection.page_rows)
