"""No text makes the loading crash, hang or take more memory than it's worth."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import ManifestRefused
from pipelines.extract.declarative.manifest import load_manifest
from tests.declarative.manifests import document, load

WHATEVER = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "#/check", "{{ config['a'] }}", "CustomRequester", "HttpRequester"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["type", "class_name", "$ref", "$parameters", "name", "x", "fields"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.data())
def test_whatever_stands_in_a_manifest_it_loads_or_is_refused(data: st.DataObject) -> None:
    manifest = document(definitions={}, spec={}, dynamic_streams=[], api_budget={})
    node: Any = manifest
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        below = node[key]
        if not isinstance(below, dict | list) or not below or data.draw(st.booleans()):
            node[key] = data.draw(WHATEVER)
            break
        node = below
    try:
        assert list(load(manifest).components())
    except ManifestRefused as refused:
        assert refused.faults  # noqa: PT017 - either may happen


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected a mapping, got nothing"),
        ("[1]", "expected a mapping, got a list of 1"),
        ("a: [", "It isn't YAML"),
        ("a: !!python/object/apply:os.system ['true']", "It isn't YAML"),
        (b"\xff\xfe\xff", "It isn't YAML"),
        ("[" * 5000, "nested deeper than 100 levels"),
        ("{a: " * 101 + "1" + "}" * 101, "nested deeper than 100 levels"),
        ("a: &a [*a]", "stands inside its own anchor"),
        ("a: &a {b: *a}", "stands inside its own anchor"),
        ("x" * (16 * 1024 * 1024 + 1), "no manifest"),
    ],
)
def test_a_text_that_is_no_manifest_is_refused(text: str | bytes, told: str) -> None:
    with pytest.raises(ManifestRefused, match=told):
        load_manifest(text, origin="hostile")


def test_aliases_that_spread_are_refused_before_they_do() -> None:
    lists = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
    )
    merges = "a0: &a0 {x: 1}\n" + "".join(
        f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}\n" for i in range(1, 10)
    )
    for text in (lists, merges):
        with pytest.raises(ManifestRefused, match="aliases spread"):
            load_manifest(text, origin="bomb")


def test_references_that_spread_are_refused_before_they_do() -> None:
    definitions: dict[str, Any] = {"a0": ["x"] * 10}
    for i in range(1, 10):
        definitions[f"a{i}"] = [f"#/definitions/a{i - 1}"] * 10
    with pytest.raises(ManifestRefused, match="references spread"):
        load(document(definitions=definitions))
    deep = {f"a{i}": {"next": {"$ref": f"#/definitions/a{i + 1}"}} for i in range(2000)}
    with pytest.raises(ManifestRefused, match="nested deeper"):
        load(document(definitions=deep | {"a2000": {}}))


def test_aliases_and_merge_keys_work_where_they_are_harmless() -> None:
    text = yaml.safe_dump(document()) + (
        "\ndefinitions:\n  a: &a {x: 1}\n  b: {<<: *a, y: 2}\n  c: *a\n"
    )
    definitions = load_manifest(text, origin="aliases").definitions
    assert definitions == {"a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": {"x": 1}}
