"""The quick way through a CSV says the same as the careful one."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.extract.convert import convert
from pipelines.extract.formats import csv_pages
from pipelines.extract.formats.csv_records import Dialect
from pipelines.extract.formats.csv_rows import parse_fields, parsed_alike
from pipelines.sqltypes import arrow_type
from tests.conftest import ROOT
from tests.extract.reading import read, stream

TYPES = ("TINYINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP")
# fmt: off
ODD = [
    "1", "-1", "+1", "0x1F", "-0x1", "1.", ".5", "1e5", "nan", "inf", "-inf", "2020-02-30",
    "2020-01-01T00:00:00Z", "20200101", "true", "tRue", "t", "yes", "0", "00", "-0", "1_000",
    "127", "128", "9223372036854775807", "9223372036854775808", "1e309", "1e-400", "3.4e39",
    "2020-01-01T24:00:00", "2020-01-01T23:59:60", "0000-01-01", "10000-01-01", "1970-1-1", "١",
]
# fmt: on


def _texts() -> list[str]:
    chance = random.Random(1)
    signs = "0123456789.-+eExXT:Z "
    made = ["".join(chance.choices(signs, k=chance.randint(1, 12))) for _ in range(2000)]
    days = [
        f"20{n % 100:02}-{n % 14:02}-{n % 33:02} {n % 25:02}:{n % 61:02}:07" for n in range(300)
    ]
    return [*ODD, *days, *(day[:10] for day in days), *made, *(text.strip() for text in made)]


@pytest.mark.parametrize("sql", [*TYPES, "TIMESTAMPTZ"])
def test_what_parses_directly_is_what_the_text_means(sql: str) -> None:
    kind = arrow_type(sql)
    assert parsed_alike(kind)
    schema, accepted = pa.schema([("a", kind)]), 0
    for text in _texts():
        page = text.encode() + b"\n"
        try:
            rows, _ = parse_fields(page, Dialect(b","), schema, [""], keep_empty=True)
        except pa.ArrowInvalid:
            continue
        meant, misfit = convert(pa.array([text or None]), kind)
        assert misfit is None, text
        assert meant.equals(rows["a"].combine_chunks()), text
        accepted += 1
    assert accepted > 2


def test_decimals_are_not_left_to_a_parser_that_overflows() -> None:
    assert not parsed_alike(arrow_type("DECIMAL(18,2)"))


def test_one_odd_value_changes_nothing_for_the_others_of_its_page(tmp_path: Path) -> None:
    lines = [f"{n},2020-01-{n % 28 + 1:02},{n}.5" for n in range(1000)]
    columns = {"n": "BIGINT", "day": "DATE", "x": "DOUBLE"}
    header = "n,day,x\n"
    (tmp_path / "plain.csv").write_text(header + "\n".join(lines) + "\n")
    (tmp_path / "odd.csv").write_text(header + "\n".join([*lines, "7,nothing,1"]) + "\n")
    plain, odd = (
        read(tmp_path, name, stream(columns=columns)) for name in ("plain.csv", "odd.csv")
    )
    assert plain.records == odd.records
    assert [reject.column for reject in odd.rejects] == ["day"]
    assert plain.rejects == []


def test_quoted_lines_longer_than_a_page_are_cut_where_records_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_pages, "PAGE", 4096)
    chance = random.Random(2)
    texts = ['\n"so", he said,\n' * chance.randint(0, 400) for _ in range(300)]
    with (tmp_path / "a.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("n", "text"), *enumerate(texts)])
    found = read(tmp_path, "a.csv", stream(columns={"n": "BIGINT"}))
    assert [row["n"] for row in found.records] == list(range(300))
    assert [row["text"] or "" for row in found.records] == texts
    line = 2
    for at, text in zip(found.lines, texts, strict=True):
        assert at == line
        line += 1 + text.count("\n")


SCRIPT = """
import sys
from pathlib import Path
from pipelines.catalog import Catalog
from pipelines.engine import Engine, run_stream
from pipelines.spec import Column, Csv, FileStream, JsonLines, Source
from resources.settings import Settings
columns = {"n": Column(type="BIGINT"), "price": Column(type="DECIMAL(9,2)")}
format = {"csv": Csv(), "jsonl": JsonLines()}[sys.argv[3]]
files = (f"a.{sys.argv[3]}",)
stream = FileStream(name="a", files=files, format=format, description="A.", columns=columns)
source = Source(name="s", description="S.", owner="x", streams=(stream,))
engine = Engine(Settings(home=Path(sys.argv[1]), data=Path(sys.argv[2])), Catalog({"s": source}))
print(run_stream(engine, source, stream, run_id="r").rows_loaded, "pandas" in sys.modules)
"""


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("csv", 'name,n,price\na,1,2.50\n"b, c",2,\n'),
        ("jsonl", '{"name":"a","n":1,"price":2.5}\n{"name":"b","of":[{"c":[]}]}\n'),
    ],
)
def test_a_load_does_not_import_pandas(tmp_path: Path, kind: str, text: str) -> None:
    (tmp_path / f"a.{kind}").write_text(text)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "home"), str(tmp_path), kind]
    (tmp_path / "home").mkdir()
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout.split() == ["2", "False"]
