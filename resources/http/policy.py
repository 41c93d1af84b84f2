"""How requests of one source are sent: deadlines, budgets, retries, addresses.

Belongs here: the numbers and their meaning. Does not belong here: keeping them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from resources.http.message import Request
from resources.http.proxies import Proxies

if TYPE_CHECKING:
    from resources.settings import Settings

Scope = Literal["host", "key", "tenant"]
Window = Literal["second", "minute", "hour", "day", "month"]


class Clock(Protocol):
    """Time as budgets, waits and circuits see it; tests pass their own."""

    def time(self) -> float:
        """Seconds since 1970 in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock."""

    def time(self) -> float:
        """Seconds since 1970 in UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(frozen=True)
class Limit:
    """At most `count` of `unit` in any `window`, for each host, key or tenant.

    A window in seconds, or `second`, `minute`, `hour`, moves with time; `day`
    and `month` are those of the calendar in UTC. A request takes 1 of the unit
    `requests`, and of another unit what its `cost` says. `matches` restricts the
    limit to some requests; limits that else look alike then need a `name`.
    """

    count: float
    window: Window | float
    scope: Scope = "host"
    unit: str = "requests"
    matches: Callable[[Request], bool] | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Times in seconds, sizes in bytes.

    `total_s` bounds one attempt from connecting to the last byte (the system's
    resolver has its own time-out), `give_up_s` all attempts of one request with
    their waits. No single wait is longer than `longest_wait_s`, whatever a
    server asks. Over the client's life at most `retries_floor` +
    `retries_share` × requests are retried on our own account; waits that the
    server named do not count. `allow_hosts` are host names or addresses that may
    lie in a private network, e.g. `127.0.0.1`. `ca_file` replaces the usual
    certificate authorities. `parallel` is how many requests may be under way at
    once for each host, key or tenant. `limit_headers` names further pairs
    (remaining, reset) of headers to learn from. `proxies` lead to hosts that can't be
    reached directly.
    """

    connect_s: float = 10
    read_s: float = 60
    total_s: float = 300
    give_up_s: float = 1800
    attempts: int = 6
    first_wait_s: float = 0.5
    longest_wait_s: float = 300
    retries_floor: int = 50
    retries_share: float = 0.2
    limits: tuple[Limit, ...] = ()
    limit_headers: tuple[tuple[str, str], ...] = ()
    parallel: Mapping[Scope, int] = field(default_factory=lambda: {"host": 8})
    max_body_bytes: int = 256 * 2**20
    redirects: int = 5
    allow_hosts: frozenset[str] = frozenset()
    ca_file: Path | None = None
    proxies: Proxies = field(default_factory=Proxies)
    circuit_failures: int = 10
    circuit_cool_s: float = 30
    user_agent: str = "Headwater"

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        """What the settings of an installation say of its network; all else as usual."""
        proxy = settings.proxy.get_secret_value() if settings.proxy else None
        return cls(allow_hosts=frozenset(settings.allow_hosts), proxies=Proxies.meant(proxy))
