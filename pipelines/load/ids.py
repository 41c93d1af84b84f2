"""Load ids: text that sorts by the time at which it was made.

Belongs here: making one, and reading its time. Does not belong here: what a
load is.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_CHARACTERS = 10
_RANDOM_CHARACTERS = 16
LENGTH = _TIME_CHARACTERS + _RANDOM_CHARACTERS

_last = 0


def new_load_id() -> str:
    """26 characters: 48 bits of milliseconds, then 80 random bits, in base 32.

    Two ids made by one process never sort against the order they were made in.
    """
    global _last
    _last = max(time.time_ns() // 1_000_000, _last + 1)
    return _encode(_last, _TIME_CHARACTERS) + _encode(secrets.randbits(80), _RANDOM_CHARACTERS)


def made_at(load_id: str) -> datetime:
    """The moment, to the millisecond, at which a load id was made."""
    number = 0
    for character in load_id[:_TIME_CHARACTERS]:
        number = number * 32 + _ALPHABET.index(character)
    return datetime.fromtimestamp(number / 1000, UTC)


def _encode(number: int, length: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(length)))
