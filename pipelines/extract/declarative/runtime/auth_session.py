"""Signing in for a session token, which later requests carry.

Belongs here: SessionTokenAuthenticator and its older kind. Does not belong here: other tokens.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from pipelines.errors import CredentialsRefused
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.auth import (
    HEADER,
    AuthContext,
    Authenticator,
    carries,
    compile_authenticator,
    text_in,
)
from pipelines.extract.declarative.runtime.decoders import compile_decoder, load_json
from pipelines.extract.declarative.runtime.judging import ErrorHandling
from pipelines.extract.declarative.runtime.moments import duration, later
from pipelines.extract.declarative.runtime.options import Option, Parts, compile_option
from pipelines.extract.declarative.runtime.requesters import Requester
from resources.http.judge import Verdict, standard_judge
from resources.http.message import Answer, Request


class Session(Authenticator):
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


class LegacySession(Authenticator):
    """A session token in a header, given in the config or got with a user's password.

    A given token is tried once at `validate_session_url`; one that doesn't hold is
    exchanged for a new one.
    """

    def __init__(self, component: Mapping[str, Any], context: AuthContext) -> None:
        self._context = context
        self._component = component
        self._option = Option("header", (self._text("header"),))
        self._lock = threading.Lock()
        self._token = ""

    def parts(self) -> Parts:
        """The token in its header."""
        with self._lock:
            if not self._token:
                given = self._text("session_token")
                self._token = given if given and self._holds(given) else self._sign_in()
                self._context.keep_secret(self._token)
            token = self._token
        parts = Parts()
        self._option.put(parts, token)
        return parts

    def refresh(self, refused: Request) -> bool:
        """Forget the refused token, so that the next request signs in."""
        with self._lock:
            if carries(refused, self._token):
                self._token = ""
        return True

    def _text(self, name: str) -> str:
        return text_in(self._component, name, self._context.config)

    def _holds(self, token: str) -> bool:
        request = Request(
            url=self._text("validate_session_url"), headers={self._text("header"): token}
        )
        answer = self._context.send(request, lambda outcome, n: _taken_as_it_is(outcome, n))
        return 200 <= answer.status < 300

    def _sign_in(self) -> str:
        body = {"username": self._text("username"), "password": self._text("password")}
        request = Request(
            method="POST",
            url=self._text("login_url"),
            headers={"Content-Type": "application/json"},
            body=orjson.dumps(body),
        )
        answer = self._context.send(request, standard_judge(request))
        found = paths.get(load_json(answer.body), [self._text("session_token_response_key")], None)
        if not found:
            raise CredentialsRefused(
                f"The login answered {answer.status} and gave no "
                f"{self._text('session_token_response_key')!r}. Check the user and the password "
                "of this source."
            )
        return str(found)


def _taken_as_it_is(outcome: Answer | Exception, attempt: int) -> Verdict:  # noqa: ARG001
    return Verdict.success() if isinstance(outcome, Answer) else Verdict.ignore("no answer")
