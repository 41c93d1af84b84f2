"""Parquet: the file's own types, row by row."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.errors import FileRefused
from pipelines.extract.formats import parquet
from pipelines.spec import Parquet
from tests.formats.reading import read


def written(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def test_types_and_values_are_the_file_s_own() -> None:
    table = pa.table(
        {
            "Big Id": pa.array([2**63 - 1, None], pa.int64()),
            "d": pa.array([Decimal("0.10"), None], pa.decimal128(38, 2)),
            "t": pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC), None]),
            "s": pa.array(["x", "y"]).dictionary_encode(),
            "l": pa.array([[{"k": 1}], None], pa.list_(pa.struct([("k", pa.int8())]))),
        }
    )
    result = read(Parquet(), written(table))
    assert result.rows[0]["big_id"] == 2**63 - 1
    assert result.type("d") == pa.decimal128(38, 2)
    assert pa.types.is_string(result.type("s"))
    assert result.rows[0]["l"] == [{"k": 1}]
    assert result.rows[1]["s"] == "y"
    assert result.origin("_path") == ["1", "2"]


def test_batches_are_bounded_and_numbered_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_BATCH_ROWS", 10)
    result = read(Parquet(), written(pa.table({"n": range(95)}), row_group_size=30))
    assert [row["n"] for row in result.rows] == list(range(95))
    assert result.origin("_path") == [str(n) for n in range(1, 96)]
    assert max(chunk.rows.num_rows for chunk in result.chunks) <= 10


def test_a_value_that_does_not_fit_rejects_its_row() -> None:
    table = pa.table({"n": ["1", "x", None], "at": [dt.date(2024, 1, 1)] * 3})
    result = read(Parquet(), written(table), {"n": "BIGINT"})
    assert [row["n"] for row in result.rows] == [1, None]
    assert result.rejects[0].path == "2"
    assert result.rejects[0].raw == '{"n":"x","at":"2024-01-01"}'


@pytest.mark.parametrize("raw", [b"", b"PAR1", b"no parquet at all", b"PAR1" + b"x" * 50 + b"PAR1"])
def test_what_is_no_parquet_is_refused(raw: bytes) -> None:
    with pytest.raises(FileRefused, match=r"things\.file can't be read as Parquet"):
        read(Parquet(), raw)


def test_a_torn_file_is_refused() -> None:
    whole = written(pa.table({"n": range(1000)}))
    with pytest.raises(FileRefused):
        read(Parquet(), whole[:-20])
    with pytest.raises(FileRefused):
        read(Parquet(), whole[: len(whole) // 2])
