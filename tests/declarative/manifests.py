"""A small manifest for tests to change, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from pipelines.errors import ManifestRefused
from pipelines.extract.declarative.manifest import Manifest, load_manifest


def document(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["users"]},
        "streams": [
            {
                "type": "DeclarativeStream",
                "name": "users",
                "retriever": {
                    "type": "SimpleRetriever",
                    "requester": {"type": "HttpRequester", "url_base": "https://a.example"},
                    "record_selector": {
                        "type": "RecordSelector",
                        "extractor": {"type": "DpathExtractor", "field_path": []},
                    },
                },
            }
        ],
    }
    made.update(changes)
    return made


def load(manifest: dict[str, Any]) -> Manifest:
    return load_manifest(yaml.safe_dump(manifest), origin="test.yaml")


def faults(manifest: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(ManifestRefused) as refused:
        load(manifest)
    assert "test.yaml" in str(refused.value)
    return refused.value.faults
