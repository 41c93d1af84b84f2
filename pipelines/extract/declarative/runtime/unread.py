"""Pages whose records nothing here has to look at: no filter, no cursor, no token.

Belongs here: for which streams that is so, and taking such a page apart. Does not
belong here: reading the records, which whoever is handed the page does.

Most of the time that a page takes went into making an object of each of its records,
only to write it down again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.errors import SourceError
from pipelines.extract.declarative.runtime.decoders import load_json
from pipelines.extract.declarative.runtime.decoders import shown as begun
from pipelines.extract.declarative.runtime.ends import around
from pipelines.extract.declarative.runtime.paging import LATER, Page, Paginator
from pipelines.extract.declarative.runtime.scope import PageHeaders, Scope
from pipelines.extract.declarative.runtime.selection import Record, Selector
from pipelines.extract.formats.json_paths import shown
from pipelines.flow import RecordList
from resources.http.message import Answer


class Unread:
    """Takes the list of records out of a stream's pages; compiled once."""

    def __init__(self, selector: Selector, paginator: Paginator) -> None:
        self._selector, self._paginator = selector, paginator
        self._path = selector.untouched
        self._place = shown(self._path)

    def take(self, answer: Answer, scope: Scope) -> tuple[Any, RecordList] | None:
        """(the next token or None, the records); None if the page has to be read."""
        if answer.ignored:
            return None
        body = answer.body
        found = around(body, self._path)
        if found is None:
            return None
        fields, start, end = found
        if not self._paginator.finds_all(fields):
            return None
        following = self._following(answer, fields, scope)
        if following is LATER:
            return None

        def records() -> list[Record]:
            """All of it, since what was taken for the list may be more than that."""
            value = load_json(body)
            if self._following(answer, value, scope) != following:
                raise SourceError(
                    f"{answer.url} tells the next page twice and not the same. Nothing of this "
                    f"answer was taken. It begins with {begun(body)}."
                )
            return self._selector.extract([value])

        return following, RecordList(body[start:end], self._place, records)

    def _following(self, answer: Answer, fields: Any, scope: Scope) -> Any:
        page = Page(fields, PageHeaders(answer.headers), 0, None)
        return self._paginator.early(page, scope)


def unread_pages(
    stream: Mapping[str, Any], selector: Selector, paginator: Paginator
) -> Unread | None:
    """What takes the stream's pages apart; None where their records are needed here."""
    path = selector.untouched
    needed = stream.get("incremental_sync") or stream.get("file_uploader")
    if not path or needed or not paginator.ignores(path[0]):
        return None
    return Unread(selector, paginator)
