"""A source whose files lie elsewhere is loaded like a local one, and goes on after faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.catalog import Catalog
from pipelines.engine import Engine, run_stream
from pipelines.errors import SourceError
from pipelines.flow import TableReport
from pipelines.spec import Csv, Files, FileStream, Setting, Source
from resources.remote import ranged
from resources.settings import Settings
from tests.files_remote.ssh import PASSWORD, USER, Server, ssh_server

STREAM = FileStream(
    name="rows", description="Rows.", mode="append", files=("**/*.csv",), format=Csv()
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "there").mkdir()
    with ssh_server(tmp_path / "there") as server:
        yield server


def source(served: Server) -> Source:
    password = Setting(env="DESK_PASSWORD", secret=True, description="The desk's password.")
    options = {"user": USER, "password": password, "known_hosts": served.fingerprint}
    return Source(
        name="desk",
        description="A desk.",
        owner="-",
        streams=(STREAM,),
        connection=Files(root=served.root, options=options),
    )


@pytest.fixture
def engine(settings: Settings, served: Server) -> Iterator[Engine]:
    desk = source(served)
    made = Engine(settings, Catalog(sources={desk.name: desk}), instead={"DESK_PASSWORD": PASSWORD})
    yield made
    made.close()


def run(engine: Engine) -> TableReport:
    return run_stream(engine, engine.catalog.sources["desk"], STREAM, run_id="r")


def rows(engine: Engine) -> list[tuple[object, ...]]:
    with engine.warehouse.read() as connection:
        found = connection.execute("SELECT id, _file FROM raw.desk__rows ORDER BY id").fetchall()
    return [tuple(row) for row in found]


def test_only_what_is_new_is_read(engine: Engine, served: Server) -> None:
    (served.folder / "a.csv").write_text("id\n1\n2\n")
    assert run(engine).rows_loaded == 2
    assert run(engine).status == "unchanged"
    served.faults.reads = 0
    (served.folder / "b.csv").write_text("id\n3\n")
    assert run(engine).rows_loaded == 1
    assert served.faults.reads <= 3, "a.csv was read again"
    assert rows(engine) == [("1", "a.csv"), ("2", "a.csv"), ("3", "b.csv")]


def test_a_connection_lost_in_the_middle_loads_nothing_and_the_next_run_all(
    engine: Engine, served: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranged.Patience, "of", lambda self, action: action())
    monkeypatch.setattr(ranged, "BLOCK", 1 << 14)
    (served.folder / "a.csv").write_text("id\n" + "\n".join(map(str, range(20_000))))
    served.faults.drop = 1
    with pytest.raises(SourceError):
        run(engine)
    served.faults.drop = 0
    assert run(engine).rows_loaded == 20_000
    assert len(rows(engine)) == 20_000


def test_without_its_password_the_source_is_not_configured(
    settings: Settings, served: Server
) -> None:
    desk = source(served)
    engine = Engine(settings, Catalog(sources={desk.name: desk}))
    report = run(engine)
    engine.close()
    assert report.status == "not configured"
    assert "DESK_PASSWORD" in report.notes[0]
