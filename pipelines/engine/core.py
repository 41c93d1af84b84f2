"""What every stage of one installation works with, opened once.

Belongs here: holding settings, catalog, warehouse and files together. Does not
belong here: any stage's work.
"""

from __future__ import annotations

from functools import cached_property

from pipelines.catalog import Catalog
from resources.files import FileStore
from resources.settings import Settings
from resources.warehouse import Warehouse


class Engine:
    """One installation: its settings, declarations, warehouse and source files."""

    def __init__(
        self, settings: Settings, catalog: Catalog, *, warehouse: Warehouse | None = None
    ) -> None:
        """`warehouse` is for who has begun to open it already (`open_ahead`)."""
        self.settings = settings
        self.catalog = catalog
        self._begun = warehouse

    @cached_property
    def warehouse(self) -> Warehouse:
        """The warehouse, opened at first use unless that was begun."""
        return self._begun or Warehouse(self.settings)

    @cached_property
    def store(self) -> FileStore:
        """The folder that file sources read: HEADWATER_DATA, or the made-up firm's."""
        return FileStore(str(self.settings.data or self.settings.sandbox))

    def close(self) -> None:
        """Close the warehouse; the engine can be used again and opens it anew."""
        self.warehouse.close()
