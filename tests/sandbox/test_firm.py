"""The made-up firm's files: deterministic, quick, laid out like the real ones, and dirty."""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from assets.models.staging.crunchbase__text_repairs import repair_text
from pipelines.spec import FileStream
from resources.files import FileStore
from sandbox import words
from sandbox.firm import write_firm
from sandbox.market import DUPLICATE_ROUNDS, EMPTY_RECORDS, spoil
from sandbox.rates import publishing_days
from sandbox.universe import make_universe
from tests.assets.bench import catalog


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of seed 7."""
    folder = tmp_path_factory.mktemp("firm")
    write_firm(folder)
    return folder


def _hashes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_the_same_seed_gives_the_same_bytes(firm: Path, tmp_path: Path) -> None:
    time.sleep(2.1)  # a zip's clock ticks every two seconds
    write_firm(tmp_path, seed=7)
    assert _hashes(tmp_path) == _hashes(firm)


def test_another_seed_gives_another_firm(firm: Path, tmp_path: Path) -> None:
    write_firm(tmp_path, seed=8)
    differing = [
        name for name, digest in _hashes(tmp_path).items() if _hashes(firm).get(name) != digest
    ]
    assert "crunchbase/crunchbase-companies.csv" in differing


def test_writing_again_changes_nothing(firm: Path) -> None:
    before = _hashes(firm)
    write_firm(firm)
    assert _hashes(firm) == before


def test_the_export_has_the_real_layout_and_dirt(firm: Path) -> None:
    companies = (firm / "crunchbase" / "crunchbase-companies.csv").read_bytes()
    assert b"\n" not in companies
    assert b"\r" in companies
    text = companies.decode("mac_roman")
    for dirt in ("Ã©", "#NAME?", "5/18/27", "#" * 255, "1201-05-14", "3201-01-01", "1906-01-01"):
        assert dirt in text
    rounds = (firm / "crunchbase" / "crunchbase-rounds.csv").read_bytes().split(b"\r")
    assert len(rounds) - len(set(rounds)) == DUPLICATE_ROUNDS
    acquisitions = (firm / "crunchbase" / "crunchbase-acquisitions.csv").read_bytes().split(b"\r")
    assert acquisitions.count(b"," * 19) == EMPTY_RECORDS


@pytest.mark.parametrize("name", words.SPOILT_NAMES)
def test_spoilt_names_can_be_told_again(name: str) -> None:
    assert spoil(name) != name
    assert repair_text(spoil(name))[0] == name


@pytest.mark.parametrize("name", words.LOST_NAMES)
def test_lost_letters_are_lost(name: str) -> None:
    assert "_" in spoil(name)


def test_rates_are_published_on_target_days_only() -> None:
    days = list(publishing_days(date(2024, 3, 25), date(2024, 4, 3)))
    # Good Friday was 29 March, Easter Monday 1 April.
    assert [day.isoformat() for day in days] == [
        "2024-03-25",
        "2024-03-26",
        "2024-03-27",
        "2024-03-28",
        "2024-04-02",
        "2024-04-03",
    ]


def test_workbooks_have_merged_cells_and_notes_around_the_table(firm: Path) -> None:
    content = (firm / "portfolio" / "kpis-2026-Q1.xlsx").read_bytes()
    assert {info.date_time[0] for info in zipfile.ZipFile(io.BytesIO(content)).infolist()} == {2026}
    sheet = load_workbook(io.BytesIO(content))["KPIs"]
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"A1:H1", "A4:E4", "F4:H4", "A6:A17"} <= merged
    assert [cell.value for cell in sheet[5]][:2] == ["Company", "Metric"]
    assert str(sheet.cell(sheet.max_row, 1).value).startswith("Source:")


def test_a_company_occurs_in_every_system(firm: Path) -> None:
    company = make_universe(7).portfolio[0]
    slug = company.slug
    manifest = json.loads((firm / "ocf" / slug / "Manifest.ocf.json").read_text())
    assert manifest["issuer"]["legal_name"] == company.legal_name
    assert f"/company/{slug}," in (firm / "crunchbase" / "crunchbase-rounds.csv").read_text(
        "mac_roman"
    )
    sheet = load_workbook(firm / "portfolio" / "kpis-2026-Q1.xlsx")["KPIs"]
    assert sheet["A6"].value in (company.name, company.legal_name)


def test_every_declared_stream_finds_files(firm: Path) -> None:
    store = FileStore(str(firm))
    without = [
        f"{source.name}.{stream.name}"
        for source, stream in catalog().streams()
        if isinstance(stream, FileStream) and not store.list(stream.files)
    ]
    assert without == []
