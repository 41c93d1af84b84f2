"""Leaving out the last records of a file, as `skip_footer` declares.

Belongs here: holding pages back until it is known that they are not the last.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from pipelines.extract.formats.csv_pages import Page, Pager


class WithoutFooter:
    """The pages of a pager without the file's last `count` records."""

    def __init__(self, pager: Pager, count: int) -> None:
        self._pager = pager
        self._count = count
        self._held: deque[Page] = deque()

    def next(self) -> Page | None:
        """The next page, None at the end; needs a pager that knows its records."""
        while sum(_records(page) for page in list(self._held)[1:]) < self._count:
            page = self._pager.next()
            if page is None:
                return self._last()
            self._held.append(page)
        return self._held.popleft()

    def take_back(self, pages: Iterable[Page]) -> None:
        """Never needed: pages whose records are known are not doubted."""
        raise AssertionError(f"Exact pages came back: {[page.line for page in pages]}.")

    def _last(self) -> Page | None:
        """One of the last pages, cut to the records that are no footer."""
        if not self._held:
            return None
        page = self._held.popleft()
        footer = self._count - sum(_records(later) for later in self._held)
        if footer <= 0 or page.records is None:
            return page
        return replace(page, records=page.records.take(slice(0, max(0, _records(page) - footer))))


def _records(page: Page) -> int:
    return 0 if page.records is None else len(page.records)
