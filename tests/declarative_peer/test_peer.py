"""Read from one server, a manifest gives here what airbyte-cdk makes of it.

Two runs: the second goes on from the first one's states. Requests are compared as
well, for the answers of the echoing API tell what was asked.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks.harness import peer_environment
from pipelines.extract.declarative.manifest import load_manifest
from tests.declarative_peer import airtable, echo, quotas
from tests.declarative_peer.harness import Job, compare, difference
from tests.declarative_runtime.standin import StandIn
from tests.declarative_runtime.test_real_manifests import CONFIGS, EXTRA

CDK = "airbyte-cdk==7.39.1"
CONFIG: dict[str, Any] = {
    "key": "k-secret",
    "who": "ann lee",
    "size": 2,
    "letters": ["x", "y"],
    "start": "2024-01-01",
    "tables": [{"name": "t1", "params": {"a": "b"}}, {"name": "t2"}],
}


@pytest.fixture(scope="module")
def python() -> Path:
    return peer_environment("airbyte-cdk", [CDK])


def _differences(jobs: list[Job], python: Path, folder: Path) -> list[str]:
    found = []
    for job, stream, ours, theirs in compare(jobs, python, folder):
        differs = difference(ours, theirs)
        if differs:
            found.append(f"{job}, {stream}: {differs}"[:1500])
    return found


@pytest.mark.slow
def test_manifests_of_others_are_read_as_their_own_engine_does(
    shared: Path, python: Path, tmp_path: Path
) -> None:
    jobs = []
    for name, config in CONFIGS.items():
        folder = shared / "peers" / "airbyte-manifests" / f"source-{name}"
        text = (folder / "manifest.yaml").read_text()
        if (folder / "schemas").is_dir():
            package = tmp_path / f"source_{name.replace('-', '_')}"
            shutil.copytree(folder / "schemas", package / "schemas")
            (package / "__init__.py").touch()
        manifest = load_manifest(text, origin=name)
        api = StandIn(manifest, config, EXTRA.get(name, {}))
        jobs.append(Job(name, text, config, api))
    text = (shared / "peers/airbyte-manifests/source-airtable/manifest.yaml").read_text()
    text = text.replace("- 0\n", '- "0"\n')  # the peer wants the numbers in paths as text
    jobs.append(Job("airtable", text, airtable.CONFIG, airtable.answer))
    assert len(jobs) == 12
    assert _differences(jobs, python, tmp_path) == []


@pytest.mark.slow
def test_manifests_in_unusual_styles_are_read_as_the_peer_does(
    python: Path, tmp_path: Path
) -> None:
    texts = {
        name: Path(__file__).with_name(f"{name}.yaml").read_text()
        for name in ("styles", "vocabulary", "states")
    }
    jobs = [Job(name, text, CONFIG, echo.answer) for name, text in texts.items()]
    states: dict[str, dict[str, Any]] = {name: {} for name in texts}
    found = []
    for job, stream, ours, theirs in compare(jobs, python, tmp_path):
        states[job][stream] = ours[1]
        if differs := difference(ours, theirs):
            found.append(f"{job}, {stream}: {differs}"[:1500])
    again = [
        Job(f"{name}, again", text, CONFIG, echo.answer, states[name])
        for name, text in texts.items()
    ]
    assert [*found, *_differences(again, python, tmp_path)] == []


@pytest.mark.slow
def test_several_tokens_take_turns_as_they_do_with_the_peer(python: Path, tmp_path: Path) -> None:
    """Each record tells whose token its page was asked for with; one token is always refused."""
    text = Path(__file__).with_name("tokens.yaml").read_text()
    jobs = [
        Job("counted", text, {"tokens": "a,b,c,d"}, quotas.counted),
        Job("uncounted", text, {"tokens": "a,b"}, quotas.uncounted),
    ]
    assert _differences(jobs, python, tmp_path) == []
    (counted, *_), (uncounted, *_) = (ours for _, _, ours, _ in compare(jobs, python, tmp_path))
    assert [record["by"] for record in counted] == [*"aaaabbbddddd"]
    assert [record["by"] for record in uncounted] == [*"abababababab"]
