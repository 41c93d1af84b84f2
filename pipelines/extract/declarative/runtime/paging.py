"""How a stream goes from one page to the next, and when it stops.

Belongs here: DefaultPaginator with its three strategies, and finding loops. Does
not belong here: reading the records of a page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.errors import DeclarationError, SourceError, TemplateFailed
from pipelines.extract.declarative.interpolation import (
    compile_condition,
    compile_text,
    is_template,
    names_in,
)
from pipelines.extract.declarative.runtime.ends import fields_at_ends
from pipelines.extract.declarative.runtime.options import Option, Parts, compile_option
from pipelines.extract.declarative.runtime.scope import PageHeaders, Scope
from pipelines.extract.declarative.templates import keys_read
from resources.http.message import Answer


@dataclass(frozen=True)
class Page:
    """What the paginator may know of the page just read.

    `extracted` counts the values found, `kept` those left behind the filter;
    `token` is what the page was asked for with (None: the first page).
    """

    response: Any
    headers: PageHeaders
    extracted: int
    token: Any
    kept: int = 0
    last_record: Mapping[str, Any] | None = None

    def behind(self, records: Sequence[Mapping[str, Any]]) -> Page:
        """The same page with what is known once its records are filtered and changed."""
        last = records[-1] if records else None
        return replace(self, kept=len(records), last_record=last)


Strategy = Callable[[Page, Scope], Any]
"""From a page and the slice's scope to the next token, or None at the end."""

LATER: Any = object()
"""The next token can't be told before the page's records are made."""
_OF_RECORDS = frozenset({"last_record", "last_page_size"})


@dataclass(frozen=True)
class Paginator:
    """The compiled paginator of a stream; one without a strategy reads one page.

    `needs_records`: the strategy looks at the page's records. `needs_fields` are the
    outermost fields of the answer that it looks at (None: any may be).
    """

    strategy: Strategy | None = None
    needs_records: bool = False
    needs_fields: frozenset[str] | None = None
    first_token: Any = None
    page_size: int | None = None
    token_option: Option | None = None
    token_is_path: bool = False
    size_option: Option | None = None

    def parts(self, token: Any) -> Parts:
        """What the request of this page carries: its token and the page size."""
        parts = Parts()
        if self.token_option is not None and token is not None:
            self.token_option.put(parts, token)
        if self.size_option is not None and self.page_size:
            self.size_option.put(parts, self.page_size)
        return parts

    def page_url(self, token: Any) -> str:
        """The address of the page where tokens are addresses, else empty."""
        return str(token) if self.token_is_path and token else ""

    def next_token(self, page: Page, scope: Scope) -> Any:
        """The token of the next page, or None at the end."""
        if self.strategy is None:
            return None
        try:
            return self.strategy(page, scope) or None
        except TemplateFailed:
            # An expression that needs the last record finds the end on an empty page.
            if page.last_record is None:
                return None
            raise

    def at_once(self, answer: Answer, scope: Scope) -> Any:
        """The next token by what stands at the ends of a JSON answer, or LATER.

        It may be wrong for an answer that is broken or repeats a field.
        """
        if self.strategy is None or self.needs_records or self.needs_fields is None:
            return LATER
        found = fields_at_ends(answer.body) if self.needs_fields else {}
        if not self.finds_all(found):
            return LATER
        return self.early(Page(found, PageHeaders(answer.headers), 0, None), scope)

    def ignores(self, field: str) -> bool:
        """Whether no page's token depends on its records, which stand below this field."""
        if self.strategy is None:
            return True
        fields = self.needs_fields
        return not self.needs_records and fields is not None and field not in fields

    def finds_all(self, fields: Mapping[str, Any]) -> bool:
        """Whether these fields of an answer are enough to tell the next token."""
        return self.strategy is None or (self.needs_fields or frozenset()) <= fields.keys()

    def early(self, page: Page, scope: Scope) -> Any:
        """The next token by what the answer says without its records, or LATER."""
        if self.strategy is None:
            return None
        if self.needs_records:
            return LATER
        try:
            return self.strategy(page, scope) or None
        except TemplateFailed:
            return LATER


def compile_paginator(component: Mapping[str, Any] | None, config: Mapping[str, Any]) -> Paginator:
    """The paginator that a component declares."""
    if component is None or component["type"] == "NoPagination":
        return Paginator()
    if component["type"] != "DefaultPaginator":
        raise DeclarationError(
            f"{component['type']} is no paginator that runs here; expected DefaultPaginator or "
            "NoPagination."
        )
    declared = component["pagination_strategy"]
    maker = _STRATEGIES.get(declared["type"])
    if maker is None:
        raise DeclarationError(
            f"{declared['type']} is no pagination that runs here. "
            f"Known: {', '.join(sorted(_STRATEGIES))}."
        )
    size = _page_size(declared, config)
    token_option, size_option = (
        component.get("page_token_option"),
        component.get("page_size_option"),
    )
    is_path = token_option is not None and token_option["type"] == "RequestPath"
    if size_option and not size:
        raise DeclarationError(
            "The paginator has a page_size_option and its pagination_strategy no page_size. Add "
            "the page_size, or leave the option out."
        )
    strategy, first = maker(declared, size)
    texts = (str(declared.get("cursor_value") or ""), str(declared.get("stop_condition") or ""))
    return Paginator(
        strategy=strategy,
        needs_records=any(not _OF_RECORDS.isdisjoint(names_in(text)) for text in texts),
        needs_fields=_fields(declared, texts),
        first_token=first,
        page_size=size,
        token_option=None if is_path or not token_option else compile_option(token_option, config),
        token_is_path=is_path,
        size_option=compile_option(size_option, config) if size_option else None,
    )


def _fields(declared: Mapping[str, Any], texts: Sequence[str]) -> frozenset[str] | None:
    """The fields of the answer that a cursor's expressions look at, if they name them."""
    if declared["type"] != "CursorPagination":
        return None
    found = [keys_read(text, "response") for text in texts if is_template(text)]
    known = [keys for keys in found if keys is not None]
    return frozenset().union(*known) if len(known) == len(found) else None


def _page_size(declared: Mapping[str, Any], config: Mapping[str, Any]) -> int | None:
    given = declared.get("page_size")
    if isinstance(given, str):
        given = compile_text(given, declared.get("$parameters") or {})({"config": config})
    if given is None or given == "":
        return None
    if not isinstance(given, int):
        raise DeclarationError(
            f"The page_size of {declared['type']} must be a whole number; it is {given!r}."
        )
    return given


def _cursor(declared: Mapping[str, Any], size: int | None) -> tuple[Strategy, Any]:
    """The next token is what an expression finds in the page."""
    parameters = declared.get("$parameters") or {}
    value = compile_text(str(declared["cursor_value"]), parameters)
    condition = declared.get("stop_condition")
    stop = compile_condition(condition, parameters) if condition not in (None, "") else None

    def following(page: Page, scope: Scope) -> Any:
        seen = {
            **scope,
            "response": page.response,
            "headers": page.headers,
            "last_record": page.last_record,
            "last_page_size": page.kept,
            "page_size": size,
        }
        if stop is not None and stop(seen):
            return None
        return value(seen)

    return following, None


def _offset(declared: Mapping[str, Any], size: int | None) -> tuple[Strategy, Any]:
    def following(page: Page, scope: Scope) -> Any:  # noqa: ARG001
        if page.extracted == 0 or (size and page.extracted < size):
            return None
        return _number(page.token, 0) + page.extracted

    return following, 0 if declared.get("inject_on_first_request") else None


def _pages(declared: Mapping[str, Any], size: int | None) -> tuple[Strategy, Any]:
    start = int(declared.get("start_from_page") or 0)

    def following(page: Page, scope: Scope) -> Any:  # noqa: ARG001
        if page.extracted == 0 or (size and page.extracted < size):
            return None
        return _number(page.token, start) + 1

    return following, start if declared.get("inject_on_first_request") else None


def _number(token: Any, before: int) -> int:
    return before if token is None else int(token)


_STRATEGIES: dict[str, Callable[[Mapping[str, Any], int | None], tuple[Strategy, Any]]] = {
    "CursorPagination": _cursor,
    "OffsetIncrement": _offset,
    "PageIncrement": _pages,
}


class LoopGuard:
    """Ends a slice whose pages go round in a circle; one guard for each slice."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._tokens: set[bytes] = set()
        self._before = b""

    def begin(self, token: Any) -> None:
        """The paging begins, or begins anew, with this token (None: without one)."""
        self._tokens.clear()
        self._before = b""
        if token is not None:
            self.token(token)

    def page(self, body: bytes, extracted: int) -> None:
        """Refuse a page with records whose bytes equal those of the page before."""
        if extracted and body == self._before:
            raise SourceError(
                f"The stream {self._stream} got the very same page twice in a row, so the source "
                "seems not to heed the page token and reading would never end. Check "
                "page_token_option against the source's documentation."
            )
        self._before = body

    def token(self, token: Any) -> None:
        """Refuse a token that already led to a page."""
        digest = _digest(token)
        if digest in self._tokens:
            raise SourceError(
                f"The stream {self._stream} was sent to the page {str(token)[:200]!r} for the "
                "second time, so reading would never end. Check cursor_value and stop_condition "
                "against what the source answers on its last page."
            )
        self._tokens.add(digest)


def _digest(token: Any) -> bytes:
    return hashlib.sha256(repr(token).encode("utf-8", "surrogatepass")).digest()
