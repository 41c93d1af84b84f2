"""What the interpreter of low-code manifests costs for each record.

`python -m benchmarks.interpreter [--json]` selects and transforms pages of
decoded records; decoding, sending and typing are not in it. Microseconds of CPU
a record, the best of several rounds, so that other work on the machine counts
least.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from benchmarks.harness import verdict
from pipelines.extract.declarative.runtime.selection import Selector

RECORDS, ROUNDS = 50_000, 7
TARGETS: dict[str, tuple[str, float]] = {
    "plain_us_a_record": ("<=", 10.0),
    "three_transformations_us_a_record": ("<=", 20.0),
}
SELECTOR = {
    "type": "RecordSelector",
    "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
}
TRANSFORMATIONS: tuple[Mapping[str, Any], ...] = (
    {"type": "AddFields", "fields": [{"path": ["shop"], "value": "{{ stream_slice['shop'] }}"}]},
    {"type": "AddFields", "fields": [{"path": ["m", "n"], "value": "{{ record['name'] }}"}]},
    {"type": "RemoveFields", "field_pointers": [["secret"]]},
)


def cost_us(transformations: tuple[Mapping[str, Any], ...]) -> float:
    """Microseconds of CPU for each record of a page."""
    compiled = Selector(SELECTOR, {}, transformations)
    best = float("inf")
    for _ in range(ROUNDS):
        page = {"data": [{"id": n, "name": "x", "secret": 1} for n in range(RECORDS)]}
        scope = {"config": {}, "stream_slice": {"shop": 7}}
        started = time.process_time()
        compiled.finish(compiled.extract([page]), scope)
        best = min(best, time.process_time() - started)
    return best / RECORDS * 1e6


def main() -> None:
    """Print each cost beside its target, and the JSON on demand."""
    costs = {
        "plain_us_a_record": cost_us(()),
        "three_transformations_us_a_record": cost_us(TRANSFORMATIONS),
    }
    verdict("interpreter", costs, TARGETS, as_json="--json" in sys.argv[1:])


if __name__ == "__main__":
    main()
