"""Real files, also ones that nobody has looked at, are read right or refused."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path

import pytest

from pipelines.errors import FileRefused, HeadwaterError
from pipelines.naming import NameMap
from pipelines.spec import Csv
from tests.conftest import ROOT
from tests.extract.reading import Result, read, stream

SHARED = ROOT.parent / "shared"
SECONDS = 20
FY10 = Csv(header_row=3, skip_footer=2)
OTHER_IN_JSON = {"1234567890": "2095257564"}
"""csv-spectrum's JSON has another phone number than its CSV in one place."""


def files(*globs: str) -> list[str]:
    """Paths below the shared folder, so that each file is a test of its own."""
    found = sorted(path for glob in globs for path in SHARED.glob(glob))
    return [str(path.relative_to(SHARED)) for path in found]


def load(shared: Path, path: str, declared: Csv | None = None) -> Result:
    folder, _, name = path.rpartition("/")
    return read(shared / folder, name, stream(declared))


def in_time(shared: Path, path: str) -> Result | HeadwaterError:
    """What the file holds, or why it is refused; nothing else may happen."""
    began = time.monotonic()
    try:
        return load(shared, path)
    except HeadwaterError as error:
        return error
    finally:
        assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize(
    ("path", "declared", "rows", "blank"),
    [
        ("crunchbase-2013/crunchbase-companies.csv", Csv(encoding="mac_roman"), 17727, 0),
        ("crunchbase-2013/crunchbase-rounds.csv", Csv(encoding="mac_roman"), 31679, 0),
        ("crunchbase-2013/crunchbase-acquisitions.csv", Csv(encoding="mac_roman"), 4651, 1534),
        ("ecb-fx/eurofxref-hist.2015-2026.csv", Csv(nulls=("", "N/A")), 2886, 0),
        ("yc-companies/yc-companies-2024-05-11.dev.csv", Csv(types="infer"), 2331, 0),
        ("er-benchmarks/D2/abt.csv", None, 1076, 0),
        ("er-benchmarks/D3/amazon.csv", None, 1354, 0),
        ("er-benchmarks/D3/gp.csv", None, 3039, 0),
        ("gov-csv-realdata/Datagov_FY10_EDU_recp_by_State.csv", FY10, 53, 0),
    ],
)
def test_counts_are_those_that_were_counted_by_hand(
    shared: Path, path: str, declared: Csv | None, rows: int, blank: int
) -> None:
    found = load(shared, f"data/{path}", declared)
    assert (found.rows.num_rows, found.blank, found.rejects) == (rows, blank, [])
    assert "column" not in found.rows.column_names, "the nameless column is no column"


@pytest.mark.parametrize("path", files("peers/csv-spectrum/csvs/*.csv"))
def test_csv_spectrum_is_read_as_its_json_says(shared: Path, path: str) -> None:
    found = load(shared, path)
    twin = shared / path.replace("/csvs/", "/json/").replace(".csv", ".json")
    expected = json.loads(twin.read_text())
    expected = expected if isinstance(expected, list) else [expected]
    names = NameMap()
    assert found.records == [
        {
            column: OTHER_IN_JSON.get(value, value)
            for column, value in zip(names.columns(record), record.values(), strict=True)
        }
        for record in expected
    ]
    assert not found.rejects


@pytest.mark.parametrize(
    "path",
    files(
        "peers/csvkit-examples/*.csv",
        "peers/csvkit-examples/*.csv.*",
        "data/**/*.csv",
        "peers/singer-*/**/*.csv",
    ),
)
def test_every_file_is_read_right_or_refused_in_time(shared: Path, path: str) -> None:
    """Python's own reader is asked for the same records, by an independent way."""
    found = in_time(shared, path)
    if isinstance(found, HeadwaterError):
        assert isinstance(found, FileRefused)
        assert path.rsplit("/", 1)[-1] in str(found)
        return
    if path.endswith(".csv"):
        expected = _by_python((shared / path).read_bytes(), found)
        good = [list(record.values()) for record in found.records]
        read_twice = len(good) + len(found.rejects) + found.blank
        assert read_twice == len(expected), "every record is a row, a reject or a blank"
        rejected = {(reject.line, reject.raw) for reject in found.rejects}
        width = len(found.rows.column_names) - 3
        kept = [fields for fields in expected if any(f.strip() for f in fields)]
        as_python = [[f or None for f in fields[:width]] for fields in kept]
        assert all([f or None for f in row] in as_python for row in good)
        assert len(rejected) == len(found.rejects), "each reject stands in its own place"


def _by_python(data: bytes, found: Result) -> list[list[str]]:
    """The records behind the header, by the standard library."""
    for encoding in ("utf-8-sig", "utf-16"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    delimiter = max(",;\t|#", key=text[:100].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records = [fields for fields in reader if fields]
    single = len(found.rows.column_names) == 4
    filled = [r for r in records if any(f.strip() for f in r)]
    return records[records.index(filled[0]) + 1 :] if not single else filled[1:]


def test_a_type_that_a_real_column_has_not_gives_rejects_not_nulls(shared: Path) -> None:
    folder = shared / "data/crunchbase-2013"
    typed = stream(Csv(encoding="mac_roman"), {"funding_total_usd": "BIGINT"})
    found = read(folder, "crunchbase-companies.csv", typed)
    assert found.rows.num_rows + len(found.rejects) == 17727
    assert any("'5/18/27'" in reject.reason for reject in found.rejects)


@pytest.mark.parametrize("path", files("data/excel-*/*.xls*", "data/ecb-fx/PROVENANCE.md"))
def test_what_is_no_csv_never_crashes(shared: Path, path: str) -> None:
    found = in_time(shared, path)
    assert isinstance(found, Result) or "\x00" not in str(found)
