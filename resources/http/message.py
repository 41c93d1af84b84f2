"""What goes out and what comes back: request, answer, their headers.

Belongs here: plain frozen values. Does not belong here: sending, judging, or
hiding secrets in text; these values only keep secrets out of their own repr.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace


class Headers(Mapping[str, str]):
    """Header names to values; looking up ignores case, iterating keeps it."""

    def __init__(self, items: Mapping[str, str] | None = None) -> None:
        self._items = {name.lower(): (name, value) for name, value in (items or {}).items()}

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._items

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Headers({', '.join(self)})"

    def with_(self, more: Mapping[str, str]) -> Headers:
        """These headers and `more`, which wins."""
        return Headers({**{n.lower(): v for n, v in self.items()}, **Headers(more).lowered()})

    def lowered(self) -> dict[str, str]:
        """A dict with names in lower case."""
        return {name: value for name, (_, value) in self._items.items()}


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request. `params` are added to the URL's query; a list repeats a name.

    `key` and `tenant` name whose budgets are used (never the secret itself);
    `cost` is what the request takes from limits counted in other units than
    requests, e.g. `{"tokens": 5}`. `repeatable=False` marks a write that must
    not be sent again once it may have arrived.
    """

    method: str = "GET"
    url: str
    headers: Mapping[str, str] = field(default_factory=Headers)
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    body: bytes | None = None
    key: str = ""
    tenant: str = ""
    cost: Mapping[str, float] = field(default_factory=dict)
    repeatable: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "method", self.method.upper())
        if not isinstance(self.headers, Headers):
            object.__setattr__(self, "headers", Headers(self.headers))

    def __repr__(self) -> str:
        host = self.url.split("?", 1)[0].split("/", 3)[2:3]
        return f"Request({self.method} {''.join(host).rsplit('@', 1)[-1]})"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One whole answer; `body` is decompressed, `url` the last one after redirects.

    `elapsed_s` is how long the last attempt took, `attempts` how many there
    were. `ignored` says that the judge told to go on without this answer (its
    status is 0 and its body empty if there was none at all).
    """

    status: int
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    elapsed_s: float
    attempts: int = 1
    ignored: bool = False


@dataclass(frozen=True)
class Validators:
    """What a server gave to ask later whether anything changed."""

    etag: str | None = None
    last_modified: str | None = None


def validators(answer: Answer) -> Validators:
    """The validators of an answer, for `only_if_changed` at the next run."""
    return Validators(answer.headers.get("ETag"), answer.headers.get("Last-Modified"))


def only_if_changed(request: Request, known: Validators) -> Request:
    """The request with conditions; the answer has status 304 if nothing changed."""
    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    given = {name: value for name, value in conditions.items() if value}
    return replace(request, headers=Headers(request.headers).with_(given))
