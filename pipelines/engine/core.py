"""What every stage of one installation works with, opened once.

Belongs here: holding settings, catalog, warehouse and files together. Does not
belong here: any stage's work.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.catalog import Catalog
from pipelines.spec import Files, Source
from resources.files import FileStore
from resources.secrets import Given
from resources.settings import Settings
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    from pipelines.extract.readers import Reader


class Engine:
    """One installation: its settings, declarations, warehouse and source files."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        *,
        warehouse: Warehouse | None = None,
        instead: Mapping[str, str] | None = None,
    ) -> None:
        """`warehouse` is for who has begun to open it already (`open_ahead`).

        `instead` gives values for sources' settings that go before all others.
        """
        self.instead = dict(instead or {})
        self.settings = settings
        self.catalog = catalog
        self._begun = warehouse
        self._readers: dict[str, Reader] = {}
        self._stores: dict[str, FileStore] = {}
        self._opening = threading.Lock()

    @cached_property
    def warehouse(self) -> Warehouse:
        """The warehouse, opened at first use unless that was begun."""
        return self._begun or Warehouse(self.settings)

    @cached_property
    def store(self) -> FileStore:
        """The folder that file sources read: HEADWATER_DATA, or the made-up firm's."""
        return FileStore(str(self.settings.data or self.settings.sandbox))

    def store_of(self, source: Source) -> FileStore:
        """Where the files of a source lie; a folder elsewhere is opened at first use.

        NotConfigured when a required setting of its connection has no value.
        """
        if not isinstance(source.connection, Files):
            return self.store
        with self._opening:
            if source.name not in self._stores:
                from resources.filesystems import open_files

                self._stores[source.name] = open_files(
                    source.name, source.connection, self.settings, self.given
                )
            return self._stores[source.name]

    @cached_property
    def given(self) -> Given:
        """The values that people gave for sources."""
        return Given(self.settings.secrets, self.instead)

    def reader(self, source: Source) -> Reader:
        """The reader of a source with a connection, opened at first use.

        NotConfigured when a required setting of it has no value.
        """
        with self._opening:
            if source.name not in self._readers:
                from pipelines.extract.readers import open_reader

                self._readers[source.name] = open_reader(source, self.settings, self.given)
            return self._readers[source.name]

    def close(self) -> None:
        """Close readers and warehouse; the engine can be used again and opens them anew."""
        self.close_readers()
        self.warehouse.close()

    def close_readers(self) -> None:
        """End what systems and folders elsewhere are asked with."""
        with self._opening:
            for reader in self._readers.values():
                reader.close()
            for store in self._stores.values():
                store.close()
            self._readers.clear()
            self._stores.clear()
