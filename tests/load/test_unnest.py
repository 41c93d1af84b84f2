"""Lists become child tables, which follow their parent in the same commit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from pipelines.spec import Unnest
from tests.load.conftest import Loader, make_stream

CHILD = "raw.firm__rounds"
KEYS = (Unnest(column="rounds", into="rounds", keys=("id",)),)


def company(ids: list[int], rounds: list[Any]) -> dict[str, Any]:
    kind = pa.list_(pa.struct([("id", pa.int64()), ("raisedOn", pa.string())]))
    return {"id": pa.array(ids, pa.int64()), "rounds": pa.array(rounds, kind)}


def test_a_list_of_structs_becomes_rows_with_key_position_and_origin(loader: Loader) -> None:
    first = {"id": 7, "raisedOn": "2020"}
    report = loader.load(make_stream(unnest=KEYS), company([1, 2, 3], [[first, None], [], None]))
    assert loader.rows("id, _position, rounds_id, raised_on, _line, _path", CHILD) == [
        (1, 1, 7, "2020", 1, "rounds[0]"),
        (1, 2, None, None, 1, "rounds[1]"),
    ]
    assert loader.rows("_load_id", CHILD)[0] == (report.load_id,)
    assert loader.rows("len(rounds)") == [(0,), (2,), (None,)]


def test_a_list_of_values_gives_a_column_value_and_may_leave_its_parent(loader: Loader) -> None:
    unnest = (Unnest(column="tags", into="rounds", keys=("id",), drop=True),)
    tags = {"id": pa.array([1], pa.int64()), "tags": [["a", "b"]]}
    loader.load(make_stream(unnest=unnest), tags)
    assert "tags" not in loader.types()
    assert loader.rows("id, value", CHILD) == [(1, "a"), (1, "b")]
    loader.load(make_stream(unnest=unnest), {"id": pa.array([2], pa.int64()), "tags": [[3]]})
    assert loader.rows("value", CHILD) == [("3",), ("a",), ("b",)]


@pytest.mark.parametrize("mode", ["append", "merge", "replace", "history"])
def test_children_follow_the_mode_of_their_parent(loader: Loader, mode: str) -> None:
    key = () if mode == "append" else ("id",)
    stream = make_stream(mode=mode, key=key, unnest=KEYS)
    a, b = ({"id": n, "raisedOn": None} for n in (10, 20))
    loader.load(stream, company([1, 2], [[a, b], [b]]))
    loader.load(stream, company([1], [[b]]))
    found = loader.rows("id, _position, rounds_id", CHILD)
    assert (
        found
        == {
            "append": [(1, 1, 10), (1, 1, 20), (1, 2, 20), (2, 1, 20)],
            "merge": [(1, 1, 20), (2, 1, 20)],
            "replace": [(1, 1, 20)],
            "history": [(1, 1, 10), (1, 1, 20), (1, 2, 20), (2, 1, 20)],
        }[mode]
    )
    if mode == "history":
        current = loader.rows("id, _position, rounds_id", CHILD, "WHERE _is_current")
        assert current == [(1, 1, 20)]


def test_a_child_whose_elements_are_unknown_yet_gets_its_fields_later(loader: Loader) -> None:
    stream = make_stream(unnest=KEYS)
    loader.load(stream, {"id": pa.array([1], pa.int64()), "rounds": pa.array([[]])})
    assert list(loader.types(CHILD))[:2] == ["id", "_position"]
    loader.load(stream, company([2], [[{"id": 1, "raisedOn": "x"}]]))
    assert loader.rows("raised_on", CHILD) == [("x",)]


def test_a_list_that_is_dropped_later_leaves_the_table(loader: Loader) -> None:
    kept = make_stream(mode="merge", key=("id",), unnest=KEYS)
    loader.load(kept, company([1], [[{"id": 1, "raisedOn": "x"}]]))
    dropped = replace(kept, unnest=(replace(KEYS[0], drop=True),))
    loader.load(dropped, company([2], [[{"id": 2, "raisedOn": "y"}]]))
    assert "rounds" not in loader.types()
    assert loader.rows("id") == [(1,), (2,)]
    loader.load(kept, company([3], [[{"id": 3, "raisedOn": "z"}]]))
    assert loader.rows("id", tail="WHERE rounds IS NULL") == [(1,), (2,)]
    assert loader.rows("raised_on", CHILD) == [("x",), ("y",), ("z",)]
