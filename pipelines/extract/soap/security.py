"""The header by which a request says who asks: WS-Security's user name token.

Belongs here: the token with the password as text or as a digest, and the timestamp.
Does not belong here: signing and encrypting parts of a message, which nothing here
does.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree

from pipelines.errors import DeclarationError

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE = f"{_OASIS}-wssecurity-secext-1.0.xsd"
WSU = f"{_OASIS}-wssecurity-utility-1.0.xsd"
_TOKEN = f"{_OASIS}-username-token-profile-1.0"
_BASE64 = f"{_OASIS}-soap-message-security-1.0#Base64Binary"
_VALID = timedelta(minutes=5)


@dataclass(frozen=True)
class UserToken:
    """Who asks. With `digest` the password itself isn't sent."""

    username: str
    password: str
    digest: bool = False
    timestamp: bool = False

    def __repr__(self) -> str:
        return f"UserToken({self.username})"

    def put(self, envelope: etree._Element, now: datetime | None = None) -> None:
        """Add the header to an envelope; `now` is the time in UTC."""
        space = etree.QName(envelope).namespace
        header = envelope.find(f"{{{space}}}Header")
        if header is None:
            header = etree.Element(f"{{{space}}}Header")
            envelope.insert(0, header)
        security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"wsse": WSSE, "wsu": WSU})
        security.set(f"{{{space}}}mustUnderstand", "1")
        now = now or datetime.now(UTC)
        if self.timestamp:
            times = etree.SubElement(security, f"{{{WSU}}}Timestamp")
            _add(times, WSU, "Created", _time(now))
            _add(times, WSU, "Expires", _time(now + _VALID))
        self._token(etree.SubElement(security, f"{{{WSSE}}}UsernameToken"), now)

    def _token(self, token: etree._Element, now: datetime) -> None:
        _add(token, WSSE, "Username", self.username)
        created = _time(now)
        if not self.digest:
            password = _add(token, WSSE, "Password", self.password)
            password.set("Type", f"{_TOKEN}#PasswordText")
            return
        nonce = os.urandom(16)
        # The profile says SHA-1; the nonce and the time keep the digest from being used again.
        whole = nonce + created.encode() + self.password.encode()
        digest = hashlib.sha1(whole, usedforsecurity=False).digest()
        password = _add(token, WSSE, "Password", base64.b64encode(digest).decode())
        password.set("Type", f"{_TOKEN}#PasswordDigest")
        random = _add(token, WSSE, "Nonce", base64.b64encode(nonce).decode())
        random.set("EncodingType", _BASE64)
        _add(token, WSU, "Created", created)


def read_security(declared: Mapping[str, Any], source: str) -> UserToken | None:
    """The declared token; None where nothing is declared."""
    if not declared:
        return None
    unknown = sorted(set(declared) - {"username", "password", "digest", "timestamp"})
    if unknown or "username" not in declared or "password" not in declared:
        raise DeclarationError(
            f"The security of the source {source} declares {', '.join(declared)}. Expected "
            "username and password, and perhaps digest and timestamp as true."
        )
    return UserToken(
        username=str(declared["username"]),
        password=str(declared["password"]),
        digest=bool(declared.get("digest", False)),
        timestamp=bool(declared.get("timestamp", False)),
    )


def _add(parent: etree._Element, space: str, name: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{space}}}{name}")
    element.text = text
    return element


def _time(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
