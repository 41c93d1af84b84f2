"""XML: records at a path, with their columns and what the document says of them.

Belongs here: from record elements to Chunks. Does not belong here: parsing
(xml_safe), values (xml_values), the SGML envelope (xml_sgml).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import pyarrow as pa
from lxml import etree

from pipelines.errors import DeclarationError
from pipelines.extract import content as contents
from pipelines.extract.formats.chunks import wanted_types
from pipelines.extract.formats.json_records import RecordReader
from pipelines.extract.formats.xml_safe import Records, record_steps
from pipelines.extract.formats.xml_sgml import Enclosed, header_values, unwrap
from pipelines.extract.formats.xml_values import Content, Pattern, strip_namespaces, take_apart
from pipelines.flow import Chunk
from pipelines.naming import NameMap
from pipelines.spec import FileStream, Xml
from pipelines.sqltypes import arrow_type

_CHUNK_BYTES = 8 << 20
_SGML = "sgml:"


def decode(content: contents.Content, stream: FileStream, names: NameMap) -> Iterator[Chunk]:
    """Chunks of the records; a document without any gives none."""
    declared = stream.format
    assert isinstance(declared, Xml)
    reader = _Reader(content.path, stream, declared, names)
    if declared.envelope == "none":
        yield from reader.chunks(Enclosed(content.stream))
        return
    for document in unwrap(content.stream, content.path):
        yield from reader.chunks(document)


@dataclass
class _Batch:
    """Records waiting to become a Chunk."""

    contents: list[Content] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    lines: list[int | None] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, content: Content, raw: str, line: int | None, path: str) -> None:
        self.contents.append(content)
        self.raw.append(raw)
        self.lines.append(line)
        self.paths.append(path)
        self.size += len(raw)


class _Reader:
    """Reads the documents of one file; what it learns of repetition lasts for all."""

    def __init__(self, file: str, stream: FileStream, declared: Xml, names: NameMap) -> None:
        self._file = file
        self._stream = stream
        self._names = names
        self._steps = record_steps(declared.record)
        self._columns = {column: _xpath(path) for column, path in declared.columns.items()}
        self._context = {
            column: path for column, path in declared.context.items() if not path.startswith(_SGML)
        }
        self._sgml = {
            column: path.removeprefix(_SGML)
            for column, path in declared.context.items()
            if path.startswith(_SGML)
        }
        self._scalar = {
            column
            for column, sql in wanted_types(stream).items()
            if not pa.types.is_nested(arrow_type(sql))
        }
        self._pattern = Pattern(nested=True)

    def chunks(self, document: Enclosed) -> Iterator[Chunk]:
        """The records of one document, about 8 MB of them at a time."""
        if not self._context:
            yield from self._records(document, self._of_header(document))
            return
        # Context may stand behind the records, so the document is read twice.
        with contents.Content(self._file, document.xml).seekable() as xml:
            known = self._of_document(xml) | self._of_header(document)
            xml.seek(0)
            yield from self._records(dataclasses.replace(document, xml=xml), known)

    def _records(self, document: Enclosed, known: Mapping[str, Any]) -> Iterator[Chunk]:
        reader: RecordReader | None = None
        batch = _Batch()
        records = Records(document.xml, self._file, self._steps)
        for element, line, path in records:
            raw = etree.tostring(element, encoding="unicode", with_tail=False)
            content = self._content(element)
            self._pattern.observe(content)
            at = None if line is None else line + document.first_line - 1
            batch.add(content, raw, at, document.place + path)
            if batch.size >= _CHUNK_BYTES:
                reader = self._reader(reader, known)
                yield self._chunk(batch, reader)
                batch = _Batch()
        if batch.contents:
            yield self._chunk(batch, self._reader(reader, known))

    def _reader(self, reader: RecordReader | None, known: Mapping[str, Any]) -> RecordReader:
        """The reader so far, or a fresh one where earlier types no longer hold."""
        if reader is None or self._pattern.take_changes():
            return RecordReader(self._file, self._stream, self._names, context=dict(known))
        return reader

    def _chunk(self, batch: _Batch, reader: RecordReader) -> Chunk:
        values = [self._record(content) for content in batch.contents]
        lines = pa.array(batch.lines, pa.int64())
        paths = pa.array(batch.paths, pa.string())
        return reader.chunk(values, lambda row: batch.raw[row], lines, paths)

    def _record(self, content: Content) -> dict[str, Any]:
        record: dict[str, Any] = dict.fromkeys(self._columns)
        for name, value in self._pattern.value(content).items():
            single = isinstance(value, list) and len(value) == 1
            scalar = single and self._names.column(name) in self._scalar
            record[name] = value[0] if scalar else value
        return record

    def _content(self, element: etree._Element) -> Content:
        if not self._columns:
            return take_apart(element, self._file)
        strip_namespaces(element)
        return self._found({column: find(element) for column, find in self._columns.items()})

    def _of_document(self, xml: BinaryIO) -> dict[str, Any]:
        """Context from the document, which is read to its end."""
        record = "/" + "/".join(self._steps)
        inside = any(path.startswith(record) or "//" in path for path in self._context.values())
        records = Records(xml, self._file, self._steps, keep=inside)
        for _ in records:
            pass
        assert records.root is not None
        root = strip_namespaces(records.root)
        found = self._found({column: _xpath(p)(root) for column, p in self._context.items()})
        pattern = Pattern(nested=True)
        pattern.observe(found)
        known: dict[str, Any] = pattern.value(found)
        return dict.fromkeys(self._context) | known

    def _of_header(self, document: Enclosed) -> dict[str, Any]:
        values = {column: header_values(document.header, p) for column, p in self._sgml.items()}
        return {
            column: (some if len(some) > 1 else some[0] or None) if some else None
            for column, some in values.items()
        }

    def _found(self, results: Mapping[str, Any]) -> Content:
        parts: dict[str, list[Content]] = {}
        for column, result in results.items():
            items = result if isinstance(result, list) else [result]
            if items:
                parts[column] = [
                    take_apart(item, self._file) if etree.iselement(item) else _plain(item)
                    for item in items
                ]
        return Content(None, parts)


def _plain(result: str | float) -> Content:
    """An attribute's value, or what an XPath function gives."""
    whole = isinstance(result, float) and result.is_integer()
    return Content(str(int(result) if whole else result) or None, {})


def _xpath(path: str) -> etree.XPath:
    try:
        return etree.XPath(path)
    except etree.XPathSyntaxError as error:
        raise DeclarationError(f"{path!r} is no XPath: {error}.") from None
