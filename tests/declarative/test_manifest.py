"""Loading manifests: what comes out is complete, and every fault is told at once."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
import yaml

from pipelines.errors import ManifestRefused
from pipelines.extract.declarative.manifest import complete_component, load_manifest
from pipelines.extract.declarative.vocabulary import TAGS
from tests.declarative.manifests import document, faults, load

WITHOUT_CLASSES = {
    "airtable",
    "ashby",
    "clockify",
    "coinmarketcap",
    "copper",
    "dockerhub",
    "exchange-rates",
    "plaid",
    "pokeapi",
    "polygon-stock-api",
    "sentry",
    "square",
}


# ── real manifests ────────────────────────────────────────────────────────────


def test_published_manifests_load_whole_or_are_refused_by_their_classes_alone(
    shared: Path,
) -> None:
    paths = sorted((shared / "peers/airbyte-manifests").glob("*/manifest.yaml"))
    loaded = set()
    for path in paths:
        text = path.read_text()
        written = set(re.findall(r"class_name: \"?([\w.]+)", text))
        if written:
            with pytest.raises(ManifestRefused, match="isolated runner") as refused:
                load_manifest(text, origin=path.parent.name)
            assert len(refused.value.faults) == len(refused.value.classes), path
            assert set(refused.value.classes) <= written, path
            assert f"--package airbyte-{path.parent.name}==VERSION" in str(refused.value)
        else:
            manifest = load_manifest(text, origin=path.parent.name)
            assert manifest.streams or manifest.dynamic_streams, path
            loaded.add(path.parent.name.removeprefix("source-"))
    assert loaded == WITHOUT_CLASSES
    assert len(paths) == 23


def test_every_component_of_a_real_manifest_is_complete(shared: Path) -> None:
    for name in sorted(WITHOUT_CLASSES):
        path = shared / f"peers/airbyte-manifests/source-{name}/manifest.yaml"
        manifest = load_manifest(path.read_bytes(), origin=name)
        for place, component in manifest.components():
            assert component["type"] in TAGS, place
            assert "$ref" not in component, place
        types = {component["type"] for _, component in manifest.components()}
        assert {"SimpleRetriever", "HttpRequester", "RecordSelector"} <= types, name


def test_the_schemas_own_test_manifests_load_or_fail_as_they_should(shared: Path) -> None:
    folder = shared / "peers/airbyte-declarative-schema/unit_tests"
    valid = folder / "resources/valid_local_manifest.yaml"
    assert load_manifest(valid.read_text(), origin="valid").streams[0]["name"] == "pokemon"
    uploading = folder / "sources/declarative/file/file_stream_manifest.yaml"
    streams = load_manifest(uploading.read_text(), origin="file").streams
    assert any(stream.get("file_uploader", {}).get("type") == "FileUploader" for stream in streams)
    invalid = (folder / "resources/invalid_local_manifest.yaml").read_text()
    with pytest.raises(ManifestRefused, match="'streams' or 'dynamic_streams'"):
        load_manifest(invalid, origin="invalid")


# ── completing ────────────────────────────────────────────────────────────────


def test_left_out_types_are_filled_in_from_the_place() -> None:
    manifest = document(
        streams=[
            {
                "name": "users",
                "schema_loader": {"file_path": "./users.json"},
                "incremental_sync": {
                    "type": "DatetimeBasedCursor",
                    "cursor_field": "at",
                    "datetime_format": "%s",
                    "start_datetime": {"datetime": "2024-01-01"},
                    "start_time_option": {"inject_into": "header", "field_name": "since"},
                },
                "retriever": {
                    "requester": {"url_base": "https://a.example", "error_handler": {}},
                    "record_selector": {"extractor": {"field_path": ["data"]}},
                    "paginator": {},
                },
            }
        ]
    )
    del manifest["type"]
    del manifest["check"]["type"]
    loaded = load(manifest)
    stream = loaded.streams[0]
    assert loaded.check["type"] == "CheckStream"
    assert stream["type"] == "DeclarativeStream"
    assert stream["schema_loader"]["type"] == "JsonFileSchemaLoader"
    assert stream["incremental_sync"]["start_datetime"]["type"] == "MinMaxDatetime"
    assert stream["incremental_sync"]["start_time_option"]["type"] == "RequestOption"
    assert stream["retriever"]["type"] == "SimpleRetriever"
    assert stream["retriever"]["requester"]["error_handler"]["type"] == "DefaultErrorHandler"
    assert stream["retriever"]["record_selector"]["extractor"]["type"] == "DpathExtractor"
    assert stream["retriever"]["paginator"]["type"] == "NoPagination"


def test_defaults_are_applied_and_not_shared() -> None:
    manifest = document()
    manifest["streams"].append(copy.deepcopy(manifest["streams"][0]) | {"name": "teams"})
    one, two = load(manifest).streams
    assert one["retriever"]["requester"]["http_method"] == "GET"
    assert one["state_migrations"] == []
    assert one["state_migrations"] is not two["state_migrations"]


def test_parameters_reach_every_field_of_their_name_that_is_empty() -> None:
    manifest = document()
    stream = manifest["streams"][0]
    del stream["name"]
    stream["$parameters"] = {"name": "users", "path": "/users", "unused": 1}
    stream["retriever"]["$parameters"] = {"path": "/people"}
    loaded = load(manifest).streams[0]
    assert loaded["name"] == "users"
    assert loaded["retriever"]["requester"]["path"] == "/people"
    assert loaded["retriever"]["requester"]["$parameters"] == {
        "name": "users",
        "path": "/people",
        "unused": 1,
    }
    assert "unused" not in loaded
    assert loaded["$parameters"]["path"] == "/users"


def test_older_options_are_parameters() -> None:
    manifest = document()
    stream = manifest["streams"][0]
    del stream["name"]
    stream["$options"] = {"name": "users"}
    assert load(manifest).streams[0]["$parameters"] == {"name": "users"}


def test_a_schema_is_data_and_gets_no_parameters() -> None:
    manifest = document()
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    manifest["streams"][0]["$parameters"] = {"name": "users"}
    manifest["streams"][0]["schema_loader"] = {"type": "InlineSchemaLoader", "schema": schema}
    assert load(manifest).streams[0]["schema_loader"]["schema"] == schema


def test_dates_stay_text() -> None:
    text = yaml.safe_dump(document()) + "\nspec:\n  connection_specification: {day: 2024-01-05}\n"
    spec = load_manifest(text, origin="t").spec
    assert spec is not None
    assert spec["connection_specification"]["day"] == "2024-01-05"


def test_a_stream_made_at_run_time_is_completed_like_a_written_one() -> None:
    stream = document()["streams"][0] | {"name": "", "$parameters": {"name": "inner"}}
    for first, expected in ((False, "inner"), (True, "outer")):
        made = complete_component(
            stream,
            "DeclarativeStream",
            origin="dynamic",
            parameters={"name": "outer"},
            inherited_first=first,
        )
        assert made["name"] == expected
    with pytest.raises(ManifestRefused, match="retriever: expected"):
        complete_component({"retriever": 5}, "DeclarativeStream", origin="dynamic")


def test_completing_twice_changes_nothing(shared: Path) -> None:
    for name in sorted(WITHOUT_CLASSES):
        path = shared / f"peers/airbyte-manifests/source-{name}/manifest.yaml"
        manifest = load_manifest(path.read_bytes(), origin=name)
        templates = [made["stream_template"] for made in manifest.dynamic_streams]
        for stream in [*manifest.streams, *templates]:
            assert complete_component(stream, "DeclarativeStream", origin=name) == stream


# ── faults ────────────────────────────────────────────────────────────────────


def test_every_fault_is_told_at_once_with_its_path() -> None:
    manifest = document()
    stream = manifest["streams"][0]
    stream["retriever"]["paginator"] = {
        "type": "DefaultPaginator",
        "pagination_strategy": {
            "type": "PageIncrement",
            "page_size": [1],
            "start_from_page": "x",
            "inject_on_first_request": "yes",
        },
        "page_token_option": {"type": "RequestOption", "inject_into": "heeder"},
    }
    stream["retriever"]["decoder"] = {"type": "JsonDecodr"}
    stream["retriever"]["record_selector"]["record_filter"] = {"conditon": "{{ x }}"}
    stream["incremental_sync"] = {"type": "ListPartitionRouter"}
    stream["transformations"] = [{"type": "AddFields"}, 5]
    stream["retriever"]["requester"]["path"] = "{{ config['a' }}"
    stream["retriever"]["requester"]["request_headers"] = {"X": 5}
    pagination = "streams[0].retriever.paginator.pagination_strategy"
    reader = "streams[0].retriever"
    told = {
        f"{pagination}.page_size": "expected an integer or text, got a list of 1",
        f"{pagination}.start_from_page": "expected an integer, got 'x'",
        f"{pagination}.inject_on_first_request": "expected true or false, got 'yes'",
        f"{reader}.paginator.page_token_option.inject_into": (
            "expected one of 'request_parameter', 'header', 'body_data', 'body_json', "
            "got 'heeder'; did you mean 'header'?"
        ),
        f"{reader}.decoder.type": "there is no component 'JsonDecodr'; did you mean 'JsonDecoder'?",
        f"{reader}.record_selector.record_filter.conditon": (
            "a RecordFilter has no field 'conditon'; did you mean 'condition'?"
        ),
        "streams[0].incremental_sync.type": (
            "ListPartitionRouter can't stand here; expected one of DatetimeBasedCursor, "
            "IncrementingCountCursor"
        ),
        "streams[0].transformations[0]": "an AddFields needs the field 'fields'",
        "streams[0].transformations[1]": (
            "expected one of AddFields, RemoveFields, KeysToLower, KeysToSnakeCase, FlattenFields, "
            "DpathFlattenFields, KeysReplace, CustomTransformation, got 5"
        ),
        f"{reader}.requester.path": (
            "the template \"{{ config['a' }}\" can't be read: unexpected '}', expected ']'"
        ),
        f"{reader}.requester.request_headers.X": "expected text, got 5; put it in quotes",
    }
    assert set(faults(manifest)) == {f"{path}: {fault}" for path, fault in told.items()}


def test_a_field_that_does_nothing_is_a_warning_and_a_closed_component_refuses_it() -> None:
    manifest = document()
    manifest["streams"][0]["retriever"]["requester"]["favourite_colour"] = "blue"
    (warning,) = load(manifest).warnings
    assert warning.startswith("streams[0].retriever.requester.favourite_colour: an HttpRequester")
    manifest["streams"][0]["retriever"]["requester"] = {"query_parameters": {}}
    (warning,) = load(manifest).warnings
    assert warning.endswith("does nothing; did you mean 'request_parameters'?")
    assert "favourite_colour: a DeclarativeSource has no field" in "".join(
        faults(document(favourite_colour="blue"))
    )


def test_doubtful_keys_and_names_are_warnings() -> None:
    text = yaml.safe_dump(document()) + "\nversion: 6.1.0\n"
    manifest = load_manifest(text, origin="twice")
    assert manifest.version == "6.1.0"
    assert "'version' is written twice" in manifest.warnings[0]
    check = {"type": "CheckStream", "stream_names": ["user"]}
    assert "did you mean 'users'" in load(document(check=check)).warnings[0]


def test_a_primary_key_may_be_any_of_three_shapes() -> None:
    for key in ("id", ["id"], [["a", "b"], ["c"]]):
        manifest = document()
        manifest["streams"][0]["primary_key"] = key
        assert load(manifest).streams[0]["primary_key"] == key
    manifest = document()
    manifest["streams"][0]["primary_key"] = ["id", 5]
    assert faults(manifest) == (
        "streams[0].primary_key[1]: expected text, got 5; put it in quotes",
    )


@pytest.mark.parametrize("custom_type", [None, "CustomPartitionRouter", "CustomIncrementalSync"])
def test_python_classes_are_refused_by_name_wherever_they_stand(custom_type: str | None) -> None:
    manifest = document()
    router = {"class_name": "source_x.Router", "inner": [{"class_name": "source_x.Inner"}]}
    if custom_type:
        router["type"] = custom_type
    manifest["streams"][0]["retriever"]["partition_router"] = router
    with pytest.raises(ManifestRefused) as refused:
        load(manifest)
    assert refused.value.classes == ("source_x.Router", "source_x.Inner")
    assert "streams[0].retriever.partition_router: source_x.Router" in str(refused.value)


def test_a_class_without_a_name_is_a_fault_of_its_own() -> None:
    manifest = document()
    for router in ({"type": "CustomPartitionRouter"}, {"class_name": 5}):
        manifest["streams"][0]["retriever"]["partition_router"] = router
        (fault,) = faults(manifest)
        assert "needs a text 'class_name'" in fault
