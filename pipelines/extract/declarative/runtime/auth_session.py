"""Signing in for a session token, which later requests carry.

Belongs here: SessionTokenAuthenticator. Does not belong here: other tokens.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.errors import CredentialsRefused
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.auth import (
    HEADER,
    AuthContext,
    carries,
    compile_authenticator,
)
from pipelines.extract.declarative.runtime.decoders import compile_decoder
from pipelines.extract.declarative.runtime.judging import ErrorHandling
from pipelines.extract.declarative.runtime.moments import duration, later
from pipelines.extract.declarative.runtime.options import Parts, compile_option
from pipelines.extract.declarative.runtime.requesters import Requester
from resources.http.message import Request


class Session:
    """A session token from a login request; without a duration, one for each request."""

    def __init__(self, component: Mapping[str, Any], context: AuthContext) -> None:
        login = component["login_requester"]
        self._requester = Requester(login)
        self._login_auth = compile_authenticator(login.get("authenticator"), context)
        self._context = context
        self._errors = ErrorHandling(login.get("error_handler"), context.config)
        self._decode = compile_decoder(component.get("decoder"))
        self._path = [str(part) for part in component["session_token_path"]]
        lasts = component.get("expiration_duration")
        self._lasts = duration(lasts) if lasts else timedelta()
        self._carry(component["request_authentication"])
        self._token = ""
        self._expires = datetime.now(UTC)
        self._lock = threading.Lock()

    def _carry(self, declared: Mapping[str, Any]) -> None:
        if declared["type"] == "Bearer":
            self._option, template, self._prefix = HEADER, "{{ session_token }}", "Bearer "
        else:
            self._option = compile_option(declared["inject_into"], self._context.config)
            template, self._prefix = declared.get("api_token") or "{{ session_token }}", ""
        self._text = compile_text(str(template), declared.get("$parameters") or {})

    def parts(self) -> Parts:
        """The session token at its place, after signing in where there is none."""
        with self._lock:
            if not self._token or datetime.now(UTC) >= self._expires:
                self._sign_in()
            token = self._token
        scope = {"config": self._context.config, "session_token": token}
        parts = Parts()
        self._option.put(parts, f"{self._prefix}{self._text(scope)}")
        return parts

    def refresh(self, refused: Request) -> bool:
        """Forget the refused token, so that the next request signs in."""
        with self._lock:
            if carries(refused, self._token):
                self._token = ""
        return True

    def _sign_in(self) -> None:
        scope = {"config": self._context.config, "next_page_token": None, "stream_slice": {}}
        request = self._requester.request(scope, [self._login_auth.parts()])
        judge = self._errors.judge(request, lambda: False, lambda _: None)
        answer = self._context.send(request, judge)
        found = paths.get(next(self._decode(answer.body), {}), self._path, None)
        if not found:
            raise CredentialsRefused(
                f"The login at {answer.url.split('?', 1)[0]} answered {answer.status} and gave no "
                f"session token at {'.'.join(self._path)}. Check the credentials of this source, "
                "and session_token_path against what the login answers."
            )
        self._token = str(found)
        self._context.keep_secret(self._token)
        self._expires = later(datetime.now(UTC), self._lasts)
