"""From files to the raw table and back again from landing, by the engine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.catalog import Catalog
from pipelines.engine import Engine, replay_quarantine, replay_table, run_stream
from pipelines.errors import ConfigurationError, PackageDamaged, SourceError, WarehouseBusy
from pipelines.flow import TableReport
from pipelines.load.hashing import table_hash
from pipelines.naming import quote_table
from pipelines.spec import Column, Csv, FileStream, JsonLines, Source, Unnest
from resources.settings import Settings

TABLE = "raw.firm__deals"


class Firm:
    """One stream over a folder of files, declared anew for each run."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data = settings.data or Path()
        self.engine = Engine(settings, Catalog())
        self.declared: dict[str, Any] = {"format": Csv(), "files": ("**/*.csv",)}

    def declare(self, **given: Any) -> None:
        self.declared |= given
        stream = FileStream(name="deals", description="Deals.", **self.declared)
        source = Source(name="firm", description="A firm.", owner="x", streams=(stream,))
        self.engine = Engine(self.settings, Catalog(sources={"firm": source}))

    def write(self, name: str, text: str | bytes) -> None:
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def run(self, **how: Any) -> TableReport:
        (source,) = self.engine.catalog.sources.values()
        return run_stream(self.engine, source, source.streams[0], run_id="run", **how)

    def rows(self, columns: str, table: str = TABLE) -> list[Any]:
        with self.engine.warehouse.read() as connection:
            query = f"SELECT {columns} FROM {quote_table(table)} ORDER BY ALL"
            return connection.execute(query).fetchall()

    def hash(self, table: str = TABLE) -> str:
        with self.engine.warehouse.read() as connection:
            return table_hash(connection, table)


@pytest.fixture
def firm(settings: Settings) -> Iterator[Firm]:
    made = Firm(settings)
    made.declare()
    yield made
    made.engine.close()


def test_a_second_run_finds_nothing_new_and_commits_nothing(firm: Firm) -> None:
    firm.write("a.csv", "id,name\n1,a\n2,b\n")
    first = firm.run()
    snapshot = firm.engine.warehouse.snapshot()
    second = firm.run()
    assert (first.status, first.rows_loaded, first.snapshot) == ("loaded", 2, snapshot)
    assert (second.status, second.rows_read) == ("unchanged", 0)
    assert firm.engine.warehouse.snapshot() == snapshot


def test_no_files_still_gives_a_table_that_models_can_read(firm: Firm) -> None:
    firm.declare(columns={"id": Column(type="BIGINT"), "name": Column()})
    assert firm.run().status == "no files"
    snapshot = firm.engine.warehouse.snapshot()
    assert firm.run().status == "no files"
    assert firm.engine.warehouse.snapshot() == snapshot
    assert firm.rows("id, name, _load_id") == []
    assert firm.rows("_reason", "quarantine.firm__deals") == []
    firm.write("a.csv", "id,name\n1,a\n")
    assert firm.run().rows_loaded == 1


def test_no_files_give_child_tables_and_intervals_too(firm: Firm) -> None:
    unnest = (Unnest(column="tags", into="tags", keys=("id",), drop=True),)
    columns = {"id": Column(type="BIGINT"), "tags": Column(type="VARCHAR[]")}
    firm.declare(mode="history", key=("id",), columns=columns, unnest=unnest)
    assert firm.run().status == "no files"
    assert firm.rows("id, _is_current") == []
    assert firm.rows("id, value, _position, _valid_from", "raw.firm__tags") == []


def test_progress_counts_the_bytes_of_all_files(firm: Firm) -> None:
    firm.write("a.csv", "id\n1\n")
    firm.write("b.csv", "id\n1\n2\n")
    told: list[tuple[str, int, int | None]] = []
    firm.run(progress=lambda *said: told.append(said))
    assert told[-1] == ("reading raw.firm__deals", 12, 12)


def test_a_renamed_file_is_not_loaded_twice(firm: Firm) -> None:
    firm.declare(mode="append")
    firm.write("a.csv", "id\n1\n")
    firm.run()
    (firm.data / "a.csv").rename(firm.data / "b.csv")
    report = firm.run()
    assert (report.status, report.notes) == ("unchanged", ["a.csv is now b.csv"])
    assert firm.run().notes == []
    assert firm.rows("id") == [("1",)]


def test_append_loads_only_new_files_and_replace_all_of_them(firm: Firm) -> None:
    for mode, expected in (("append", 1), ("replace", 2)):
        firm.declare(mode=mode, files=(f"{mode}/*.csv",))
        firm.write(f"{mode}/a.csv", "id\n1\n")
        firm.run()
        firm.write(f"{mode}/b.csv", "id\n2\n")
        assert firm.run().rows_read == expected


def test_a_refused_file_stops_a_replacing_stream_and_not_the_others(firm: Firm) -> None:
    firm.declare(mode="replace")
    firm.write("a.csv", "id\n1\n")
    firm.run()
    before = firm.hash()
    firm.write("b.csv.gz", b"\x1f\x8b not gzip at all")
    firm.declare(files=("*",))
    with pytest.raises(SourceError, match="table is left as it was"):
        firm.run()
    assert firm.hash() == before
    firm.declare(mode="append")
    report = firm.run()
    assert (report.rows_read, report.rows_quarantined) == (1, 1)


def test_quarantined_records_load_once_the_declaration_is_mended(firm: Firm) -> None:
    firm.declare(mode="append", columns={"n": Column(type="BIGINT")})
    firm.write("a.csv", "id,n\n1,7\n2,1.5\n3,x\n")
    assert firm.run().rows_quarantined == 2
    assert replay_quarantine(firm.engine, TABLE, run_id="r").status == "unchanged"
    (firm.data / "a.csv").unlink()
    firm.declare(columns={"n": Column(type="DECIMAL(10,2)")})
    report = replay_quarantine(firm.engine, TABLE, run_id="r")
    assert (report.rows_read, report.rows_loaded, report.rows_quarantined) == (1, 1, 0)
    assert firm.rows("id, n::VARCHAR, _line") == [("1", "7.00", 2), ("2", "1.50", 3)]
    assert firm.rows("_line", "quarantine.firm__deals") == [(4,)]
    assert replay_table(firm.engine, TABLE, run_id="r").status == "unchanged"


def test_a_released_record_never_overwrites_a_newer_one(firm: Firm) -> None:
    firm.declare(mode="merge", key=("id",), columns={"n": Column(type="BIGINT")})
    firm.write("a.csv", "id,n\n1,1.5\n2,2.5\n")
    firm.run()
    firm.write("b.csv", "id,n\n1,9\n")
    firm.run()
    firm.declare(columns={"n": Column(type="DOUBLE")})
    report = replay_quarantine(firm.engine, TABLE, run_id="r")
    assert (report.rows_read, report.rows_loaded, report.rows_duplicate) == (2, 1, 1)
    assert firm.rows("id, n") == [("1", 9.0), ("2", 2.5)]
    assert firm.rows("_line", "quarantine.firm__deals") == []


def test_a_file_refused_whole_loads_whole_once_it_can_be_read(firm: Firm) -> None:
    firm.declare(mode="append", files=("*",), format=JsonLines(encoding="ascii"))
    firm.write("a.jsonl", '{"name": "é"}\n{"name": "b"}\n')
    refused = firm.run()
    firm.declare(format=JsonLines())
    if refused.rows_loaded == 0:
        assert (refused.rows_read, refused.rows_quarantined) == (1, 1)
        report = replay_quarantine(firm.engine, TABLE, run_id="r")
        assert (report.rows_read, report.rows_loaded) == (2, 2)
    assert firm.rows("name") == [("b",), ("é",)]
    assert firm.rows("_file", "quarantine.firm__deals") == []


@pytest.mark.parametrize("mode", ["append", "merge", "replace", "history"])
def test_a_table_is_rebuilt_from_landing_equal_row_for_row(firm: Firm, mode: str) -> None:
    key = () if mode == "append" else ("id",)
    unnest = (Unnest(column="tags", into="tags", keys=("id",)),)
    jsonl = {"format": JsonLines(), "files": ("*.jsonl",)}
    firm.declare(mode=mode, key=key, unnest=unnest, duplicates="report", **jsonl)
    firm.write("a.jsonl", '{"id": 1, "n": 1, "tags": ["x"]}\n{"id": 2, "n": 2, "tags": []}\n')
    firm.run()
    firm.write("a.jsonl", '{"id": 1, "n": 1.5, "tags": ["x", "y"]}\n')
    firm.write("b.jsonl", '{"id": 3, "n": null, "tags": ["z"], "new": {"a": 1}}\n{"n": 5}\n')
    firm.run()
    firm.write("c.jsonl", '{"id": 3, "n": "text", "tags": ["z"]}\n')
    firm.run()
    tables = (TABLE, "raw.firm__tags")
    hashes = [firm.hash(table) for table in tables]
    assert replay_table(firm.engine, TABLE, run_id="r").status == "unchanged"
    firm.engine.warehouse.commit(lambda tx: tx.execute(f"DELETE FROM {TABLE}"), message="damage")
    firm.engine.warehouse.commit(
        lambda tx: tx.execute("UPDATE raw.firm__tags SET value = '!'"), message="damage"
    )
    assert [firm.hash(table) for table in tables] != hashes
    assert replay_table(firm.engine, TABLE, run_id="r").status == "loaded"
    assert [firm.hash(table) for table in tables] == hashes


def test_a_table_whose_files_are_lost_is_rebuilt_from_landing(firm: Firm) -> None:
    firm.write("a.csv", "id,name\n" + "".join(f"{i},n\n" for i in range(50)))
    firm.run()
    before = firm.hash()
    for file in firm.settings.home.glob("lake/raw/**/*.parquet"):
        file.unlink()
    firm.engine.close()
    assert replay_table(firm.engine, TABLE, run_id="r").status == "loaded"
    assert firm.hash() == before


def test_replaying_a_damaged_package_changes_nothing(firm: Firm) -> None:
    firm.write("a.csv", "id\n1\n")
    firm.run()
    before = firm.hash()
    (part,) = firm.settings.landing.glob("firm/deals/*/part-00000.parquet")
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(PackageDamaged, match="can't be replayed"):
        replay_table(firm.engine, TABLE, run_id="r")
    assert firm.hash() == before


def test_replaying_what_no_stream_feeds_names_what_there_is(firm: Firm) -> None:
    with pytest.raises(ConfigurationError, match=r"Expected one of: raw\.firm__deals"):
        replay_table(firm.engine, "raw.nothing", run_id="r")


def test_full_refresh_reads_every_file_and_keeps_a_history(firm: Firm) -> None:
    firm.declare(mode="history", key=("id",))
    firm.write("a.csv", "id,n\n1,a\n")
    firm.run()
    firm.write("a.csv", "id,n\n1,b\n")
    firm.run()
    report = firm.run(full_refresh=True)
    assert report.rows_read == 1
    assert firm.rows("n, _is_current") == [("a", False), ("b", True)]
    firm.declare(mode="append")


def test_two_runs_of_one_stream_at_once_load_it_once(firm: Firm) -> None:
    firm.declare(mode="append")
    firm.write("a.csv", "id\n1\n")
    firm.run()
    firm.write("b.csv", "id\n2\n")
    reports: list[TableReport | WarehouseBusy] = []

    def run() -> None:
        try:
            reports.append(firm.run())
        except WarehouseBusy as error:
            reports.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reports) == 3
    assert firm.rows("id") == [("1",), ("2",)]
    assert firm.run().status == "unchanged"
    assert firm.rows("id") == [("1",), ("2",)]
