"""References: every spelling is resolved, and what leads nowhere is told."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.errors import ManifestRefused
from tests.declarative.manifests import document, faults, load


@pytest.mark.parametrize(
    "reference",
    [
        {"$ref": "#/definitions/requester"},
        "#/definitions/requester",
        "*ref(definitions.requester)",
        {"$ref": "*ref(definitions.requester)"},
    ],
)
def test_every_spelling_of_a_reference_is_resolved(reference: Any) -> None:
    manifest = document(definitions={"requester": {"url_base": "https://b.example"}})
    manifest["streams"][0]["retriever"]["requester"] = reference
    requester = load(manifest).streams[0]["retriever"]["requester"]
    assert requester["url_base"] == "https://b.example"


def test_fields_beside_a_reference_win_and_keys_may_hold_slashes() -> None:
    manifest = document(
        definitions={
            "base": {"url_base": "https://b.example", "path": "/a"},
            "odd/name": {"$ref": "#/definitions/base", "path": "/b"},
            "list": [{"path": "/c"}],
        }
    )
    retriever = manifest["streams"][0]["retriever"]
    retriever["requester"] = {"$ref": "#/definitions/odd/name", "http_method": "POST"}
    loaded = load(manifest).streams[0]["retriever"]["requester"]
    assert (loaded["url_base"], loaded["path"], loaded["http_method"]) == (
        "https://b.example",
        "/b",
        "POST",
    )
    retriever["requester"] = {"$ref": "#/definitions/list/0", "url_base": "https://c.example"}
    assert load(manifest).streams[0]["retriever"]["requester"]["path"] == "/c"


def test_references_to_nothing_and_to_themselves_are_told_with_other_faults() -> None:
    manifest = document(
        definitions={"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
        api_budget={"type": "HTTPAPIBudget"},
    )
    manifest["streams"][0]["retriever"]["requester"] = {"$ref": "#/definitions/none"}
    told = "\n".join(faults(manifest))
    assert "streams[0].retriever.requester.$ref: '#/definitions/none' refers to nothing" in told
    assert "leads back to itself" in told
    assert "api_budget: an HTTPAPIBudget needs the field 'policies'" in told


@pytest.mark.parametrize("reference", ["#/none", "#/streams", "#/²", "#/streams/99999", "*ref(a"])
def test_a_manifest_that_is_a_reference_is_refused(reference: str) -> None:
    with pytest.raises(ManifestRefused):
        load({"$ref": reference, "streams": [1]})
