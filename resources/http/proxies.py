"""Which proxy leads to a host, by a setting or by the variables that every tool knows.

Belongs here: HTTPS_PROXY, HTTP_PROXY, NO_PROXY and what they mean. Does not belong
here: connecting through a proxy (transport), or which hosts may be asked (guard).
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from urllib3.util import Url, parse_url

from pipelines.errors import ConfigurationError

NO_PROXY = "none"
"""What the setting says where no proxy is to be used, whatever the environment holds."""


@dataclass(frozen=True)
class Proxies:
    """The proxies for addresses with http and https; empty: none.

    Each is `http://host:3128`, with `user:password@` where it wants to know who asks.
    `bypass` are the hosts that are asked directly: names with all names below them,
    addresses, networks such as 10.0.0.0/8, each also with a port, or `*` for all.
    """

    http: str = field(default="", repr=False)
    https: str = field(default="", repr=False)
    bypass: tuple[str, ...] = ()

    @classmethod
    def meant(cls, setting: str | None, environ: Mapping[str, str] | None = None) -> Proxies:
        """By the setting: one proxy for all, or `none`; unset, by the environment.

        ConfigurationError for a proxy of a kind that isn't spoken here.
        """
        if setting == NO_PROXY:
            return cls()
        found = os.environ if environ is None else environ
        proxies = {
            scheme: _proxy(setting or _variable(found, f"{scheme}_proxy"), f"{scheme}_proxy")
            for scheme in ("http", "https")
        }
        bypass = _variable(found, "no_proxy").replace(",", " ").split()
        return cls(**proxies, bypass=tuple(part.lower() for part in bypass))

    def of(self, url: Url) -> str:
        """The proxy for an address; empty where it is asked directly."""
        proxy = self.https if url.scheme == "https" else self.http
        return "" if not proxy or self._is_direct(url) else proxy

    def _is_direct(self, url: Url) -> bool:
        host = (url.host or "").strip("[]").rstrip(".").lower()
        address = _address(host)
        if host == "localhost" or (address is not None and address.is_loopback):
            return True
        port = url.port or (443 if url.scheme == "https" else 80)
        return any(_names(part, host, port, address) for part in self.bypass)


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _names(part: str, host: str, port: int, address: Address | None) -> bool:
    """Whether one entry of NO_PROXY names the host."""
    if part == "*":
        return True
    if address is not None:
        try:
            return address in ipaddress.ip_network(part, strict=False)
        except ValueError:
            pass  # a name, or an address with a port
    name, _, wanted = part.rpartition(":") if part.count(":") == 1 else (part, "", "")
    if wanted and wanted != str(port):
        return False
    name = name.removeprefix("*").lstrip(".")
    return bool(name) and (host == name or (address is None and host.endswith(f".{name}")))


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _variable(environ: Mapping[str, str], name: str) -> str:
    return (environ.get(name) or environ.get(name.upper()) or "").strip()


def _proxy(text: str, variable: str) -> str:
    """The address of a proxy, written whole."""
    if not text:
        return ""
    whole = text if "://" in text else f"http://{text}"
    if whole.partition("://")[0].lower() not in ("http", "https") or not parse_url(whole).host:
        raise ConfigurationError(
            f"The proxy in HEADWATER_PROXY or {variable.upper()} is not one that is spoken to "
            "here. Expected http://host:port or https://host:port, or HEADWATER_PROXY=none for no "
            "proxy."
        )
    return whole
