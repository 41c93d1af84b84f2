"""OAuth 2: access tokens fetched with a refresh token or the client's own credentials.

Belongs here: when a token is fetched, with what, and how a rotating refresh
token survives a crash. Does not belong here: how tokens are encrypted and kept
(resources.http.tokens), or the first consent of a person.

A rotating refresh token is worthless once used: the store keeps its successor on
the disk before the new access token is first used.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from pipelines.errors import ConfigurationError, CredentialsRefused
from pipelines.extract.declarative.interpolation import compile_mapping
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.auth import (
    HEADER,
    AuthContext,
    Authenticator,
    carries,
    text_in,
)
from pipelines.extract.declarative.runtime.decoders import load_json
from pipelines.extract.declarative.runtime.moments import parse_moment
from pipelines.extract.declarative.runtime.options import Parts
from resources.http.judge import Judge, Verdict, standard_judge
from resources.http.message import Answer, Request
from resources.http.tokens import Token, TokenStore

_DEFAULT_LIFE_S = 3600.0
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_DEEPEST = 5


class OAuth(Authenticator):
    """An access token in the Authorization header, renewed when it has expired."""

    def __init__(self, component: Mapping[str, Any], context: AuthContext) -> None:
        self._component = component
        self._context = context
        self._lock = threading.Lock()
        declared = (component, component.get("refresh_token_updater") or {})
        codes = (part.get("refresh_token_error_status_codes") or () for part in declared)
        self._refusals = {400, 401, 403, *(int(code) for given in codes for code in given)}
        self._endpoint = self._text("token_refresh_endpoint")
        updater = component.get("refresh_token_updater")
        self._updater: Mapping[str, Any] | None = updater if isinstance(updater, Mapping) else None
        expiry = self._text("token_expiry_date")
        self._token = Token(
            self._text("access_token_value"),
            self._text("refresh_token") or None,
            self._moment(expiry) if expiry else 0.0,
        )
        if self._updater is not None:
            self._name, self._store = self._kept(self._updater)
            self._token = self._store.get(self._name) or self._token

    def parts(self) -> Parts:
        """The access token, renewed first where it has expired."""
        with self._lock:
            if self._endpoint and self._has_expired():
                self._token = self._renew()
            token = self._token.access_token
        if not token:
            raise ConfigurationError(
                "The OAuthAuthenticator has neither token_refresh_endpoint nor an access token. "
                "Set one of them for this source."
            )
        parts = Parts()
        HEADER.put(parts, f"Bearer {token}")
        return parts

    def refresh(self, refused: Request) -> bool:
        """Let the next request fetch a new access token, if none was since this one."""
        with self._lock:
            if carries(refused, self._token.access_token):
                self._token = replace(self._token, expires_at=0.0)
        return bool(self._endpoint)

    def _has_expired(self) -> bool:
        token = self._token
        return not token.access_token or time.time() >= (token.expires_at or 0.0)

    def _renew(self) -> Token:
        if self._updater is None:
            return self._exchange(self._token.refresh_token or "")
        if self._store.get(self._name) is None:
            self._store.put(self._name, self._token)
        return self._store.renew(self._name, self._exchange, stale=self._token.access_token)

    def _text(self, name: str) -> str:
        return text_in(self._component, name, self._context.config)

    def _kept(self, updater: Mapping[str, Any]) -> tuple[str, TokenStore]:
        """(name in the store, the store) of a refresh token that changes with every use.

        The name is made from the configured refresh token, so that one configured
        anew begins anew. The tokens in the config are taken where nothing is kept.
        """
        if self._context.store is None:
            raise ConfigurationError(
                "This source's refresh token changes with every use, and there is no token store "
                "to keep the new one in: it would be lost. Read the source with a token store."
            )
        found = {}
        for what in ("refresh_token", "access_token", "token_expiry_date"):
            path = updater.get(f"{what}_config_path") or ["credentials", what]
            found[what] = str(paths.get(self._context.config, [str(p) for p in path], "") or "")
        expiry = found["token_expiry_date"]
        self._token = Token(
            found["access_token"] or self._token.access_token,
            found["refresh_token"] or self._token.refresh_token,
            self._moment(expiry) if expiry else self._token.expires_at,
        )
        parts = (self._endpoint, self._text("client_id"), self._token.refresh_token or "")
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return f"oauth/{digest}", self._context.store

    def _moment(self, text: str) -> float:
        form = self._component.get("token_expiry_date_format")
        try:
            return parse_moment(text, [str(form)] if form else []).timestamp()
        except ValueError as error:
            raise ConfigurationError(
                f"The OAuthAuthenticator cannot read when its token expires: {error}. Check "
                "token_expiry_date and token_expiry_date_format."
            ) from None

    def _exchange(self, refresh_token: str) -> Token:
        """The token that the server grants now; CredentialsRefused where it does not."""
        fields = self._fields(refresh_token)
        as_query = bool(self._component.get("send_refresh_request_as_query_params"))
        request = Request(
            method="POST",
            url=self._endpoint,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                **self._mapping("refresh_request_headers"),
            },
            params=fields if as_query else {},
            body=None if as_query else urlencode(fields, doseq=True).encode(),
            repeatable=self._updater is None,
        )
        standard = standard_judge(request)
        answer = self._context.send(request, lambda outcome, n: self._judge(standard, outcome, n))
        return self._granted(load_json(answer.body), answer.status, refresh_token)

    def _judge(self, standard: Judge, outcome: Answer | Exception, attempt: int) -> Verdict:
        if isinstance(outcome, Answer) and outcome.status in self._refusals:
            return Verdict.fail(
                f"The OAuth server refused to give a token, with status {outcome.status}. The "
                "refresh token or the client's credentials are wrong, expired or already used. "
                "Sign in to this source anew.",
                "credentials",
            )
        return standard(outcome, attempt)

    def _fields(self, refresh_token: str) -> dict[str, str | list[str]]:
        if self._component.get("use_profile_assertion"):
            from pipelines.extract.declarative.runtime.auth_jwt import signed

            assertion = signed(self._component["profile_assertion"], self._context.config)
            return {self._called("grant_type"): _JWT_GRANT, "assertion": assertion}
        fields: dict[str, str | list[str]] = {
            self._called("grant_type"): self._text("grant_type") or "refresh_token"
        }
        headers = self._mapping("refresh_request_headers")
        if "authorization" not in {name.lower() for name in headers}:
            fields[self._called("client_id")] = self._text("client_id")
            fields[self._called("client_secret")] = self._text("client_secret")
        if refresh_token:
            fields[self._called("refresh_token")] = refresh_token
        if self._component.get("scopes"):
            fields["scopes"] = [str(scope) for scope in self._component["scopes"]]
        for name, value in self._mapping("refresh_request_body").items():
            fields.setdefault(name, value)
        return fields

    def _called(self, what: str) -> str:
        return self._text(f"{what}_name") or what

    def _mapping(self, name: str) -> dict[str, str]:
        declared = self._component.get(name) or {}
        plain = {key: value for key, value in declared.items() if key != "$parameters"}
        evaluate = compile_mapping(plain, self._component.get("$parameters") or {})
        found = evaluate({"config": self._context.config})
        return {str(key): str(value) for key, value in found.items() if value is not None}

    def _granted(self, body: Any, status: int, refresh_token: str) -> Token:
        access = _find(body, self._called("access_token"))
        if not access:
            raise CredentialsRefused(
                f"The OAuth server answered {status} without {self._called('access_token')!r}. "
                "Check token_refresh_endpoint and access_token_name, or sign in to this source "
                "anew."
            )
        life = _find(body, self._called("expires_in"))
        if life is None:
            expires = time.time() + _DEFAULT_LIFE_S
        elif self._component.get("token_expiry_date_format"):
            expires = self._moment(str(life))
        else:
            expires = time.time() + float(life)
        if self._updater is not None:
            name = str(self._updater.get("refresh_token_name") or "refresh_token")
            refresh_token = str(_find(body, name) or refresh_token)
        for secret in (str(access), refresh_token):
            self._context.keep_secret(secret)
        return Token(str(access), refresh_token or None, expires)


def _find(value: Any, name: str, depth: int = 0) -> Any:
    """The first value under this name at any place up to five levels deep."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        if name in value:
            return value[name]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            found = _find(item, name, depth + 1)
            if found is not None:
                return found
    return None
