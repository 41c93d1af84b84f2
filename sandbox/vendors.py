"""The made-up firm's vendors, all started at once.

Belongs here: one server for every stand-in, the administrator's database, and the
settings with which sources ask them. Does not belong here: the server, or what any
vendor answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.apis import stand_ins
from sandbox.fund_admin import FILE, write_fund_admin
from sandbox.server import Running, serve
from sandbox.universe import make_universe


@dataclass(frozen=True)
class Vendors:
    """What answers for the vendors while it runs, and the settings to ask it with."""

    running: Running
    environment: dict[str, str]

    def close(self) -> None:
        """Stop answering."""
        self.running.close()


def start(folder: Path, seed: int = 7) -> Vendors:
    """Serve every vendor of the firm whose files lie in `folder`, on a free port.

    The administrator's database is written into the folder if it isn't there.
    """
    universe = make_universe(seed)
    database = folder / FILE
    if not database.is_file():
        database = write_fund_admin(folder, universe)
    running = serve(stand_ins(universe))
    environment = {**running.environment, "FUND_ADMIN_URL": f"sqlite:///{database}"}
    return Vendors(running, environment)


@contextmanager
def serving_all(folder: Path) -> Iterator[dict[str, str]]:
    """The settings, for the length of a block."""
    vendors = start(folder)
    try:
        yield vendors.environment
    finally:
        vendors.close()
