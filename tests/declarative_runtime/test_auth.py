"""Requests prove who sends them, and tokens are renewed without losing one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from pipelines.errors import ConfigurationError, CredentialsRefused, DeclarationError
from resources.http.tokens import TokenStore, new_key
from tests.declarative_runtime.reading import pages, records, stream
from tests.declarative_runtime.server import Reply, Seen, Server, serve


def header(name: str, **authenticator: Any) -> str:
    with serve(lambda _: {"data": []}) as server:
        pages(
            server.url,
            stream(requester={"authenticator": authenticator}),
            token="t0k",
            user="ann",
            choice={"kind": "b"},
        )
        return server.seen[0].headers[name]


def test_fixed_tokens_stand_where_they_are_declared() -> None:
    token = "{{ config['token'] }}"
    assert header("authorization", type="BearerAuthenticator", api_token=token) == "Bearer t0k"
    assert header("x-key", type="ApiKeyAuthenticator", header="X-Key", api_token=token) == "t0k"
    basic = header(
        "authorization",
        type="BasicHttpAuthenticator",
        username="{{ config['user'] }}",
        password=token,
    )
    assert base64.b64decode(basic.removeprefix("Basic ")) == b"ann:t0k"


def test_a_key_may_be_a_parameter() -> None:
    option = {
        "type": "RequestOption",
        "inject_into": "request_parameter",
        "field_name": "api_key",
    }
    auth = {"type": "ApiKeyAuthenticator", "api_token": "k", "inject_into": option}
    with serve(lambda _: {"data": []}) as server:
        pages(server.url, stream(requester={"authenticator": auth}))
        assert server.seen[0].params == {"api_key": "k"}


def test_the_config_chooses_the_authenticator() -> None:
    choices = {
        "a": {"type": "NoAuth"},
        "b": {"type": "BearerAuthenticator", "api_token": "{{ config['token'] }}"},
    }
    assert (
        header(
            "authorization",
            type="SelectiveAuthenticator",
            authenticator_selection_path=["choice", "kind"],
            authenticators=choices,
        )
        == "Bearer t0k"
    )
    with pytest.raises(DeclarationError, match="Expected one of a, b"):
        header(
            "authorization",
            type="SelectiveAuthenticator",
            authenticator_selection_path=["choice", "nothing"],
            authenticators=choices,
        )


# ── signed tokens ─────────────────────────────────────────────────────────────


def part(token: str, index: int) -> bytes:
    text = token.split(".")[index]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed(key: str, algorithm: str, **more: Any) -> str:
    return header(
        "authorization",
        type="JwtAuthenticator",
        secret_key=key,
        algorithm=algorithm,
        token_duration=60,
        jwt_headers={"kid": "k1"},
        jwt_payload={"iss": "{{ config['user'] }}", "aud": "them"},
        additional_jwt_payload={"scope": "all"},
        header_prefix="Bearer",
        **more,
    ).removeprefix("Bearer ")


def test_a_shared_secret_signs_the_declared_claims() -> None:
    token = signed("shared", "HS256")
    message, _, signature = token.rpartition(".")
    assert part(token, 2) == hmac.digest(b"shared", message.encode(), hashlib.sha256)
    assert signature
    assert json.loads(part(token, 0)) == {"typ": "JWT", "kid": "k1", "alg": "HS256"}
    claims = json.loads(part(token, 1))
    assert (claims["iss"], claims["aud"], claims["scope"]) == ("ann", "them", "all")
    assert claims["exp"] - claims["iat"] == 60
    assert abs(claims["iat"] - time.time()) < 30


def pem(key: Any, passphrase: bytes | None = None) -> str:
    how = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    made: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how
    )
    return made.decode()


def test_private_keys_sign_what_their_public_keys_verify() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token = signed(pem(key, b"pass"), "RS256", passphrase="pass")
    message = token.rpartition(".")[0].encode()
    key.public_key().verify(part(token, 2), message, padding.PKCS1v15(), hashes.SHA256())
    curve = ec.generate_private_key(ec.SECP256R1())
    token = signed(pem(curve), "ES256")
    raw = part(token, 2)
    assert len(raw) == 64
    pair = utils.encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    curve.public_key().verify(pair, token.rpartition(".")[0].encode(), ec.ECDSA(hashes.SHA256()))


def test_a_wrong_key_is_told_without_showing_it() -> None:
    with pytest.raises(ConfigurationError, match="PEM") as caught:
        signed("no-key-at-all", "RS256")
    assert "no-key-at-all" not in str(caught.value)


# ── sessions ──────────────────────────────────────────────────────────────────


def session(**more: Any) -> dict[str, Any]:
    return {
        "type": "SessionTokenAuthenticator",
        "login_requester": {
            "type": "HttpRequester",
            "url_base": "{{ config['url'] }}",
            "path": "/login",
            "http_method": "POST",
            "request_body_json": {"user": "ann"},
        },
        "session_token_path": ["auth", "token"],
        "request_authentication": {"type": "Bearer"},
        **more,
    }


def login_server() -> Any:
    logins = iter(range(1, 100))

    def answer(seen: Seen) -> Any:
        if seen.path == "/login":
            return {"auth": {"token": f"s{next(logins)}"}}
        page = int(seen.params.get("page", 0))
        return {"data": [{"token": seen.headers.get("authorization"), "page": page}] * (page < 2)}

    return answer


TWO_PAGES = {
    "paginator": {
        "type": "DefaultPaginator",
        "page_token_option": {
            "type": "RequestOption",
            "inject_into": "request_parameter",
            "field_name": "page",
        },
        "pagination_strategy": {"type": "PageIncrement"},
    }
}


def test_a_session_lasts_as_long_as_declared() -> None:
    with serve(login_server()) as server:
        lasting = session(expiration_duration="PT1H")
        found = pages(server.url, stream(requester={"authenticator": lasting}, retriever=TWO_PAGES))
        assert [record["token"] for record in records(found)] == ["Bearer s1", "Bearer s1"]
        found = pages(
            server.url, stream(requester={"authenticator": session()}, retriever=TWO_PAGES)
        )
        assert [record["token"] for record in records(found)] == ["Bearer s2", "Bearer s3"]


def test_a_session_token_goes_where_the_template_puts_it() -> None:
    option = {"type": "RequestOption", "inject_into": "header", "field_name": "Authorization"}
    how = {"type": "ApiKey", "inject_into": option, "api_token": "Session {{ session_token }}"}
    with serve(login_server()) as server:
        auth = session(request_authentication=how)
        found = pages(server.url, stream(requester={"authenticator": auth}))
        assert records(found) == [{"token": "Session s1", "page": 0}]


def test_a_login_without_a_token_is_told() -> None:
    with (
        serve(lambda _: {"error": "no"}) as server,
        pytest.raises(CredentialsRefused, match=r"auth\.token"),
    ):
        pages(server.url, stream(requester={"authenticator": session()}))


# ── OAuth ─────────────────────────────────────────────────────────────────────


class Vendor:
    """An OAuth server whose refresh tokens work once, and an API that checks tokens."""

    def __init__(self, *, life: int = 3600, rotate: bool = True) -> None:
        self.life, self.rotate = life, rotate
        self.refresh, self.access = "r0", ""
        self.count = 0
        self.grants: list[dict[str, str]] = []
        self.lock = threading.Lock()

    def __call__(self, seen: Seen) -> Any:
        if seen.path == "/token":
            return self.grant(dict(parse_qsl(seen.body.decode())))
        if seen.headers.get("authorization") != f"Bearer {self.access}":
            return Reply({"error": "expired"}, 401)
        return {"data": [{"id": self.count}]}

    def grant(self, form: dict[str, str]) -> Any:
        with self.lock:
            self.grants.append(form)
            if form["grant_type"] == "refresh_token" and form.get("refresh_token") != self.refresh:
                return Reply({"error": "invalid_grant"}, 400)
            self.count += 1
            self.access = f"a{self.count}"
            answer = {"access_token": self.access, "expires_in": self.life}
            if self.rotate:
                self.refresh = f"r{self.count}"
                answer["refresh_token"] = self.refresh
            return {"result": answer}


def oauth(**more: Any) -> dict[str, Any]:
    return {
        "type": "OAuthAuthenticator",
        "token_refresh_endpoint": "{{ config['url'] }}/token",
        "client_id": "me",
        "client_secret": "hush",
        "refresh_token": "{{ config['credentials']['refresh_token'] }}",
        **more,
    }


def read_oauth(server: Server, store: TokenStore | None = None, **more: Any) -> list[Any]:
    wanted = stream(requester={"authenticator": oauth(**more)})
    found = pages(server.url, wanted, store=store, credentials={"refresh_token": "r0"})
    return records(found)


def test_a_refresh_token_is_exchanged_for_an_access_token() -> None:
    vendor = Vendor(rotate=False)
    with serve(vendor) as server:
        assert read_oauth(server, refresh_request_body={"audience": "x"}) == [{"id": 1}]
    assert vendor.grants == [
        {
            "grant_type": "refresh_token",
            "client_id": "me",
            "client_secret": "hush",
            "refresh_token": "r0",
            "audience": "x",
        }
    ]


def test_client_credentials_need_no_refresh_token() -> None:
    vendor = Vendor(rotate=False)
    with serve(vendor) as server:
        wanted = oauth(grant_type="client_credentials")
        del wanted["refresh_token"]
        pages(server.url, stream(requester={"authenticator": wanted}))
    assert vendor.grants == [
        {"grant_type": "client_credentials", "client_id": "me", "client_secret": "hush"}
    ]


def test_a_token_that_expires_meanwhile_is_renewed_once_and_the_page_read() -> None:
    vendor = Vendor(rotate=False)
    with serve(vendor) as server:
        far = "2999-01-01T00:00:00Z"
        found = read_oauth(server, access_token_value="old", token_expiry_date=far)
        assert found == [{"id": 1}]
    assert len(vendor.grants) == 1


def test_a_source_that_refuses_every_token_does_not_run_for_ever() -> None:
    def answer(seen: Seen) -> Any:
        return {"access_token": "a"} if seen.path == "/token" else Reply({}, 401)

    with serve(answer) as server, pytest.raises(CredentialsRefused):
        read_oauth(server)
    assert len(server.seen) < 12


def test_a_rotating_refresh_token_outlives_the_run(tmp_path: Path) -> None:
    vendor = Vendor(life=-1)
    key = new_key()
    with serve(vendor) as server:
        for run in (1, 2, 3):
            store = TokenStore(tmp_path, key)
            assert read_oauth(server, store, refresh_token_updater={}) == [{"id": run}]
    assert [grant["refresh_token"] for grant in vendor.grants] == ["r0", "r1", "r2"]


def test_a_rotating_refresh_token_without_a_store_is_not_spent() -> None:
    vendor = Vendor()
    with serve(vendor) as server, pytest.raises(ConfigurationError, match="token store"):
        read_oauth(server, refresh_token_updater={})
    assert vendor.grants == []


def test_a_refused_refresh_token_is_told_without_showing_it(tmp_path: Path) -> None:
    vendor = Vendor()
    vendor.refresh = "elsewhere"
    with serve(vendor) as server, pytest.raises(CredentialsRefused, match="Sign in") as caught:
        read_oauth(server, TokenStore(tmp_path, new_key()), refresh_token_updater={})
    assert "r0" not in str(caught.value)
    assert "hush" not in str(caught.value)


def test_an_old_session_token_is_tried_and_replaced_by_a_password() -> None:
    def answer(seen: Seen) -> Any:
        if seen.path == "/me":
            return Reply({}, 200 if seen.headers["x-session"] == "good" else 401)
        if seen.path == "/login":
            assert seen.json() == {"username": "ann", "password": "p"}
            return {"id": "fresh"}
        return {"data": [{"token": seen.headers["x-session"]}]}

    auth = {
        "type": "LegacySessionTokenAuthenticator",
        "header": "X-Session",
        "login_url": "{{ config['url'] }}/login",
        "validate_session_url": "{{ config['url'] }}/me",
        "session_token": "{{ config['given'] }}",
        "session_token_response_key": "id",
        "username": "ann",
        "password": "p",
    }
    with serve(answer) as server:
        for given, expected in (("good", "good"), ("stale", "fresh"), ("", "fresh")):
            found = pages(server.url, stream(requester={"authenticator": auth}), given=given)
            assert records(found) == [{"token": expected}]
