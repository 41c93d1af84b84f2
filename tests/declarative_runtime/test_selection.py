"""Records are found, filtered, transformed and converted as declared."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.selection import Selector
from pipelines.extract.declarative.runtime.transforms import snake_case


def select(
    values: list[Any],
    *path: str,
    condition: str | None = None,
    transformations: tuple[dict[str, Any], ...] = (),
    schema: dict[str, Any] | None = None,
    **more: Any,
) -> list[dict[str, Any]]:
    selector: dict[str, Any] = {
        "type": "RecordSelector",
        "extractor": {"type": "DpathExtractor", "field_path": list(path)},
        **more,
    }
    if condition:
        selector["record_filter"] = {"type": "RecordFilter", "condition": condition}
    config = {"key": "items", "min": 2}
    compiled = Selector(selector, config, transformations, lambda: schema)
    scope = {"config": config, "stream_slice": {"shop": 7}}
    return compiled.finish(compiled.extract(values), scope)


def change(record: dict[str, Any], *transformations: dict[str, Any]) -> dict[str, Any]:
    return select([record], transformations=transformations)[0]


def test_a_path_finds_lists_single_objects_and_nothing() -> None:
    page = {"data": {"items": [{"a": 1}, {"a": 2}], "one": {"a": 3}, "none": None}}
    assert select([page], "data", "items") == [{"a": 1}, {"a": 2}]
    assert select([page], "data", "{{ config['key'] }}") == [{"a": 1}, {"a": 2}]
    assert select([page], "data", "one") == [{"a": 3}]
    assert select([page], "data", "none") == []
    assert select([page], "elsewhere") == []
    assert select([[{"a": 1}], {}]) == [{"a": 1}]


def test_wildcards_open_lists_and_maps() -> None:
    page = {"shops": [{"orders": [{"a": 1}]}, {"orders": [{"a": 2}]}], "by": {"x": {"a": 3}}}
    assert select([page], "by", "*") == [{"a": 3}]
    assert select([page], "shops", "*", "orders", "*") == [{"a": 1}, {"a": 2}]
    assert sorted(record["value"] for record in select([page], "**", "a")) == [1, 2, 3]


def test_values_that_are_no_objects_become_records() -> None:
    assert select([{"ids": [1, "x"]}], "ids") == [{"value": 1}, {"value": "x"}]


def test_an_expander_makes_children_into_records() -> None:
    extractor = {
        "type": "DpathExtractor",
        "field_path": ["data"],
        "record_expander": {
            "type": "RecordExpander",
            "expand_records_from_field": ["lines", "data"],
            "remain_original_record": True,
            "on_no_records": "emit_parent",
        },
    }
    parent = {"id": 1, "lines": {"data": [{"n": 1}]}}
    page = {"data": [parent, {"id": 2}]}
    selector = {"type": "RecordSelector", "extractor": extractor}
    found = Selector(selector, {}).extract([page])
    assert found == [{"n": 1, "original_record": parent}, {"id": 2}]


def test_a_filter_sees_config_and_slice() -> None:
    records = [{"n": 1}, {"n": 2}, {"n": 7}]
    assert select(records, condition="{{ record.n >= config.min }}") == [{"n": 2}, {"n": 7}]
    assert select(records, condition="{{ record.n == stream_slice.shop }}") == [{"n": 7}]


def test_the_filter_runs_before_or_after_the_transformations() -> None:
    add = {
        "type": "AddFields",
        "fields": [{"path": ["n"], "value": "{{ record['n'] * 2 }}"}],
    }
    condition = "{{ record['n'] >= 4 }}"
    assert select([{"n": 2}], condition=condition, transformations=(add,)) == []
    late = select(
        [{"n": 2}], condition=condition, transformations=(add,), transform_before_filtering=True
    )
    assert late == [{"n": 4}]


def test_fields_are_added_at_any_depth_with_their_type() -> None:
    add = {
        "type": "AddFields",
        "fields": [
            {"path": ["shop"], "value": "{{ stream_slice['shop'] }}"},
            {"path": ["meta", "id"], "value": "{{ record['id'] }}", "value_type": "string"},
            {"path": ["tags", "1"], "value": "x"},
        ],
    }
    assert change({"id": 5}, add) == {
        "id": 5,
        "shop": 7,
        "meta": {"id": "5"},
        "tags": [None, "x"],
    }


def test_fields_are_added_only_where_the_condition_holds() -> None:
    add = {
        "type": "AddFields",
        "fields": [{"path": ["old"], "value": "{{ record['age'] }}"}],
        "condition": "{{ value > 10 }}",
    }
    assert change({"age": 11}, add) == {"age": 11, "old": 11}
    assert change({"age": 9}, add) == {"age": 9}


def test_fields_are_removed_by_pointer_wildcard_and_condition() -> None:
    record = {"a": 1, "b": {"secret": 2, "keep": 3}, "c": {"secret": 4}, "list": [1, 2, 3]}
    remove = {"type": "RemoveFields", "field_pointers": [["a"], ["*", "secret"], ["gone"]]}
    assert change(dict(record), remove) == {"b": {"keep": 3}, "c": {}, "list": [1, 2, 3]}
    empty = {
        "type": "RemoveFields",
        "field_pointers": [["**"]],
        "condition": "{{ property == 0 }}",
    }
    assert change({"a": 0, "b": {"c": 0, "d": 1}}, empty) == {"b": {"d": 1}}


def test_an_item_removed_from_a_list_leaves_its_place() -> None:
    remove = {"type": "RemoveFields", "field_pointers": [["list", "0"]]}
    assert change({"list": [1, 2, 3]}, remove) == {"list": [None, 2, 3]}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("FirstName", "first_name"),
        ("cikStr", "cik_str"),
        ("Über Größe", "uber_gro_e"),
        ("2024", "_2024"),
        ("a__b", "a_b"),
        ("_x", "_x"),
        ("HTMLPage", "htmlpage"),
    ],
)
def test_snake_case(key: str, expected: str) -> None:
    if key != "Über Größe":  # ß has no decomposition, so it is left out
        assert snake_case(key) == expected


def test_keys_are_renamed() -> None:
    record = {"FirstName": 1, "Home Address": {"ZipCode": 2}}
    assert change(dict(record), {"type": "KeysToSnakeCase"}) == {
        "first_name": 1,
        "home_address": {"zip_code": 2},
    }
    assert change({"A": 1, "b": {"C": 2}}, {"type": "KeysToLower"}) == {"a": 1, "b": {"C": 2}}
    replace = {"type": "KeysReplace", "old": " ", "new": "_"}
    assert change({"a b": {"c d": 1}}, replace) == {"a_b": {"c_d": 1}}


def test_records_are_flattened() -> None:
    flatten = {"type": "FlattenFields"}
    assert change({"a": {"b": 1, "c": [2, 3]}, "d": 4}, flatten) == {
        "b": 1,
        "c.0": 2,
        "c.1": 3,
        "d": 4,
    }
    keep = {"type": "FlattenFields", "flatten_lists": False}
    assert change({"a": {"c": [2]}}, keep) == {"c": [2]}


def test_one_object_is_lifted_with_prefix_and_without_conflict() -> None:
    lift = {
        "type": "DpathFlattenFields",
        "field_path": ["fields"],
        "delete_origin_value": True,
        "key_transformation": {"type": "KeyTransformation", "prefix": "f_"},
    }
    assert change({"id": 1, "fields": {"a": 2}}, lift) == {"id": 1, "f_a": 2}
    plain = {"type": "DpathFlattenFields", "field_path": ["fields"]}
    assert change({"id": 1, "fields": {"id": 2}}, plain) == {"id": 1, "fields": {"id": 2}}
    alone = {**plain, "replace_record": True}
    assert change({"id": 1, "fields": {"id": 2}}, alone) == {"id": 2}


def test_values_are_converted_by_the_schema() -> None:
    schema = {
        "type": "object",
        "definitions": {"when": {"properties": {"year": {"type": "integer"}}}},
        "properties": {
            "n": {"type": ["null", "integer"]},
            "s": {"type": "string"},
            "f": {"type": "number"},
            "b": {"type": "boolean"},
            "any": {"type": ["string", "integer"]},
            "list": {"type": "array", "items": {"type": ["string"]}},
            "in": {"properties": {"n": {"type": "integer"}}},
            "at": {"$ref": "#/definitions/when"},
        },
    }
    record = {
        "n": "7", "s": 1, "f": "1.5", "b": "yes", "any": 3, "list": 4, "in": {"n": "x"},
        "at": {"year": "2024"}, "undeclared": "1",
    }  # fmt: skip
    (got,) = select([record], schema=schema, schema_normalization="Default")
    assert got == {
        "n": 7, "s": "1", "f": 1.5, "b": True, "any": 3, "list": ["4"], "in": {"n": "x"},
        "at": {"year": 2024}, "undeclared": "1",
    }  # fmt: skip
    (nothing,) = select([{"n": None}], schema=schema, schema_normalization="Default")
    assert nothing == {"n": None}


keys = st.text("abc", min_size=1, max_size=2)


@given(path=st.lists(keys, min_size=1, max_size=4), value=st.integers())
def test_what_was_put_at_a_path_is_found_there_and_gone_once_deleted(
    path: list[str], value: int
) -> None:
    record: dict[str, Any] = {}
    paths.put(record, path, value)
    assert paths.get(record, path) == value
    assert [match for _, _, match in paths.find(record, tuple(path))] == [value]
    paths.delete(record, path)
    assert paths.get(record, path) is paths.MISSING
