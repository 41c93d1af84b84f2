"""Each write mode does what it says, and nothing to rows that did not change."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipelines.flow import Chunk
from tests.load.conftest import Loader, make_stream, reject, rows_of


def deals(ids: list[Any], names: list[Any], file: str = "a.jsonl") -> Chunk:
    columns = {"id": pa.array(ids, pa.int64()), "name": pa.array(names, pa.string())}
    return Chunk(rows_of(columns, file))


def test_append_adds_the_rows_of_each_load(loader: Loader) -> None:
    stream = make_stream()
    first = loader.load(stream, deals([1, 2], ["a", "b"]))
    second = loader.load(stream, deals([2], ["b"], "b.jsonl"))
    assert (first.rows_read, first.rows_loaded, second.rows_loaded) == (2, 2, 1)
    assert loader.rows("id, name, _file, _line") == [
        (1, "a", "a.jsonl", 1),
        (2, "b", "a.jsonl", 2),
        (2, "b", "b.jsonl", 1),
    ]
    assert {row[0] for row in loader.rows("_load_id")} == {first.load_id, second.load_id}


def test_merge_updates_only_rows_that_differ(loader: Loader) -> None:
    stream = make_stream(mode="merge", key=("id",))
    first = loader.load(stream, deals([1, 2], ["a", "b"]))
    second = loader.load(stream, deals([2, 1, 3], ["b", "A", "c"], "b.jsonl"))
    assert second.rows_loaded == 3
    assert loader.rows("id, name, _file, _load_id") == [
        (1, "A", "b.jsonl", second.load_id),
        (2, "b", "a.jsonl", first.load_id),
        (3, "c", "b.jsonl", second.load_id),
    ]


@pytest.mark.parametrize("filled", [False, True])
def test_the_last_record_of_a_key_wins_and_the_others_are_counted(
    loader: Loader, filled: bool
) -> None:
    stream = make_stream(mode="merge", key=("id",))
    if filled:
        loader.load(stream, deals([9], ["z"]))
    report = loader.load(stream, deals([1, 1], ["a", "b"]), deals([1], ["c"], "b.jsonl"))
    assert (report.rows_read, report.rows_loaded, report.rows_duplicate) == (3, 1, 2)
    assert loader.rows("name", tail="WHERE id = 1") == [("c",)]


def test_replace_without_key_swaps_the_whole_table(loader: Loader) -> None:
    stream = make_stream(mode="replace")
    loader.load(stream, deals([1, 2], ["a", "b"]))
    loader.load(stream, deals([3], ["c"]))
    assert loader.rows("id, name") == [(3, "c")]


def test_replace_with_key_keeps_the_origin_of_unchanged_rows(loader: Loader) -> None:
    stream = make_stream(mode="replace", key=("id",))
    first = loader.load(stream, deals([1, 2, 3], ["a", "b", "c"]))
    second = loader.load(stream, deals([2, 1], ["b", "A"], "b.jsonl"))
    assert loader.rows("id, name, _load_id") == [
        (1, "A", second.load_id),
        (2, "b", first.load_id),
    ]


def test_replace_keeps_every_row_when_the_key_is_no_key(loader: Loader) -> None:
    stream = make_stream(mode="replace", key=("id",))
    loader.load(stream, deals([1], ["a"]))
    report = loader.load(stream, deals([1, 1], ["b", "c"]))
    assert loader.rows("name") == [("b",), ("c",)]
    assert "more than once" in report.notes[0]


@pytest.mark.parametrize("mode", ["merge", "replace", "history"])
def test_a_record_without_its_key_goes_to_quarantine(loader: Loader, mode: str) -> None:
    stream = make_stream(mode=mode, key=("id",))
    report = loader.load(stream, deals([1, None], ["a", "b"]))
    assert (report.rows_loaded, report.rows_quarantined) == (1, 1)
    (row,) = loader.rows("_reason, _column, _line, _raw", "quarantine.firm__deals")
    assert row == ("The key column id is empty.", "id", 2, '{"id":null,"name":"b"}')


def test_history_keeps_one_current_version_a_key(loader: Loader) -> None:
    stream = make_stream(mode="history", key=("id",))
    loader.load(stream, deals([1, 2], ["a", "b"]))
    loader.load(stream, deals([1, 2], ["A", "b"]))
    assert loader.rows("id, name, _is_current") == [
        (1, "A", True),
        (1, "a", False),
        (2, "b", True),
    ]
    assert loader.rows("count(*)", tail="WHERE _is_current = (_valid_to IS NULL)") == [(3,)]
    ends = loader.rows("_valid_to", tail="WHERE name = 'a'")
    assert ends == loader.rows("_valid_from", tail="WHERE name = 'A'")


def test_history_closes_keys_that_vanish_from_a_file_read_again(loader: Loader) -> None:
    stream = make_stream(mode="history", key=("id",))
    loader.load(stream, deals([1, 2], ["a", "b"]), deals([3], ["c"], "b.jsonl"))
    loader.load(stream, deals([1], ["a"]))
    assert loader.rows("id", tail="WHERE _is_current") == [(1,), (3,)]
    loader.load(stream, deals([1], ["a"]), complete=True)
    assert loader.rows("id", tail="WHERE _is_current") == [(1,)]


def test_what_comes_back_after_it_vanished_gets_a_new_version(loader: Loader) -> None:
    stream = make_stream(mode="history", key=("id",))
    for ids in ([1, 2], [1], [1, 2]):
        loader.load(stream, deals(ids, ["x"] * len(ids)))
    assert loader.rows("_is_current", tail="WHERE id = 2") == [(False,), (True,)]


def test_every_record_is_counted_under_one_name(loader: Loader) -> None:
    stream = make_stream(mode="merge", key=("id",))
    chunk = deals([1, 1, None], ["a", "b", "c"])
    report = loader.load(stream, Chunk(chunk.rows, (reject(4),), blank=2))
    counts = (
        report.rows_read,
        report.rows_loaded,
        report.rows_quarantined,
        report.rows_blank,
        report.rows_duplicate,
    )
    assert counts == (6, 1, 2, 2, 1)


def test_duplicates_are_kept_reported_or_dropped_as_declared(loader: Loader) -> None:
    chunk = deals([1, 2, 1, 1, None, None], ["a", "b", "a", "x", None, None])
    kept = loader.load(make_stream("kept"), chunk)
    told = loader.load(make_stream("told", duplicates="report"), chunk)
    dropped = loader.load(make_stream("dropped", duplicates="drop"), chunk)
    assert (kept.rows_loaded, kept.rows_repeated, kept.rows_duplicate) == (6, 0, 0)
    assert (told.rows_loaded, told.rows_repeated, told.rows_duplicate) == (6, 2, 0)
    assert (dropped.rows_loaded, dropped.rows_repeated, dropped.rows_duplicate) == (4, 0, 2)
    assert loader.rows("_line", "raw.firm__dropped") == [(1,), (2,), (4,), (5,)]


def test_a_refused_file_is_one_record_and_what_it_gave_is_void(loader: Loader) -> None:
    stream = make_stream()
    good, bad = deals([1], ["a"]), deals([2, 3], ["b", "c"], "b.jsonl")
    bad = Chunk(bad.rows, (reject(3, "b.jsonl"),))
    report = loader.load(stream, good, bad, refuse=["b.jsonl"])
    assert (report.rows_read, report.rows_loaded, report.rows_quarantined) == (2, 1, 1)
    assert loader.rows("id") == [(1,)]
    assert loader.rows("_file, _reason", "quarantine.firm__deals") == [
        ("b.jsonl", "b.jsonl is no file.")
    ]


def test_quarantine_forgets_what_was_set_aside_of_a_file_read_again(loader: Loader) -> None:
    stream = make_stream(mode="replace")
    loader.load(stream, Chunk(deals([1], ["a"]).rows, (reject(2),)))
    loader.load(stream, deals([1, 2], ["a", "b"]))
    assert loader.rows("*", "quarantine.firm__deals") == []
