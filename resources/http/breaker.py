"""A circuit for each host: a host that keeps failing is left alone for a while.

Belongs here: counting failures in a row, opening, and letting one probe through.
Does not belong here: what counts as a failure.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from pipelines.errors import SourceUnavailable
from resources.http.policy import Clock

_LONGEST_COOL = 8
"""Cooling doubles with each failed probe, up to this many times the first."""


@dataclass
class _Circuit:
    failures: int = 0
    open_until: float | None = None
    cool_s: float = 0.0
    probing: bool = False


class Breaker:
    """The circuits of one client; `failures` in a row open one for `cool_s`."""

    def __init__(self, failures: int, cool_s: float, clock: Clock) -> None:
        self._failures = failures
        self._cool_s = cool_s
        self._clock = clock
        self._lock = threading.Lock()
        self._circuits: dict[str, _Circuit] = {}

    def enter(self, host: str) -> None:
        """Pass, or raise SourceUnavailable while the circuit is open.

        After cooling, one caller passes as the probe; `leave` must follow.
        """
        with self._lock:
            circuit = self._circuits.setdefault(host, _Circuit(cool_s=self._cool_s))
            if circuit.open_until is None:
                return
            left = circuit.open_until - self._clock.monotonic()
            if left <= 0 and not circuit.probing:
                circuit.probing = True
                return
        wait = f"It is tried again in {left:.0f} s." if left > 0 else "It is being tried right now."
        raise SourceUnavailable(
            f"{host} failed {circuit.failures} times in a row and is left alone for now. {wait} "
            "Run again later; what was read so far is kept."
        )

    def leave(self, host: str, well: bool | None) -> None:
        """Say how it went; None says nothing about the host."""
        with self._lock:
            circuit = self._circuits[host]
            was_probe, circuit.probing = circuit.probing, False
            if well is None:
                return
            if well:
                self._circuits[host] = _Circuit(cool_s=self._cool_s)
                return
            circuit.failures += 1
            if was_probe:
                circuit.cool_s = min(circuit.cool_s * 2, self._cool_s * _LONGEST_COOL)
            if was_probe or circuit.failures >= self._failures:
                circuit.open_until = self._clock.monotonic() + circuit.cool_s
