"""Manifests that name Python classes run apart, with the classes their publishers ship.

Each is asked for its streams and reads one that needs a class of its own, from a server
on this machine that answers in the vendor's shape, and then reads on from its state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import SourceError
from pipelines.extract.airbyte.reader import ConnectorReader
from pipelines.spec import Connector, PulledStream
from resources.settings import Settings
from tests.airbyte.bench import reader_of, records_in
from tests.declarative_runtime.server import Seen, serve

pytestmark = pytest.mark.slow
DAY = "2024-01-05T00:00:00.000Z"
SECOND = 1_704_000_000
KEY = "canary-key"


@dataclass(frozen=True)
class Case:
    """One published connector; `hosts` are the addresses that its manifest names."""

    package: tuple[str, ...]
    config: Mapping[str, Any]
    hosts: tuple[str, ...]
    stream: str
    answer: Callable[[Seen], Any]
    read: list[dict[str, Any]]
    again: list[dict[str, Any]] = field(default_factory=list)
    """What a second run gives, from the state of the first; none where there is no state."""


def _chargebee(seen: Seen) -> Any:
    assert seen.path == "/api/v2/gifts"
    return {"list": [{"gift": {"id": n, "updated_at": SECOND + n, "cf_a": "b"}} for n in range(3)]}


def _close(seen: Seen) -> Any:
    # The class asks for years; each is answered by what falls into it.
    since = seen.params["query"].split("date_updated > ")[1][:10]
    until = seen.params["query"].split("date_updated <= ")[1][:10]
    found = [
        {"id": day, "date_updated": f"{day}T00:00:00+00:00"} for day in ("2024-01-02", "2025-03-01")
    ]
    return {"data": [item for item in found if since < item["id"] <= until], "has_more": False}


def _greenhouse(seen: Seen) -> Any:
    if seen.path == "/v1/applications":
        return [{"id": 7, "applied_at": DAY}]
    assert seen.path == "/v1/applications/7/demographics/answers"
    return [{"id": 1, "updated_at": DAY}] if seen.params["updated_after"] <= DAY else []


def _intercom(seen: Seen) -> Any:
    assert seen.headers["intercom-version"] == "2.10"
    return {"type": "list", "segments": [{"id": n, "updated_at": SECOND + n} for n in range(3)]}


def _jira(seen: Seen) -> Any:
    assert seen.path == "/rest/api/3/search"
    time = "2024-01-05T00:00:00.000+0000"
    issue = {
        "id": "5",
        "fields": {"project": {"id": "1", "key": "P"}, "created": time, "updated": time, "x": None},
        "renderedFields": {"a": None, "b": 1},
    }
    return {"issues": [issue], "startAt": 0, "maxResults": 50, "total": 1}


def _monday(seen: Seen) -> Any:
    assert seen.params["query"].startswith("query{users")
    assert "email" in seen.params["query"]
    return {"data": {"users": [{"id": "1", "name": "Ann"}]}}


def _pipedrive(seen: Seen) -> Any:
    times = {n: f"2024-01-0{n} 00:00:00" for n in (1, 2)}
    found: list[dict[str, Any]] = [
        {"item": "deal", "id": n, "data": {"id": n, "update_time": time}}
        for n, time in times.items()
        if time >= seen.params["since_timestamp"]
    ]
    empty = {"item": "deal", "id": 3, "data": None}
    return {"data": [*found, empty], "additional_data": {"pagination": {}}}


def _railz(seen: Seen) -> Any:
    if seen.path == "/getAccess":
        return {"access_token": "granted"}
    assert seen.headers["authorization"] == "Bearer granted"
    if seen.path == "/connections":
        kinds = {"xero": "active", "wave": "disconnected"}
        return {
            "data": [
                {"businessName": "B", "serviceName": name, "status": status}
                for name, status in kinds.items()
            ]
        }
    assert seen.params["serviceName"] == "xero"
    return {"data": [{"id": "c"}]}


def _typeform(seen: Seen) -> Any:
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    form = seen.path.removeprefix("/forms").strip("/")
    return {"id": form, "title": "T"} if form else {"items": [{"id": "f1"}, {"id": "f2"}]}


CASES = {
    "chargebee": Case(
        # The one of its time: later ones have no CustomIncrementalSync any more.
        package=("airbyte-source-chargebee==0.8.0", "airbyte-cdk==6.33.6"),
        config={
            "site": "s",
            "site_api_key": KEY,
            "start_date": "2023-01-01T00:00:00Z",
            "product_catalog": "2.0",
        },
        hosts=("https://{{ config['site'] }}.chargebee.com",),
        stream="gift",
        answer=_chargebee,
        read=[
            {
                "id": n,
                "updated_at": SECOND + n,
                "custom_fields": [{"name": "cf_a", "value": "b"}],
            }
            for n in range(3)
        ],
        again=[
            {"id": 2, "updated_at": SECOND + 2, "custom_fields": [{"name": "cf_a", "value": "b"}]}
        ],
    ),
    "close-com": Case(
        package=("airbyte-source-close-com==0.5.30",),
        config={"api_key": KEY, "start_date": "2024-01-01"},
        hosts=("https://api.close.com",),
        stream="leads",
        answer=_close,
        read=[
            {"id": day, "date_updated": f"{day}T00:00:00+00:00"}
            for day in ("2024-01-02", "2025-03-01")
        ],
    ),
    "greenhouse": Case(
        package=("airbyte-source-greenhouse==0.6.1",),
        config={"api_key": KEY},
        hosts=("https://harvest.greenhouse.io",),
        stream="applications_demographics_answers",
        answer=_greenhouse,
        read=[{"id": 1, "updated_at": DAY}],
        again=[{"id": 1, "updated_at": DAY}],
    ),
    "intercom": Case(
        package=("airbyte-source-intercom==0.8.3",),
        config={"access_token": KEY, "start_date": "2023-01-01T00:00:00Z"},
        hosts=("https://api.intercom.io",),
        stream="segments",
        answer=_intercom,
        read=[{"id": n, "updated_at": SECOND + n} for n in range(3)],
        again=[{"id": 2, "updated_at": SECOND + 2}],
    ),
    "jira": Case(
        package=("airbyte-source-jira==4.0.0",),
        config={
            "domain": "d",
            "email": "ann@example.com",
            "api_token": KEY,
            "start_date": "2024-01-01T00:00:00Z",
        },
        hosts=("https://{{ config['domain'] }}",),
        stream="issues",
        answer=_jira,
        read=[
            {
                "id": "5",
                "fields": {
                    "project": {"id": "1", "key": "P"},
                    "created": "2024-01-05T00:00:00.000+0000",
                    "updated": "2024-01-05T00:00:00.000+0000",
                },
                "renderedFields": {"b": 1},
                "projectId": "1",
                "projectKey": "P",
                "created": "2024-01-05T00:00:00.000+0000",
                "updated": "2024-01-05T00:00:00.000+0000",
            }
        ],
    ),
    "monday": Case(
        package=("airbyte-source-monday==2.3.1",),
        config={"credentials": {"auth_type": "api_token", "api_token": KEY}},
        hosts=("https://api.monday.com",),
        stream="users",
        answer=_monday,
        read=[{"id": "1", "name": "Ann"}],
    ),
    "pipedrive": Case(
        package=("airbyte-source-pipedrive==2.3.7",),
        config={"api_token": KEY, "replication_start_date": "2024-01-01T00:00:00Z"},
        hosts=("https://api.pipedrive.com",),
        stream="deals",
        answer=_pipedrive,
        read=[
            {"id": 1, "update_time": "2024-01-01 00:00:00"},
            {"id": 2, "update_time": "2024-01-02 00:00:00"},
            {"item": "deal", "id": 3},
        ],
        again=[{"id": 2, "update_time": "2024-01-02 00:00:00"}, {"item": "deal", "id": 3}],
    ),
    "railz": Case(
        package=("airbyte-source-railz==0.1.26",),
        config={"client_id": "c", "secret_key": KEY, "start_date": "2024-01-01"},
        hosts=("https://api.railz.ai", "https://auth.railz.ai"),
        stream="customers",
        answer=_railz,
        read=[{"id": "c", "businessName": "B", "serviceName": "xero"}],
    ),
    "typeform": Case(
        package=("airbyte-source-typeform==1.3.27",),
        config={
            "credentials": {"auth_type": "access_token", "access_token": KEY},
            "start_date": "2024-01-01T00:00:00Z",
        },
        hosts=("https://api.typeform.com",),
        stream="forms",
        answer=_typeform,
        read=[{"id": "f1", "title": "T"}, {"id": "f2", "title": "T"}],
    ),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def settings(home: Path, tmp_path: Path) -> Settings:
    return Settings(home=home, data=tmp_path)


def _reader(
    shared: Path, name: str, url: str, settings: Settings, stream: PulledStream
) -> ConnectorReader:
    case = CASES[name]
    file = shared / "peers" / "airbyte-manifests" / f"source-{name}" / "manifest.yaml"
    text = file.read_text()
    for host in case.hosts:
        assert host in text
        text = text.replace(host, url)
    connection = Connector(manifest=text, package=case.package, config=case.config)
    return reader_of(connection, settings, stream)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_manifest_runs_with_the_classes_of_its_publisher(
    shared: Path, settings: Settings, name: str
) -> None:
    case = CASES[name]
    stream = PulledStream(name=case.stream, description="x", mode="append")
    with serve(case.answer) as server:
        reader = _reader(shared, name, server.url, settings, stream)
        answers = list(reader.read(stream, {}))
        assert case.stream in {found.name for found in reader.discover()}
        assert records_in(answers) == case.read
        if case.again:
            state = answers[-1].state
            assert state
            assert records_in(reader.read(stream, state)) == case.again
        reader.close()


def test_a_class_for_another_version_fails_with_a_word_on_versions(
    shared: Path, settings: Settings
) -> None:
    """What is published of railz gives its partitions no argument, and its class wants two."""
    stream = PulledStream(name="accounting_transactions", description="x", mode="append")
    with serve(_railz) as server:
        reader = _reader(shared, "railz", server.url, settings, stream)
        with pytest.raises(SourceError, match="written for another airbyte-cdk want") as caught:
            list(reader.read(stream, {}))
        reader.close()
    assert "It ran with airbyte-source-railz==0.1.26." in str(caught.value)
