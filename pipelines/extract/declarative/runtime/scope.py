"""What expressions can see: the slice at hand, headers, the page before.

Belongs here: the values behind the names `stream_slice` and `headers`, and the
scope of a slice. Does not belong here: evaluating expressions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from requests.utils import parse_header_links

Scope = dict[str, Any]


class Slice(dict[str, Any]):
    """One part of a stream: a partition and a window of the cursor, as one mapping.

    `partition` says which part of the source, `cursor_slice` from where to
    where; `extra_fields` are known of the partition without naming it. `parents`
    are the parents' states up to this partition, if they are read incrementally.
    """

    def __init__(
        self,
        partition: Mapping[str, Any] | None = None,
        cursor_slice: Mapping[str, Any] | None = None,
        extra_fields: Mapping[str, Any] | None = None,
        parents: dict[str, Any] | None = None,
    ) -> None:
        self.partition = dict(partition or {})
        self.cursor_slice = dict(cursor_slice or {})
        self.extra_fields = dict(extra_fields or {})
        self.parents = parents
        super().__init__({**self.partition, **self.cursor_slice})

    def with_window(
        self, window: Mapping[str, Any], parents: dict[str, Any] | None = None
    ) -> Slice:
        """The same partition with a window of the cursor."""
        return Slice(self.partition, window, self.extra_fields, parents)

    def with_extra(self, fields: Mapping[str, Any]) -> Slice:
        """The same slice with more that is known of it."""
        extra = {**self.extra_fields, **fields}
        return Slice(self.partition, self.cursor_slice, extra, self.parents)


class PageHeaders(dict[str, Any]):
    """An answer's headers by any spelling; `link` holds the parsed links by relation."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers)
        self._lowered = {name.lower(): value for name, value in headers.items()}
        self["link"] = _links(self._lowered.get("link", ""))

    def __missing__(self, name: str) -> Any:
        return self._lowered[name.lower()]

    def get(self, name: str, default: Any = None) -> Any:
        """The header's value or the default."""
        try:
            return self[name]
        except KeyError:
            return default


def _links(text: str) -> dict[str, dict[str, str]]:
    found = {}
    for link in parse_header_links(text) if text else ():
        found[link.get("rel") or link.get("url", "")] = link
    return found


def scope_of(config: Mapping[str, Any], at: Slice, token: Any = None) -> Scope:
    """The names that a request of this slice and page token is made from."""
    page = None if token is None else {"next_page_token": token}
    return {
        **at.extra_fields,
        "config": config,
        "stream_slice": at,
        "stream_partition": at,
        "stream_interval": at,
        "next_page_token": page,
    }
