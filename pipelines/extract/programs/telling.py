"""What a program of others said, fit to stand in an error.

Belongs here: hiding secrets in such text and keeping it short. Does not belong here:
which values are secret.
"""

from __future__ import annotations

import re

from resources.http.masking import Masker

_LONG_RUN = re.compile(r"\S{1000,}")
_MOST = 100_000


def told(text: str, masker: Masker, *, characters: int, lines: int | None = None) -> str:
    """The text without secrets and blank lines: its last `lines`, its last `characters`.

    Runs of a thousand characters without a space, which nobody reads, are taken out
    whole: hiding secrets in them takes very long.
    """
    # Masked before it is cut, so that no half of a secret is left standing.
    masked = masker.mask(_LONG_RUN.sub("…", text[-_MOST:]))
    kept = [line.rstrip() for line in masked.splitlines() if line.strip()]
    shown = "\n  ".join(kept if lines is None else kept[-lines:])
    return shown if len(shown) <= characters else f"…{shown[-characters:]}"
