"""Any table, written in any dialect, is read back equal with its lines."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract.formats import csv_pages
from pipelines.spec import Csv
from tests.extract.reading import read_csv

ENDS = ("\n", "\r\n", "\r")
FIELD = st.one_of(
    st.none(),
    st.text(st.sampled_from("ab \"',;\t|\\\n\r0#é"), max_size=6),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6),
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, list[list[str | None]]]:
    """A width and rows of that width; no row is empty in every field."""
    width = draw(st.integers(2, 4))
    row = st.lists(FIELD, min_size=width, max_size=width)
    return width, draw(st.lists(row.filter(lambda fields: any(fields)), max_size=8))


def write(
    rows: list[list[str | None]], delimiter: str, end: str, blanks: list[bool], *, final: bool
) -> tuple[str, list[int]]:
    """The text, and the physical line that each row begins on."""
    text, lines = "", []
    for fields, blank in zip(rows, blanks, strict=True):
        text += end if blank else ""
        lines.append(1 + physical_lines(text))
        text += delimiter.join(map(quoted, fields)) + end
    return (text if final or not rows else text[: -len(end)]), lines


def quoted(field: str | None) -> str:
    return "" if field is None else '"' + field.replace('"', '""') + '"'


def physical_lines(text: str) -> int:
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


@settings(deadline=None, max_examples=300)
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(ENDS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"]),
    page=st.sampled_from([1, 2, 5, 17, 100, 8 << 20]),
    final=st.booleans(),
    told=st.booleans(),
    seed=st.integers(0, 1 << 16),
)
def test_what_was_written_is_read_back(
    table: tuple[int, list[list[str | None]]],
    delimiter: str,
    end: str,
    encoding: str,
    page: int,
    final: bool,
    told: bool,
    seed: int,
) -> None:
    width, rows = table
    header: list[str | None] = [f"c{i}" for i in range(width)]
    chance = random.Random(seed)
    blanks = [chance.random() < 0.3 for _ in range(len(rows) + 1)]
    text, lines = write([header, *rows], delimiter, end, blanks, final=final)
    declared = Csv(
        delimiter=delimiter if told else None,
        encoding="gb18030" if encoding == "gb18030" else None,
    )
    with tempfile.TemporaryDirectory() as folder, patch.object(csv_pages, "PAGE", page):
        found = read_csv(Path(folder), text.encode(encoding), declared)
    expected: list[dict[str, Any]] = [
        {f"c{i}": field for i, field in enumerate(fields)} for fields in rows
    ]
    assert found.records == expected
    assert found.lines == lines[1:]
    assert not found.rejects
    assert found.blank == 0


@settings(deadline=None, max_examples=300)
@given(
    data=st.lists(
        st.sampled_from([b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"a", b"1", b" ", b"\xc3\xa9"]),
        max_size=40,
    ),
    page=st.sampled_from([1, 3, 8]),
)
def test_cutting_into_pages_changes_nothing(data: list[bytes], page: int) -> None:
    """Whatever the bytes are, one page and many give the same rows or refusal."""
    outcomes = []
    for size in (page, 8 << 20):
        with tempfile.TemporaryDirectory() as folder, patch.object(csv_pages, "PAGE", size):
            outcomes.append(_outcome(Path(folder), b"x,y\n" + b"".join(data)))
    assert outcomes[0] == outcomes[1]


def _outcome(folder: Path, data: bytes) -> object:
    try:
        found = read_csv(folder, data, Csv(delimiter=","))
    except Exception as error:  # noqa: BLE001  (the two ways must end alike, also in errors)
        return type(error)
    return found.records, found.lines, [(r.line, r.raw) for r in found.rejects], found.blank
