"""airbyte-cdk itself in an environment of its own, against a server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.engine import run_stream
from pipelines.errors import CredentialsRefused, SourceError
from pipelines.spec import Connector, PulledStream
from resources.settings import Settings
from tests.airbyte.bench import engine_of, reader_of, records_in, source_of
from tests.declarative_runtime.server import Reply, Seen, Server, serve

pytestmark = pytest.mark.slow

COMPONENTS = """
import os
import re
from dataclasses import InitVar, dataclass
from datetime import datetime, timezone
from typing import Any, Mapping

import dpath
from airbyte_cdk.sources.declarative.extractors.record_extractor import RecordExtractor
from airbyte_cdk.sources.declarative.interpolation.interpolated_string import InterpolatedString

NET = re.compile(r"/Date\\((\\d+)")


@dataclass
class CustomExtractor(RecordExtractor):
    field_path: list
    config: Mapping[str, Any]
    parameters: InitVar[Mapping[str, Any]]

    def __post_init__(self, parameters):
        self._path = [InterpolatedString.create(p, parameters=parameters) for p in self.field_path]

    def extract_records(self, response):
        path = [part.eval(self.config) for part in self._path]
        for record in dpath.get(response.json(), path, default=[]):
            record["seen"] = [name for name in os.environ if "CANARY" in name]
            yield {name: self._dated(value) for name, value in record.items()}

    def _dated(self, value):
        found = NET.match(value) if isinstance(value, str) else None
        if not found:
            return value
        return datetime.fromtimestamp(int(found[1]) / 1000, timezone.utc).strftime(
            "%Y-%m-%dT%H:%M:%S%z"
        )
"""
MADE_UP: dict[str, Any] = {
    "version": "6.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["deals"]},
    "streams": [
        {
            "type": "DeclarativeStream",
            "name": "deals",
            "primary_key": "id",
            "retriever": {
                "type": "SimpleRetriever",
                "requester": {
                    "type": "HttpRequester",
                    "url_base": "{{ config['url'] }}",
                    "path": "/deals",
                    "authenticator": {
                        "type": "BearerAuthenticator",
                        "api_token": "{{ config['api_key'] }}",
                    },
                },
                "record_selector": {
                    "type": "RecordSelector",
                    "extractor": {
                        "type": "CustomRecordExtractor",
                        "class_name": "components.CustomExtractor",
                        "field_path": ["items"],
                    },
                },
            },
            "incremental_sync": {
                "type": "DatetimeBasedCursor",
                "cursor_field": "updated",
                "datetime_format": "%Y-%m-%dT%H:%M:%S%z",
                "start_datetime": "{{ config['since'] }}",
                "start_time_option": {
                    "type": "RequestOption",
                    "inject_into": "request_parameter",
                    "field_name": "since",
                },
            },
            "schema_loader": {
                "type": "InlineSchemaLoader",
                "schema": {
                    "type": "object",
                    "properties": {
                        "id": {"type": "integer"},
                        "updated": {"type": "string", "format": "date-time"},
                    },
                },
            },
        }
    ],
    "spec": {
        "type": "Spec",
        "connection_specification": {
            "type": "object",
            "properties": {"api_key": {"type": "string", "airbyte_secret": True}},
        },
    },
}
KEY = "canary-key"
DEALS = PulledStream(name="deals", description="x", mode="append")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all, so that the environment is made once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def settings(home: Path, tmp_path: Path) -> Settings:
    return Settings(home=home, data=tmp_path)


@pytest.fixture
def components(tmp_path: Path) -> str:
    path = tmp_path / "components.py"
    path.write_text(COMPONENTS)
    return str(path)


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(_deals) as running:
        yield running


def _deals(seen: Seen) -> Any:
    if seen.headers.get("authorization") != f"Bearer {KEY}":
        return Reply({"error": "who are you?"}, status=401)
    days = [f"2024-01-{day:02d}T00:00:00+0000" for day in range(1, 6)]
    items: list[dict[str, Any]] = [{"id": at, "updated": day} for at, day in enumerate(days)]
    return {"items": [item for item in items if item["updated"] >= seen.params["since"]]}


def connector(server: Server, components: str, **config: Any) -> Connector:
    given = {"url": server.url, "api_key": KEY, "since": "2024-01-02T00:00:00+0000", **config}
    return Connector(manifest=MADE_UP, components=components, config=given)


def test_a_manifest_with_python_classes_is_checked_discovered_and_read_on(
    server: Server, components: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_OF_OURS", "x")
    reader = reader_of(connector(server, components), settings, DEALS)
    assert "found its connection right; deals gave a record" in reader.check()
    (deals,) = reader.discover()
    assert (deals.name, deals.key, deals.cursor) == ("deals", ("id",), "updated")
    assert deals.columns == {"id": "BIGINT", "updated": "TIMESTAMPTZ"}
    answers = list(reader.read(DEALS, {}))
    assert [record["id"] for record in records_in(answers)] == [1, 2, 3, 4]
    assert [record["seen"] for record in records_in(answers)] == [[]] * 4
    state = answers[-1].state
    assert state is not None
    again = records_in(reader.read(DEALS, state))
    assert [record["id"] for record in again] == [4]
    reader.close()


def test_its_records_land_in_the_warehouse_once(
    server: Server, components: str, settings: Settings
) -> None:
    stream = PulledStream(name="deals", description="x", mode="merge", key=("id",))
    source = source_of(connector(server, components), stream)
    engine = engine_of(source, settings)
    assert run_stream(engine, source, stream, run_id="a").rows_loaded == 4
    assert run_stream(engine, source, stream, run_id="b").status == "unchanged"
    with engine.warehouse.read() as connection:
        rows = connection.execute("SELECT id, updated FROM raw.made_up__deals ORDER BY id")
        assert [row[0] for row in rows.fetchall()] == [1, 2, 3, 4]
    engine.close()


def test_refused_credentials_are_told_as_such_without_the_key(
    server: Server, components: str, settings: Settings
) -> None:
    wrong = reader_of(connector(server, components, api_key="canary-wrong"), settings, DEALS)
    for ask in (wrong.check, lambda: list(wrong.read(DEALS, {}))):
        with pytest.raises(CredentialsRefused) as caught:
            ask()
        assert "canary" not in str(caught.value)


def test_a_class_that_is_not_there_is_told_by_name(server: Server, settings: Settings) -> None:
    config = {"url": server.url, "api_key": KEY, "since": "2024-01-01T00:00:00+0000"}
    missing = Connector(manifest=MADE_UP, config=config)
    with pytest.raises(SourceError, match="components"):
        reader_of(missing, settings, DEALS).discover()


def test_a_real_manifest_that_our_interpreter_refuses_runs_with_its_class(
    shared: Path, components: str, settings: Settings
) -> None:
    file = shared / "peers" / "airbyte-manifests" / "source-xero" / "manifest.yaml"

    def answer(seen: Seen) -> Any:
        assert seen.headers["authorization"] == "Bearer token"
        assert seen.headers["xero-tenant-id"] == "tenant"
        name = seen.path.rsplit("/", 1)[1]
        day = "/Date(1704326400000+0000)/"
        found = [{f"{name[:-1]}ID": str(at), "UpdatedDateUTC": day} for at in range(3)]
        return {name: found if seen.params.get("page", "1") == "1" else []}

    with serve(answer) as running:
        manifest = yaml.safe_load(file.read_text())
        manifest["definitions"]["requester"]["url_base"] = running.url + "/"
        config = {
            "credentials": {"auth_type": "oauth2_access_token", "access_token": "token"},
            "tenant_id": "tenant",
            "start_date": "2024-01-01T00:00:00Z",
        }
        contacts = PulledStream(name="contacts", description="x", mode="append")
        reader = reader_of(
            Connector(manifest=manifest, components=components, config=config), settings, contacts
        )
        names = {stream.name for stream in reader.discover()}
        assert {"contacts", "bank_transactions", "invoices"} <= names
        answers = list(reader.read(contacts, {}))
        reader.close()
    assert [record["ContactID"] for record in records_in(answers)] == ["0", "1", "2"]
    assert {r["UpdatedDateUTC"] for r in records_in(answers)} == {"2024-01-04T00:00:00+0000"}
    assert answers[-1].state != {}


def test_a_published_connector_runs_as_it_is(settings: Settings) -> None:
    users = PulledStream(name="users", description="x", mode="merge", key=("id",))
    connection = Connector(
        package=("airbyte-source-faker==7.2.1",),
        executable="source-faker",
        config={"count": 250, "seed": 7, "parallelism": 1, "records_per_slice": 100},
    )
    source = source_of(connection, users)
    engine = engine_of(source, settings)
    reader = engine.reader(source)
    assert "users gave a record" in reader.check()
    assert {s.name for s in reader.discover()} == {"users", "products", "purchases"}
    assert run_stream(engine, source, users, run_id="a").rows_loaded == 250
    with engine.warehouse.read() as connection_:
        counted = "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM raw.made_up__users"
        assert connection_.execute(counted).fetchone() == (250, 250, 1, 250)
    engine.close()


def test_a_real_manifest_runs_with_the_classes_its_publisher_ships(
    shared: Path, settings: Settings
) -> None:
    """And with the airbyte-cdk that these want, three major versions behind."""
    file = shared / "peers" / "airbyte-manifests" / "source-trello" / "manifest.yaml"
    boards = {"members/me/boards": [{"id": "b1"}, {"id": "b2"}]}
    organizations = {"members/me/organizations": [{"id": "o", "idBoards": ["b2", "b3"]}]}

    def answer(seen: Seen) -> Any:
        assert "oauth_token" in seen.headers["authorization"]
        path = seen.path.strip("/")
        if path in boards | organizations:
            return (boards | organizations)[path]
        board = path.split("/")[1]
        dates = [f"2024-0{month}-01T00:00:00.000Z" for month in (3, 2)]
        found = [{"id": f"{board}-{at}", "date": date} for at, date in enumerate(dates)]
        return [record for record in found if record["date"] >= seen.params["since"]]

    with serve(answer) as running:
        manifest = yaml.safe_load(file.read_text())
        manifest["definitions"]["requester"]["url_base"] = running.url + "/"
        # That airbyte-cdk fails at an empty page, so the last one must be a short one.
        strategy = manifest["definitions"]["paginator"]["pagination_strategy"]
        strategy["stop_condition"] = "{{ last_page_size < 500 }}"
        connection = Connector(
            manifest=manifest,
            package=("airbyte-source-trello==1.1.0",),
            config={"key": "the-key", "token": "the-token", "start_date": "2024-01-15T00:00:00Z"},
        )
        actions = PulledStream(name="actions", description="x", mode="merge", key=("id",))
        reader = reader_of(connection, settings, actions)
        answers = list(reader.read(actions, {}))
        state = answers[-1].state
        assert state is not None
        again = records_in(reader.read(actions, state))
        reader.close()
    ids = sorted(record["id"] for record in records_in(answers))
    assert ids == [f"b{board}-{at}" for board in (1, 2, 3) for at in (0, 1)]
    assert sorted(record["id"] for record in again) == ["b1-0", "b2-0", "b3-0"]
