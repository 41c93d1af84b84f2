"""JSON documents: records somewhere inside one JSON text.

Belongs here: choosing between holding the document and streaming its records,
context, and columnar objects. Does not belong here: the grammar (json_exact),
paths (json_paths), cutting large documents (json_arrays).

A document that breaks the grammar anywhere is refused whole.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa

from pipelines.errors import FileRefused
from pipelines.extract.content import Content
from pipelines.extract.formats.json_arrays import Splitter, can_stream
from pipelines.extract.formats.json_bytes import Utf8
from pipelines.extract.formats.json_exact import BadJson, parse, render
from pipelines.extract.formats.json_paths import (
    JsonPath,
    NoSuchPlace,
    Place,
    check_context,
    lookup,
    parse_path,
    shown,
    walk,
)
from pipelines.extract.formats.json_records import RecordReader
from pipelines.flow import Chunk
from pipelines.naming import NameMap
from pipelines.spec import FileStream, Json

_HELD = 16 << 20
_HELD_AT_MOST = 64 << 20
_RECORDS = 20_000


def decode(content: Content, stream: FileStream, names: NameMap) -> Iterator[Chunk]:
    """Chunks of the records at the declared path."""
    declared = stream.format
    assert isinstance(declared, Json)
    records = parse_path(declared.records)
    context = {column: parse_path(path) for column, path in declared.context.items()}
    for path in context.values():
        check_context(path, records)
    if not context:
        yield from _decode(content.stream, content.path, stream, names, records, context)
        return
    # Context may stand behind the records, so a large document is read twice.
    with content.seekable() as raw:
        yield from _decode(raw, content.path, stream, names, records, context)


def _decode(
    raw: BinaryIO,
    file: str,
    stream: FileStream,
    names: NameMap,
    records: JsonPath,
    context: Mapping[str, JsonPath],
) -> Iterator[Chunk]:
    declared = stream.format
    assert isinstance(declared, Json)
    source = Utf8(raw, file, declared.encoding)
    head = source.read(_HELD)
    rest = source.read(1)
    if not rest or declared.columnar or not can_stream(records.steps):
        if rest:
            rest += source.read(_HELD_AT_MOST - _HELD)
        yield from _held(head + rest, file, stream, names, records, context)
        return
    source.put_back(head + rest)
    values = {}
    if context:
        skeleton = _skeleton(source, file, records)
        values = {column: lookup(skeleton, path, ()) for column, path in context.items()}
        raw.seek(0)
        source = Utf8(raw, file, declared.encoding)
    splitter = Splitter(source, file, records.steps)
    reader = RecordReader(file, stream, names, broken_is_fatal=True, context=values)
    yield from reader.chunks(splitter.pages())
    _check(splitter, records)


def _held(
    text: bytes,
    file: str,
    stream: FileStream,
    names: NameMap,
    records: JsonPath,
    context: Mapping[str, JsonPath],
) -> Iterator[Chunk]:
    """The records of a document that is held in memory."""
    if len(text) > _HELD_AT_MOST:
        raise FileRefused(
            f"{file} is larger than {_HELD_AT_MOST >> 20} MB, and records at {records.text} can "
            "only be read from smaller documents. Declare a path such as $[*] or $.items[*]."
        )
    try:
        document = parse(text)
        found = walk(document, records.steps)
        if isinstance(stream.format, Json) and stream.format.columnar:
            found = _rows(found, file)
        reader = RecordReader(file, stream, names, broken_is_fatal=True)
        while some := list(islice(found, _RECORDS)):
            yield _chunk(some, document, stream, context, reader)
    except (BadJson, NoSuchPlace) as error:
        raise FileRefused(f"{file} {error}.") from None


def _chunk(
    found: list[tuple[Place, Any]],
    document: Any,
    stream: FileStream,
    context: Mapping[str, JsonPath],
    reader: RecordReader,
) -> Chunk:
    values, places, blank = [], [], 0
    for place, value in found:
        record = value if isinstance(value, dict) else {"value": value}
        if stream.drop_blank and all(item in (None, "") for item in record.values()):
            blank += 1
            continue
        if context:
            record = {f"{k}#2" if k in context else k: v for k, v in record.items()}
            for column, path in context.items():
                record[column] = lookup(document, path, place)
        values.append(record)
        places.append(shown(place))
    paths = pa.array(places, pa.string())
    chunk = reader.chunk(values, lambda row: render(values[row]), None, paths)
    return dataclasses.replace(chunk, blank=chunk.blank + blank)


def _rows(found: Iterator[tuple[Place, Any]], file: str) -> Iterator[tuple[Place, Any]]:
    """The rows of columnar objects; row 3 of `$.recent` stands at `$.recent[3]`."""
    for place, columns in found:
        if not isinstance(columns, dict) or not all(isinstance(v, list) for v in columns.values()):
            raise FileRefused(f"{file} has no object of lists at {shown(place)}.")
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            said = ", ".join(f"{name}: {length}" for name, length in lengths.items())
            raise FileRefused(f"{file} has lists of unequal length at {shown(place)} ({said}).")
        for row, values in enumerate(zip(*columns.values(), strict=True)):
            yield (*place, row), dict(zip(columns, values, strict=True))


def _skeleton(source: Utf8, file: str, records: JsonPath) -> Any:
    """The document without its records, read to its end."""
    splitter = Splitter(source, file, records.steps)
    for _ in splitter.pages():
        pass
    return _check(splitter, records)


def _check(splitter: Splitter, records: JsonPath) -> Any:
    """The parsed skeleton; FileRefused when it is broken or has no records' place."""
    try:
        skeleton = parse(bytes(splitter.skeleton))
        for _ in walk(skeleton, records.steps):
            pass
    except (BadJson, NoSuchPlace) as error:
        raise FileRefused(f"{splitter.file} {error} (its records left out).") from None
    return skeleton
