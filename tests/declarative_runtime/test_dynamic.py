"""Streams made from templates exist by their values, and are read like any other."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.runtime.auth import AuthContext
from pipelines.extract.declarative.runtime.reading import Reading
from tests.declarative_runtime.reading import client, manifest, stream
from tests.declarative_runtime.server import Seen, serve


def dynamic(resolver: dict[str, Any], *maps: dict[str, Any], **more: Any) -> dict[str, Any]:
    name = {
        "type": "ComponentMappingDefinition",
        "field_path": ["name"],
        "value": "{{ components_values['name'] }}",
    }
    path = {
        "type": "ComponentMappingDefinition",
        "field_path": ["retriever", "requester", "$parameters", "table"],
        "value": "{{ components_values['id'] }}",
    }
    template = stream("", requester={"path": None, "$parameters": {"table": ""}})
    template["retriever"]["requester"]["path"] = "/tables/{{ parameters['table'] }}"
    return {
        "type": "DynamicDeclarativeStream",
        "name": "tables",
        "stream_template": template,
        "components_resolver": {"components_mapping": [name, path, *maps], **resolver},
        **more,
    }


def answer(seen: Seen) -> Any:
    if seen.path == "/tables":
        return {"data": [{"id": "t1", "name": "One"}, {"id": "t2", "name": "Two"}]}
    return {"data": [{"path": seen.path}]}


def of_http() -> dict[str, Any]:
    return {
        "type": "HttpComponentsResolver",
        "retriever": stream(path="/tables")["retriever"],
    }


def of_config() -> dict[str, Any]:
    pointer = {"type": "StreamConfig", "configs_pointer": ["tables"]}
    return {"type": "ConfigComponentsResolver", "stream_config": pointer}


def of_parameters() -> dict[str, Any]:
    listed = [{"id": "t1", "name": "One"}, {"id": "t2", "name": "Two"}]
    return {
        "type": "ParametrizedComponentsResolver",
        "stream_parameters": {
            "type": "StreamParametersDefinition",
            "list_of_parameters_for_stream": listed,
        },
    }


@pytest.mark.parametrize("resolver", [of_http, of_config, of_parameters])
def test_each_resolver_makes_the_same_streams(resolver: Any) -> None:
    with serve(answer) as server, client() as http:
        tables = [{"id": "t1", "name": "One"}, {"id": "t2", "name": "Two"}]
        config = {"url": server.url, "tables": tables}
        made = manifest(stream(), dynamic_streams=[dynamic(resolver())])
        reading = Reading(made, AuthContext(config, http.send))
        assert sorted(reading.streams()) == ["One", "Two", "items"]
        found = [page.records for page in reading.pages(reading.stream("Two"), {})]
        assert found[0] == [{"path": "/tables/t2"}]


def test_a_stream_of_the_manifest_is_read_without_asking_for_the_others() -> None:
    with serve(answer) as server, client() as http:
        made = manifest(stream(), dynamic_streams=[dynamic(of_http())])
        reading = Reading(made, AuthContext({"url": server.url}, http.send))
        list(reading.pages(reading.stream("items"), {}))
        assert [seen.path for seen in server.seen] == ["/items"]


def test_two_streams_of_one_name_are_refused() -> None:
    tables = [{"id": "t1", "name": "One"}, {"id": "t2", "name": "One"}]
    with client() as http:
        made = manifest(stream(), dynamic_streams=[dynamic(of_config())])
        reading = Reading(made, AuthContext({"url": "http://x", "tables": tables}, http.send))
        with pytest.raises(DeclarationError, match="'One'"):
            reading.streams()


def test_a_field_that_the_template_lacks_is_made_only_on_demand() -> None:
    def flag(create: bool) -> dict[str, Any]:
        return {
            "type": "ComponentMappingDefinition",
            "field_path": ["retriever", "requester", "request_parameters"],
            "value": "{a: b}",
            "create_or_update": create,
        }

    for create, expected in ((True, {"a": "b"}), (False, {})):
        group = dynamic(of_config(), flag(create))
        with serve(answer) as server, client() as http:
            config = {"url": server.url, "tables": [{"id": "t1", "name": "One"}]}
            made = manifest(stream(), dynamic_streams=[group])
            reading = Reading(made, AuthContext(config, http.send))
            list(reading.pages(reading.stream("One"), {}))
            assert server.seen[0].params == expected


def test_what_is_checked_is_what_the_manifest_names() -> None:
    check = {
        "type": "CheckStream",
        "stream_names": ["items"],
        "dynamic_streams_check_configs": [
            {"type": "DynamicStreamCheckConfig", "dynamic_stream_name": "tables", "stream_count": 1}
        ],
    }
    with serve(answer) as server, client() as http:
        context = AuthContext({"url": server.url}, http.send)
        made = manifest(stream(), dynamic_streams=[dynamic(of_http())], check=check)
        assert list(Reading(made, context).to_check()) == ["items", "One"]
        first_two = {"type": "CheckDynamicStream", "stream_count": 2}
        made = manifest(stream(), dynamic_streams=[dynamic(of_http())], check=first_two)
        assert list(Reading(made, context).to_check()) == ["One", "Two"]
