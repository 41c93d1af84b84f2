"""How requests prove who sends them: every authenticator of the vocabulary.

Belongs here: choosing and compiling the authenticator, and the kinds that need
no answer of a server first. Does not belong here: OAuth and sessions (auth_oauth,
auth_session), tokens with quotas (auth_tokens), signing (auth_jwt), or keeping secrets.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.answers import AnswerCache
from pipelines.extract.declarative.runtime.options import Option, Parts, compile_option
from resources.http.judge import Judge
from resources.http.message import Answer, Request
from resources.http.tokens import TokenStore

Send = Callable[[Request, Judge], Answer]
HEADER = Option("header", ("Authorization",))


class Authenticator:
    """Adds credentials to requests; this one adds none."""

    def parts(self) -> Parts:
        """What the next request carries; may fetch a token first."""
        return Parts()

    def refresh(self, refused: Request) -> bool:  # noqa: ARG002
        """Let the next request carry another token than the refused one did.

        False where there is no such thing. A token that was renewed meanwhile stays.
        """
        return False

    def signed(self, request: Request) -> Request:
        """The request as it leaves, where its credentials depend on what it asks for."""
        return request

    def learn(self, request: Request, answer: Answer, attempt: int) -> None:
        """Take note of an answer to a signed request."""

    def has_other(self, request: Request) -> bool:  # noqa: ARG002
        """Whether its credentials are used up for now, and others are not."""
        return False


@dataclass(frozen=True)
class AuthContext:
    """What authenticators are built with: the config, the network, kept tokens.

    `keep_secret` is told every token that is granted, so that it never shows;
    `pause` waits for so many seconds; `cache` keeps answers that may be taken again,
    and `authenticators` those that were compiled with this config.
    """

    config: Mapping[str, Any]
    send: Send
    store: TokenStore | None = None
    keep_secret: Callable[[str], None] = lambda _: None
    pause: Callable[[float], None] = time.sleep
    cache: AnswerCache = field(default_factory=AnswerCache)
    authenticators: dict[str, Authenticator] = field(default_factory=dict)

    def authenticator(self, component: Mapping[str, Any] | None) -> Authenticator:
        """The authenticator of a component; equal components share one, and its token."""
        key = json.dumps(component, sort_keys=True, default=str)
        found = self.authenticators.get(key)
        if found is None:
            found = self.authenticators.setdefault(key, compile_authenticator(component, self))
        return found


def carries(request: Request, token: str) -> bool:
    """Whether a request has this token anywhere."""
    if not token:
        return False
    given = [*request.headers.values(), *map(str, request.params.values()), request.url]
    return any(token in text for text in given) or token.encode() in (request.body or b"")


class Fixed(Authenticator):
    """A token that no server has to be asked for; made anew for each request."""

    def __init__(self, option: Option, token: Callable[[], str]) -> None:
        self._option = option
        self._token = token

    def parts(self) -> Parts:
        """The token at its place."""
        parts = Parts()
        self._option.put(parts, self._token())
        return parts


def compile_authenticator(
    component: Mapping[str, Any] | None, context: AuthContext
) -> Authenticator:
    """The authenticator that a component declares; none at all without one."""
    if component is None:
        return Authenticator()
    maker = _MAKERS.get(component["type"])
    if maker is None:
        raise DeclarationError(
            f"{component['type']} is no authenticator that runs here. "
            f"Known: {', '.join(sorted(_MAKERS))}."
        )
    return maker(component, context)


def text_in(component: Mapping[str, Any], name: str, config: Mapping[str, Any]) -> str:
    """A field of an authenticator as text; empty where it is not declared."""
    value = component.get(name)
    if value is None:
        return ""
    found = compile_text(str(value), component.get("$parameters") or {})({"config": config})
    return "" if found is None else str(found)


def _none(component: Mapping[str, Any], context: AuthContext) -> Authenticator:  # noqa: ARG001
    return Authenticator()


def _api_key(component: Mapping[str, Any], context: AuthContext) -> Authenticator:
    if component.get("inject_into"):
        option = compile_option(component["inject_into"], context.config)
    else:
        option = Option("header", (text_in(component, "header", context.config),))
    return Fixed(option, lambda: text_in(component, "api_token", context.config))


def _bearer(component: Mapping[str, Any], context: AuthContext) -> Authenticator:
    return Fixed(HEADER, lambda: f"Bearer {text_in(component, 'api_token', context.config)}")


def _basic(component: Mapping[str, Any], context: AuthContext) -> Authenticator:
    def token() -> str:
        user = text_in(component, "username", context.config)
        password = text_in(component, "password", context.config)
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    return Fixed(HEADER, token)


def _selective(component: Mapping[str, Any], context: AuthContext) -> Authenticator:
    path = [str(part) for part in component["authenticator_selection_path"]]
    chosen = paths.get(context.config, path, None)
    found = component["authenticators"].get(str(chosen))
    if found is None:
        raise DeclarationError(
            f"The setting {'.'.join(path)} chooses how to sign in; it is {chosen!r}. "
            f"Expected one of {', '.join(sorted(component['authenticators']))}."
        )
    return compile_authenticator(found, context)


def _jwt(component: Mapping[str, Any], context: AuthContext) -> Authenticator:
    from pipelines.extract.declarative.runtime.auth_jwt import signed

    declared = component.get("request_option")
    option = compile_option(declared, context.config) if declared else HEADER
    prefix = text_in(component, "header_prefix", context.config)

    def token() -> str:
        made = signed(component, context.config)
        return f"{prefix} {made}" if prefix else made

    return Fixed(option, token)


def _oauth(component: Mapping[str, Any], context: AuthContext) -> Authenticator:
    from pipelines.extract.declarative.runtime.auth_oauth import OAuth

    return OAuth(component, context)


def _session(component: Mapping[str, Any], context: AuthContext) -> Authenticator:
    from pipelines.extract.declarative.runtime.auth_session import Session

    return Session(component, context)


def _legacy_session(component: Mapping[str, Any], context: AuthContext) -> Authenticator:
    from pipelines.extract.declarative.runtime.auth_session import LegacySession

    return LegacySession(component, context)


def _several(component: Mapping[str, Any], context: AuthContext) -> Authenticator:
    from pipelines.extract.declarative.runtime.auth_tokens import Tokens

    return Tokens(component, context)


_MAKERS: dict[str, Callable[[Mapping[str, Any], AuthContext], Authenticator]] = {
    "NoAuth": _none,
    "ApiKeyAuthenticator": _api_key,
    "BearerAuthenticator": _bearer,
    "BasicHttpAuthenticator": _basic,
    "SelectiveAuthenticator": _selective,
    "JwtAuthenticator": _jwt,
    "OAuthAuthenticator": _oauth,
    "SessionTokenAuthenticator": _session,
    "LegacySessionTokenAuthenticator": _legacy_session,
    "RateLimitedMultipleTokenAuthenticator": _several,
}
