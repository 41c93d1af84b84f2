"""A server, a clock that does not wait, and clients that end with their test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resources.http import Event, HttpClient, Policy
from tests.http.server import Server, running


class Clock:
    """Time that passes only when someone waits."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.waits.append(seconds)
            self.now += seconds

    @property
    def waited(self) -> float:
        return sum(self.waits)


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def events() -> list[Event]:
    return []


Make = Callable[..., HttpClient]


@pytest.fixture
def make(clock: Clock, events: list[Event]) -> Iterator[Make]:
    """Makes clients with short deadlines for 127.0.0.1, on the clock above."""
    made: list[HttpClient] = []
    usual = Policy(
        connect_s=1,
        read_s=0.3,
        total_s=1,
        attempts=3,
        allow_hosts=frozenset({"127.0.0.1", "localhost"}),
    )

    def make(
        *,
        real_clock: bool = False,
        secrets: tuple[str, ...] = (),
        ledger: Path | None = None,
        **given: Any,
    ) -> HttpClient:
        client = HttpClient(
            replace(usual, **given),
            clock=None if real_clock else clock,
            on_event=events.append,
            secrets=secrets,
            ledger=ledger,
            chance=lambda: 1.0,
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()
