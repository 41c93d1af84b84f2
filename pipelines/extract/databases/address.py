"""A database's address: what kind it is, and how to speak of it without its password.

Belongs here: looking into the address, and blotting secrets out of texts. Does not
belong here: connecting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, quote_plus, unquote, urlsplit

from pipelines.errors import ConfigurationError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9_]*)(\+[A-Za-z0-9_]+)?:(?=//)")
_SECRET_PARTS = ("password", "passwd", "sslpassword", "token", "secret")


@dataclass(frozen=True)
class Address:
    """The address of one database. `text` is as it was given and is never shown."""

    text: str = field(repr=False)
    kind: str
    shown: str

    @classmethod
    def of(cls, text: str, setting: str) -> Address:
        """Look into an address; `setting` is where it came from, for the error."""
        scheme = _SCHEME.match(text)
        try:
            parts = urlsplit(text) if scheme else None
            port = parts.port if parts else None
        except ValueError:
            parts = None
        if scheme is None or parts is None:
            raise ConfigurationError(
                f"The setting {setting} is no address of a database. Expected one such as "
                "postgresql://user:password@host:5432/database, mysql+pymysql://… or "
                "sqlite:////folder/file.db; characters such as @ : / ? # in a password are "
                "written as %40 %3A %2F %3F %23."
            )
        kind = scheme[1].lower()
        kind = "postgresql" if kind == "postgres" else kind
        user = f"{unquote(parts.username)}@" if parts.username else ""
        host = (parts.hostname or "") + (f":{port}" if port else "")
        return cls(text, kind, f"{kind}://{user}{host}{unquote(parts.path)}")

    @property
    def bare(self) -> str:
        """The address without the name of a Python driver, as a C library takes it."""
        return re.sub(_SCHEME, f"{self.kind}:", self.text, count=1)

    @property
    def options(self) -> dict[str, str]:
        """What stands behind the question mark."""
        return {name: each[-1] for name, each in parse_qs(urlsplit(self.text).query).items()}

    def blotted(self, text: str) -> str:
        """`text` with every form of the address's secrets, and the address, hidden."""
        for secret in sorted(self._secrets(), key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def _secrets(self) -> set[str]:
        parts = urlsplit(self.text)
        plain = {unquote(parts.password)} if parts.password else set()
        plain |= {value for name, value in self.options.items() if name.lower() in _SECRET_PARTS}
        forms = {
            form for value in plain for form in (value, quote(value, safe=""), quote_plus(value))
        }
        forms |= {parts.password} if parts.password else set()
        return {form for form in forms | {self.text, self.bare} if form}
