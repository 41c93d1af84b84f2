"""What several stand-ins say in the same way: moments in text, and pages of a list.

Belongs here: only what no vendor does in a way of its own. Does not belong here: any
vendor's names, errors or headers.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

Item = TypeVar("Item")


def millis(moment: datetime) -> str:
    """2026-04-13T18:00:00.000Z, as some vendors write a moment."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parsed(text: str) -> datetime:
    """The moment of ISO text; one without a zone is UTC. ValueError where there is none."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def marker(place: int) -> str:
    """A place in a list as an opaque text."""
    return base64.urlsafe_b64encode(f"after:{place}".encode()).decode()


def place(text: str) -> int:
    """The place that a marker stands for; 0 for none. ValueError for a text of another's."""
    if not text:
        return 0
    name, _, number = base64.urlsafe_b64decode(text).decode().partition(":")
    if name != "after":
        raise ValueError(text)
    return int(number)


def page(
    items: Sequence[Item], start: int, size: int, show: Callable[[Item], Any]
) -> tuple[list[Any], int | None]:
    """Some items, shown, and where the next page begins, if there is one."""
    following = start + size
    shown = [show(item) for item in items[start:following]]
    return shown, following if following < len(items) else None
