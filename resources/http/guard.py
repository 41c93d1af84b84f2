"""Which addresses a source may reach, against requests forged through it.

Belongs here: checking a URL and resolving its host once, to addresses that are
checked and then used. Does not belong here: connecting to them.
"""

from __future__ import annotations

import ipaddress
import re
import socket

from urllib3.util import parse_url

from resources.http.failures import AddressRefused, RequestFailed

_PLATFORM = {ipaddress.ip_address("168.63.129.16")}
"""Public by number, but a cloud's own service for its machines."""

_PRIVATE_NAME = re.compile(
    r"^\.[^.]*$|\.(local|localhost|localdomain|internal|intranet|private|corp|home|lan|home\.arpa)$"
)
"""Names without a dot, and endings that are kept from the public or used in private."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]


class Guard:
    """Refuses private and special addresses, unless the host is in `allow_hosts`."""

    def __init__(self, allow_hosts: frozenset[str]) -> None:
        self._allowed = {_bare(host) for host in allow_hosts}
        self._cleared: set[str] = set()

    def check(self, url: str) -> None:
        """Raise AddressRefused for a URL that no connection is opened for."""
        parts = parse_url(url)
        if parts.scheme not in ("http", "https"):
            raise AddressRefused(
                f"The address begins with {parts.scheme or 'no scheme'}. Expected http or https."
            )
        if not parts.host:
            raise AddressRefused("The address names no host. Expected https://host/path.")
        if parts.auth:
            raise AddressRefused(
                "The address carries a user name or password. Put credentials into the source's "
                "authentication, where they are kept out of logs."
            )
        self._check_form(_bare(parts.host))

    def check_proxied(self, url: str) -> None:
        """Raise AddressRefused for a host that a proxy must not be asked for.

        The proxy resolves the name, so what it will reach can't be pinned. A name that
        is known here is checked by its addresses. One that is not, as in networks where
        only the proxy knows the world, is refused if it is a name of private networks.
        """
        host = _bare(parse_url(url).host or "")
        if host in self._allowed or host in self._cleared:
            return
        try:
            self.resolve(host, 443)
        except RequestFailed:
            if _PRIVATE_NAME.search(f".{host}"):
                raise AddressRefused(
                    f"The host {host} has a name of private networks, and the proxy would be asked "
                    "for it. If this source is meant to reach it, name it in HEADWATER_ALLOW_HOSTS."
                ) from None
        self._cleared.add(host)

    def resolve_proxy(self, host: str, port: int) -> list[Address]:
        """The addresses of a proxy, which may lie anywhere: a person has named it."""
        return _resolved(_bare(host), port)

    def resolve(self, host: str, port: int) -> list[Address]:
        """The addresses of a host, each one checked; connect to these alone.

        Raises AddressRefused if any is private, RequestFailed if there is none.
        """
        bare = _bare(host)
        found = _resolved(bare, port)
        for _, where in found:
            self._check_address(bare, ipaddress.ip_address(str(where[0]).split("%")[0]))
        return found

    def _check_form(self, host: str) -> None:
        """Numbers that a resolver reads as an address, such as 2130706433 or 0x7f.1."""
        try:
            self._check_address(host, ipaddress.ip_address(host.split("%")[0]))
        except ValueError:
            try:
                socket.inet_aton(host)
            except (OSError, UnicodeError):
                return
            raise AddressRefused(
                f"The host {host} is an address in an unusual form. Expected a host name, or an "
                "address as four decimal numbers."
            ) from None

    def _check_address(
        self, host: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address
    ) -> None:
        if host in self._allowed:
            return
        inner = _embedded(address)
        if inner.is_global and not inner.is_multicast and inner not in _PLATFORM:
            return
        raise AddressRefused(
            f"The host {host} lies at {address}, in a network that is not public. If this source "
            "is meant to reach it, name it in HEADWATER_ALLOW_HOSTS."
        )


def _embedded(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 address leads to, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _resolved(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise RequestFailed(
            f"the host name {host} could not be resolved", "connect", sent=False
        ) from None
    return [(family, where) for family, _, _, _, where in found]  # type: ignore[misc]


def _bare(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
