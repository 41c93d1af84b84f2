"""From what a system answers to chunks, in the order in which it came.

Belongs here: turning records of any of the three shapes (JSON objects, JSON Lines,
Arrow tables) into typed rows under warehouse names. Does not belong here: asking
the system (readers), keeping what came, or when to commit.
"""

from __future__ import annotations

import base64
import itertools
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa

from pipelines.errors import SourceError
from pipelines.extract.formats.chunks import finish, with_origin
from pipelines.extract.formats.json_exact import BadJson, Number, parse, render
from pipelines.extract.formats.json_fast import ListPage, Page
from pipelines.extract.formats.json_lines import page_of_lines
from pipelines.extract.formats.json_records import RecordReader, numbered
from pipelines.extract.formats.parquet import row_as_json, without_dictionaries
from pipelines.flow import Chunk, Pulled, RecordList
from pipelines.naming import NameMap
from pipelines.spec import PulledStream

Origin = tuple[str, int | None, str | None]
_NOTHING = Chunk(with_origin(pa.table({}), "", None, None))
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


def decode(
    answers: Iterator[Pulled], stream: PulledStream, names: NameMap, table: str
) -> Iterator[tuple[Pulled, Chunk]]:
    """Each answer with its rows, in order; a few answers are asked for ahead.

    Records of JSON come back as the JSON that they were read from. The chunks'
    `_file` is empty: only whoever keeps the answer knows where. `_path`
    is the record's place as the reader says, else its number from 0 in brackets.
    """
    for answer in answers:
        if isinstance(answer.records, RecordList) or len(answer.records) or answer.rejects:
            following = itertools.chain([answer], answers)
            arrow = isinstance(answer.records, pa.Table)
            way = _from_arrow if arrow else _from_json
            yield from way(following, stream, names, table)
        else:
            yield answer, _NOTHING


def _from_json(
    answers: Iterator[Pulled], stream: PulledStream, names: NameMap, table: str
) -> Iterator[tuple[Pulled, Chunk]]:
    waiting: deque[Pulled] = deque()

    def pages() -> Iterator[Page | ListPage]:
        for answer in answers:
            records = answer.records
            if isinstance(records, RecordList):
                waiting.append(answer)
                yield _list_page(records, table)
            else:
                lines = as_lines(records, table)
                waiting.append(replace(answer, records=lines))
                yield _page(lines, answer)

    reader = RecordReader("", stream, names)
    for chunk in reader.chunks(pages()):
        yield waiting.popleft(), chunk


def _from_arrow(
    answers: Iterator[Pulled], stream: PulledStream, names: NameMap, table: str
) -> Iterator[tuple[Pulled, Chunk]]:
    for answer in answers:
        if isinstance(answer.records, pa.Table):
            yield answer, _typed(answer.records, answer, stream, names)
        elif len(answer.records):
            raise SourceError(
                f"The source of {table} gave Arrow tables and then records of another kind. Give "
                "one kind for the whole of a stream, so that its types stay what they are."
            )
        else:
            yield answer, _NOTHING


def again(
    records: Sequence[tuple[Origin, str]], stream: PulledStream, names: NameMap, table: str
) -> Iterator[Chunk]:
    """Records that were set aside, from their JSON; each keeps its origin.

    A record that the commit set aside carries the table's names instead of the
    system's own; they are turned back.
    """
    theirs = {column: name for name, column in names.as_dict().items()}
    for file, group in itertools.groupby(records, key=lambda record: record[0][0]):
        members = list(group)
        lines = b"".join(_renamed(raw, theirs) for _, raw in members)
        answer = Pulled(lines, paths=[origin[2] or "" for origin, _ in members])
        for _, chunk in decode(iter([answer]), stream, names, table):
            yield chunk.kept_as(file)


def _renamed(raw: str, theirs: Mapping[str, str]) -> bytes:
    try:
        record = parse(raw.encode())
    except BadJson:
        return raw.encode().replace(b"\n", b" ") + b"\n"
    known = set(theirs.values())
    fields = record.items() if isinstance(record, dict) else ()
    renamed = {n if n in known else theirs.get(n, n): value for n, value in fields}
    return render(renamed if isinstance(record, dict) else record).encode() + b"\n"


def as_lines(records: Sequence[Mapping[str, Any]] | bytes | pa.Table, table: str) -> bytes:
    """Records as JSON Lines, without a loss: decimals as they are written.

    SourceError for a value that JSON has no word for.
    """
    if isinstance(records, bytes):
        return records
    if isinstance(records, pa.Table):
        rows = (row_as_json(records.slice(at, 1)) for at in range(records.num_rows))
        return "".join(f"{row}\n" for row in rows).encode()
    return b"".join(_line(record, table) for record in records)


def _line(record: Mapping[str, Any], table: str) -> bytes:
    try:
        return orjson.dumps(record, default=_exact, option=_OPTIONS | orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        # Integers of more than 64 bits, or a value of a kind of its own.
        pass
    try:
        return render(_plain(record)).encode() + b"\n"
    except (TypeError, ValueError) as error:
        raise SourceError(
            f"A record of {table} holds a value that is no text, number, date, list or object: "
            f"{error}. Turn it into one of these where the record is made."
        ) from None


def _exact(value: Any) -> Any:
    """What orjson doesn't know by itself."""
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(f"{value:f}" if -40 < value.adjusted() < 40 else str(value))
    return _as_known(value)


def _as_known(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"{type(value).__name__} {str(value)[:100]!r}")


def _plain(value: Any) -> Any:
    """The same values in the types of exact JSON; for records that orjson refuses."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return Number(value)
    if isinstance(value, Decimal) and value.is_finite():
        return Number(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    try:
        return orjson.loads(orjson.dumps(value, default=_exact, option=_OPTIONS))
    except orjson.JSONEncodeError as error:
        raise TypeError(str(error)) from None


def _page(lines: bytes, answer: Pulled) -> Page:
    page = page_of_lines(lines if not lines or lines.endswith(b"\n") else lines + b"\n")
    count = len(page.starts)
    return Page(page.data, page.starts, page.ends, None, _paths(answer, count))


def _list_page(records: RecordList, table: str) -> ListPage:
    def opened() -> Page:
        page = page_of_lines(as_lines(records, table))
        paths = numbered(records.place, len(page.starts))
        return Page(page.data, page.starts, page.ends, None, paths)

    return ListPage(records.data, records.place, opened)


def _typed(records: pa.Table, answer: Pulled, stream: PulledStream, names: NameMap) -> Chunk:
    rows = without_dictionaries(records.rename_columns(names.columns(records.column_names)))
    return finish(
        rows,
        stream,
        "",
        lines=None,
        paths=_paths(answer, rows.num_rows),
        raw=lambda row: row_as_json(rows.slice(row, 1)),
        rejects=answer.rejects,
    )


def _paths(answer: Pulled, count: int) -> pa.Array:
    if answer.paths is not None and len(answer.paths) == count:
        return pa.array(answer.paths, pa.string())
    return numbered("", count)
