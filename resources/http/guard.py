"""Which addresses a source may reach, against requests forged through it.

Belongs here: checking a URL and resolving its host once, to addresses that are
checked and then used. Does not belong here: connecting to them.
"""

from __future__ import annotations

import ipaddress
import socket

from urllib3.util import parse_url

from resources.http.failures import AddressRefused, RequestFailed

_PLATFORM = {ipaddress.ip_address("168.63.129.16")}
"""Public by number, but a cloud's own service for its machines."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]


class Guard:
    """Refuses private and special addresses, unless the host is in `allow_hosts`."""

    def __init__(self, allow_hosts: frozenset[str]) -> None:
        self._allowed = {_bare(host) for host in allow_hosts}

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

    def resolve(self, host: str, port: int) -> list[Address]:
        """The addresses of a host, each one checked; connect to these alone.

        Raises AddressRefused if any is private, RequestFailed if there is none.
        """
        bare = _bare(host)
        try:
            found = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise RequestFailed(
                f"the host name {bare} could not be resolved", "connect", sent=False
            ) from None
        for _, _, _, _, where in found:
            self._check_address(bare, ipaddress.ip_address(str(where[0]).split("%")[0]))
        return [(family, where) for family, _, _, _, where in found]  # type: ignore[misc]

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


def _bare(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
