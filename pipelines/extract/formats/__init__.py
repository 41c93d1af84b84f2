"""From a declared format to the decoder that reads it.

Belongs here: which module decodes which format. Does not belong here: decoding.
A decoder is imported when its first file is met, so that a run over CSV files
never pays for the libraries of workbooks.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import cast

from pipelines.extract.content import Content
from pipelines.flow import Chunk
from pipelines.naming import NameMap
from pipelines.spec import Cells, Csv, Excel, FileFormat, FileStream, Json, JsonLines, Parquet, Xml

Decoder = Callable[[Content, FileStream, NameMap], Iterator[Chunk]]
"""Reads one content to its end; FileRefused when it is not as declared."""

_MODULES: dict[type[FileFormat], str] = {
    Csv: "csv_decode",
    Json: "json_documents",
    JsonLines: "json_lines",
    Xml: "xml_documents",
    Parquet: "parquet",
    Excel: "excel",
    Cells: "workbook_cells",
}


def decoder(declared: FileFormat) -> Decoder:
    """The `decode` function for a declared format."""
    module = importlib.import_module(f"{__name__}.{_MODULES[type(declared)]}")
    return cast("Decoder", module.decode)
