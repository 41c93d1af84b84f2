"""The pages behind the one at hand, asked for as soon as an answer tells their token.

Belongs here: which pages of one slice are under way, and that each is asked for
once. Does not belong here: making requests, or reading tokens out of answers.

An answer that arrives is looked at by the thread that received it, so that the next
page is asked for even while this one is still being typed and kept.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from pipelines.errors import HeadwaterError
from pipelines.extract.declarative.runtime.paging import LATER
from pipelines.extract.declarative.runtime.sending import Given, Pending
from resources.http.message import Answer

_MOST = 3
"""How many pages may be under way or wait; their answers are held."""


@dataclass
class Link:
    """One page that was asked for with `token`; `followed` once its next page was."""

    token: Any
    pending: Pending | Given
    followed: bool = False


class Ahead:
    """The pages of one slice that were asked for, in order.

    `ask` asks for the page of a token; `following` tells the next token from an
    answer, LATER where it can't, None at the end.
    """

    def __init__(
        self, ask: Callable[[Any], Pending], following: Callable[[Answer, Any], Any]
    ) -> None:
        self._ask = ask
        self._following = following
        self._lock = threading.Lock()
        self._links: deque[Link] = deque()
        self._closed = False

    def begin(self, token: Any, pending: Pending | Given) -> Link:
        """The first page, which was asked for already; what was under way is dropped."""
        with self._lock:
            self._drop()
        link = Link(token, pending)
        self._watched(link)
        return link

    def next(self, link: Link, token: Any) -> Link:
        """The page behind `link`, by the token that its whole answer tells."""
        with self._lock:
            link.followed = True
            if self._links and self._links[0].token == token:
                found = self._links.popleft()
            else:
                self._drop()
                found = Link(token, self._ask(token))
            last = self._links[-1] if self._links else found
        self._watched(last)
        return found

    def close(self) -> None:
        """Nothing more is asked for, and what has not left stays here."""
        with self._lock:
            self._closed = True
            self._drop()

    def _drop(self) -> None:
        for link in self._links:
            link.followed = True
            link.pending.cancel()
        self._links.clear()

    def _watched(self, link: Link) -> None:
        """Have the next page asked for when this one's answer comes, or came."""
        future = link.pending.future
        if future is not None and not link.followed:
            future.add_done_callback(lambda done: self._came(link, done))

    def _came(self, link: Link, done: Future[Answer]) -> None:
        if done.cancelled() or done.exception() is not None:
            return
        answer = done.result()
        if answer.ignored or not 200 <= answer.status < 300:
            return
        with self._lock:
            if link.followed or self._closed or len(self._links) >= _MOST:
                return
            token = self._following(answer, link.token)
            if token is LATER or token is None:
                return
            try:
                made = Link(token, self._ask(token))
            except HeadwaterError:
                return  # whoever needs the page will be told
            link.followed = True
            self._links.append(made)
        self._watched(made)
