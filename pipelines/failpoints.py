"""Named points at which a test can kill, break or hang the program.

Belongs here: the switch. Does not belong here: which points exist (they are
named where they stand) and what must hold afterwards (the tests say so).

`HEADWATER_FAILPOINT=name:action[:nth]` arms one point: at its nth passing
(1 unless told) the action is taken. Actions: `kill` (SIGKILL to this very
process, so no cleanup runs), `raise`, `hang`, `full` (disk full).
"""

from __future__ import annotations

import errno
import os
import signal
import time
from collections import Counter

_passed: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Do nothing, unless the environment armed the point called `name`."""
    armed = os.environ.get("HEADWATER_FAILPOINT")
    if not armed:
        return
    point, action, nth = [*armed.split(":"), "1"][:3]
    if point != name:
        return
    _passed[name] += 1
    if _passed[name] == int(nth):
        _act(name, action)


def _act(name: str, action: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "hang":
        time.sleep(3600)
    if action == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
    raise RuntimeError(f"The failpoint {name} was told to {action}.")
