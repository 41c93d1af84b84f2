"""The made-up firm's vendors, all started at once.

Belongs here: one server for every stand-in, and the settings with which sources ask
it. Does not belong here: the server, or what any vendor answers.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.apis import stand_ins
from sandbox.server import Running, serve
from sandbox.universe import make_universe


def start(folder: Path, seed: int = 7) -> Running:  # noqa: ARG001
    """Serve every vendor of the firm whose files lie in `folder`, on a free port."""
    return serve(stand_ins(make_universe(seed)))
