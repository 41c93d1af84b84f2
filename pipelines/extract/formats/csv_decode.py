"""Delimited text to chunks: the order of the steps, and several pages at a time.

Belongs here: how text, layout, pager and parser work together. Does not belong
here: any of their decisions.

    bytes → Utf8 → tell_layout → Pager → pages → Parser (threads) → chunks, in order

Memory is bounded by the pages in flight, whatever the size of the file.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from pipelines.errors import FileRefused
from pipelines.extract.content import Content
from pipelines.extract.formats import csv_pages
from pipelines.extract.formats.csv_dialect import Layout, tell_layout
from pipelines.extract.formats.csv_footer import WithoutFooter
from pipelines.extract.formats.csv_infer import Inference
from pipelines.extract.formats.csv_pages import Page, Pager
from pipelines.extract.formats.csv_parse import Parser
from pipelines.extract.formats.csv_text import Utf8
from pipelines.flow import Chunk
from pipelines.naming import NameMap
from pipelines.spec import Csv, FileStream

_LOOK = 256 << 10
_AHEAD = 4


def decode(content: Content, stream: FileStream, names: NameMap) -> Iterator[Chunk]:
    """The records of a delimited file; at least one chunk, if only an empty one.

    FileRefused if it cannot be read as declared, DeclarationError if the
    declaration itself cannot be followed.
    """
    declared = stream.format
    assert isinstance(declared, Csv)
    wanted = {name: c.type for name, c in stream.columns.items() if c.type is not None}
    if declared.types == "infer":
        with content.seekable() as spool:
            inference = Inference(known=wanted)
            again = Content(content.path, spool)
            for chunk in _chunks(again, declared, stream, names, {}):
                inference.look(chunk.rows)
            spool.seek(0)
            yield from _chunks(again, declared, stream, names, {**inference.types(), **wanted})
    else:
        yield from _chunks(content, declared, stream, names, wanted)


def _chunks(
    content: Content, declared: Csv, stream: FileStream, names: NameMap, wanted: Mapping[str, str]
) -> Iterator[Chunk]:
    text = Utf8(content, declared.encoding)
    layout, begun = _layout(text, declared, content.path)
    parser = Parser(
        file=content.path,
        dialect=layout.dialect,
        columns=tuple(names.columns(layout.labels)),
        nameless=layout.nameless,
        wanted=wanted,
        nulls=declared.nulls,
        trim=declared.trim,
        drop_blank=stream.drop_blank,
        show=text.show,
        encoding=text.encoding,
    )
    pager = Pager(
        text.read,
        layout.dialect,
        label=content.path,
        line=layout.line,
        ahead=begun[layout.begins :],
        keep_empty=parser.keep_empty,
        exact=declared.skip_footer > 0,
    )
    pages = WithoutFooter(pager, declared.skip_footer) if declared.skip_footer else pager
    some = False
    for chunk in _parsed(pages, parser):
        some = True
        yield chunk
    if not some:
        yield _empty(parser)


def _layout(text: Utf8, declared: Csv, label: str) -> tuple[Layout, bytes]:
    """The layout, and the text that was read to tell it."""
    begun, final = b"", False
    while True:
        block = text.read(max(_LOOK, len(begun)))
        final = not block
        begun += block
        layout = tell_layout(begun, declared, label, final=final)
        if layout is not None:
            return layout, begun
        if len(begun) > csv_pages.MAX_RECORD:
            raise FileRefused(
                f"No whole record was found in the first {len(begun)} bytes of {label}. Check that "
                "it is delimited text, and that its quotes are closed."
            )


def _parsed(pages: Pager | WithoutFooter, parser: Parser) -> Iterator[Chunk]:
    """Parse pages in threads, hand out their chunks in order."""
    threads = os.cpu_count() or 1
    pending: deque[tuple[Page, Future[Chunk | None]]] = deque()
    refused: FileRefused | None = None
    with ThreadPoolExecutor(threads, "csv") as pool:
        while True:
            while refused is None and len(pending) < threads + _AHEAD:
                try:
                    page = pages.next()
                except FileRefused as error:
                    # It stands only if all pages before were cut right.
                    refused = error
                    break
                if page is None:
                    break
                pending.append((page, pool.submit(parser.parse, page)))
            if not pending:
                break
            page, future = pending.popleft()
            chunk = future.result()
            if chunk is not None:
                yield chunk
                continue
            pages.take_back([page, *(later for later, _ in pending)])
            for _, later_future in pending:
                later_future.cancel()
            pending.clear()
            refused = None
    if refused is not None:
        raise refused


def _empty(parser: Parser) -> Chunk:
    """A chunk of no rows, so that the table gets its columns."""
    nothing = Page(b"", 1, 0)
    chunk = parser.parse(nothing)
    assert chunk is not None
    return chunk
