"""Reads manifests from one server, by us and by airbyte-cdk, and compares.

Belongs here: starting the peer, and what counts as the same. Does not belong here:
the manifests, and what the server answers.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import HeadwaterError
from pipelines.extract.declarative.manifest import load_manifest
from pipelines.extract.declarative.runtime.auth import AuthContext
from pipelines.extract.declarative.runtime.reading import Reading
from resources.http.judge import Judge
from resources.http.message import Answer, Request
from tests.declarative_runtime.reading import client
from tests.declarative_runtime.server import Seen, serve
from tests.declarative_runtime.test_real_manifests import at_home

SCRIPT = Path(__file__).with_name("by_peer.py")
_TIMES = frozenset({"lookback_window", "__ab_no_cursor_state_message"})
State = dict[str, Any]
Outcome = tuple[list[dict[str, Any]], State, str]
"""(records, final state, error) of one stream."""


@dataclass(frozen=True)
class Job:
    """One manifest, its config, the API it is read from, and states to begin with."""

    name: str
    manifest: str
    config: Mapping[str, Any]
    api: Callable[[Seen], Any]
    states: Mapping[str, State] = field(default_factory=dict)


def compare(
    jobs: Sequence[Job], python: Path, folder: Path
) -> Iterator[tuple[str, str, Outcome, Outcome]]:
    """(job, stream, ours, theirs) for each stream of each job.

    The peer looks for packages of schemas in `folder`.
    """
    with ExitStack() as stack:
        urls = [stack.enter_context(serve(job.api)).url for job in jobs]
        ours = [_by_us(job, url) for job, url in zip(jobs, urls, strict=True)]
        theirs = _by_peer(jobs, urls, python, folder)
    for job, we, they in zip(jobs, ours, theirs, strict=True):
        for stream in sorted({*we, *they}):
            yield job.name, stream, we.get(stream, _ABSENT), they.get(stream, _ABSENT)


_ABSENT: Outcome = ([], {}, "there is no such stream")


def _by_us(job: Job, url: str) -> dict[str, Outcome]:
    made = load_manifest(job.manifest, origin=job.name)
    with client() as http:

        def send(request: Request, judge: Judge) -> Answer:
            return http.send(at_home(url, request), judge)

        reading = Reading(
            made,
            AuthContext(job.config, send),
            lambda request, judge: http.send_soon(at_home(url, request), judge),
        )
        return {
            name: _read(reading, stream, dict(job.states.get(name, {})))
            for name, stream in reading.streams().items()
        }


def _read(reading: Reading, stream: Mapping[str, Any], state: State) -> Outcome:
    records: list[dict[str, Any]] = []
    final: State = state
    try:
        for page in reading.pages(stream, state):
            records.extend(page.records)
            final = final if page.state is None else page.state
    except HeadwaterError as error:
        return records, final, str(error)
    return records, final, ""


def _by_peer(
    jobs: Sequence[Job], urls: Sequence[str], python: Path, folder: Path
) -> list[dict[str, Outcome]]:
    asked = [
        {"url": url, "manifest": job.manifest, "config": job.config, "states": job.states}
        for job, url in zip(jobs, urls, strict=True)
    ]
    run = subprocess.run(
        [str(python), str(SCRIPT)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=230,
        check=True,
    )
    told = json.loads(run.stdout.splitlines()[-1])
    return [
        {name: (records, state or {}, error or "") for name, (records, state, error) in one.items()}
        for one in told
    ]


def difference(ours: Outcome, theirs: Outcome) -> str:
    """What differs, in a few words; empty where nothing does.

    Order, and how long a run took (`lookback_window`), may differ. An error on both
    sides is the same, whatever was read before it.
    """
    if ours[2] or theirs[2]:
        return "" if ours[2] and theirs[2] else f"errors: ours {ours[2]!r}, theirs {theirs[2]!r}"
    left, right = sorted(map(_text, ours[0])), sorted(map(_text, theirs[0]))
    if left != right:
        more = [text for text in left if text not in right][:2]
        less = [text for text in right if text not in left][:2]
        return f"records: {len(left)} and {len(right)}; only ours {more}; only theirs {less}"
    if _text(_timeless(ours[1])) != _text(_timeless(theirs[1])):
        return f"state: ours {ours[1]}, theirs {theirs[1]}"
    return ""


def _timeless(state: State) -> State:
    """A state without what no two runs agree on, and without a peer's mark for no state."""
    left = {name: value for name, value in state.items() if name not in _TIMES}
    if isinstance(left.get("states"), list):
        left["states"] = sorted(left["states"], key=_text)
    return left


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
