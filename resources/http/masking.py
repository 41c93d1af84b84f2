"""Keeping secrets out of events, errors and logs.

Belongs here: which names and values are secret, and replacing them in text.
Does not belong here: where secrets come from or are kept.
"""

from __future__ import annotations

import base64
import logging
import re
import threading
import weakref
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from resources.http.message import Request

HIDDEN = "***"

_SECRET_NAME = re.compile(
    r"authorization|cookie|token|secret|passw|pwd|signature|credential|session|assertion"
    r"|(^|[-_])(key|sig|auth)$|apikey",
    re.IGNORECASE,
)
# A name is looked at once, from its beginning: else a long text takes its length squared.
_IN_QUERY = re.compile(r"(?<![\w.%[\]-])([\w.%[\]-]++)=([^&?#\s\"']+)")
_IN_JSON = re.compile(r"(\\?\"([\w.-]+)\\?\"\s*:\s*\\?\")([^\"\\]+)")
_IN_HEADER = re.compile(r"(?i)\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{6,}")
_USERINFO = re.compile(r"(?i)(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*+://)[^/\s@]+@")
_QUERY = re.compile(r"\?[^\s\"')]+")
_SHORTEST = 4
"""Shorter values are no secrets, and replacing them would tear text apart."""


_known: weakref.WeakSet[Masker] = weakref.WeakSet()
"""Every masker in use, for what other libraries log."""


class Masker:
    """Replaces secrets in text, by the name they go under and by their value."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._values: tuple[str, ...] = ()
        _known.add(self)
        for secret in secrets:
            self.register(secret)

    def register(self, secret: str) -> None:
        """Hide this value from now on, also quoted and in base64."""
        if len(secret) < _SHORTEST:
            return
        with self._lock:
            known = {*self._values, *_spellings(secret)}
            self._values = tuple(sorted(known, key=lambda value: (-len(value), value)))

    def mask(self, text: str, request: Request | None = None) -> str:
        """The text without secrets; `request` adds the secrets it carries."""
        values = self._values
        if request is not None:
            values = (*values, *_carried(request))
        for value in values:
            text = text.replace(value, HIDDEN)
        text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
        text = _IN_QUERY.sub(_hide_parameter, text)
        text = _IN_JSON.sub(_hide_field, text)
        return _IN_HEADER.sub(rf"\1 {HIDDEN}", text)


class _NoSecretsInLog(logging.Filter):
    """urllib3 writes whole URLs to its log; here they lose queries and secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = _QUERY.sub(rf"?{HIDDEN}", record.getMessage())
        for masker in list(_known):
            text = masker.mask(text)
        record.msg, record.args = text, None
        return True


for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_NoSecretsInLog())


def is_secret_name(name: str) -> bool:
    """Whether a header or parameter of this name holds a secret."""
    return bool(_SECRET_NAME.search(name)) and "page" not in name.lower()


def _hide_parameter(found: re.Match[str]) -> str:
    return f"{found[1]}={HIDDEN}" if is_secret_name(found[1]) else found[0]


def _hide_field(found: re.Match[str]) -> str:
    return f"{found[1]}{HIDDEN}" if is_secret_name(found[2]) else found[0]


def _spellings(secret: str) -> set[str]:
    encoded = base64.b64encode(secret.encode()).decode()
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), encoded}


def _carried(request: Request) -> list[str]:
    found: set[str] = set()
    for name, value in request.headers.items():
        if is_secret_name(name):
            found |= {value, value.split(" ", 1)[-1]}
    for name, given in request.params.items():
        if is_secret_name(name):
            found |= {given} if isinstance(given, str) else set(given)
    spelled = {text for value in found if len(value) >= _SHORTEST for text in _spellings(value)}
    return sorted(spelled, key=lambda value: (-len(value), value))
