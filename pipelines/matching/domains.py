"""Domains by which an organization can be known.

    registrable("https://www.shop.example.co.uk/about") → "example.co.uk"
    registrable("https://facebook.com/acme") → None, for that page is on a shared host

Belongs here: addresses of sites and mailboxes. Does not belong here: whether two
organizations with one domain are the same (`model`).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from pipelines.matching.words import listed

_HOSTS = "shared_hosts.yaml"
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")


@cache
def _suffixes() -> PublicSuffixList:
    """The list of public suffixes that comes with its package; nothing is fetched."""
    return PublicSuffixList()


@lru_cache(maxsize=50_000)
def registrable(address: str | None) -> str | None:
    """The registrable part of a site's address or host; None where it tells nobody.

    Suffixes for one owner's customers (github.io) count as public, so acme.github.io
    is registrable, while facebook.com/acme is a page on a shared host.
    """
    host, has_path = _host(address)
    if host is None:
        return None
    own = _suffixes().privatesuffix(host)
    if own is None:
        return None
    for suffix in listed(_HOSTS, "suffixes"):
        if host.endswith(f".{suffix}") and host != f"www.{suffix}":
            return f"{host.removesuffix(f'.{suffix}').rpartition('.')[2]}.{suffix}"
    if (own in listed(_HOSTS, "pages") or host in listed(_HOSTS, "pages")) and (
        has_path or host.removeprefix("www.") != own
    ):
        return None
    return str(own)


@lru_cache(maxsize=50_000)
def of_mailbox(email: str | None) -> str | None:
    """The registrable domain of an address that belongs to an organization, else None."""
    local, at, host = (email or "").strip().lower().rpartition("@")
    if not at or not local:
        return None
    own = registrable(host)
    if own is None or own in listed(_HOSTS, "mailboxes") or own in listed(_HOSTS, "pages"):
        return None
    return own


def label(domain: str) -> str:
    """A domain without its public suffix: "acme" of acme.co.uk."""
    return domain.partition(".")[0]


def _host(address: str | None) -> tuple[str | None, bool]:
    """The host in plain letters, and whether the address goes on to a page below it."""
    text = (address or "").strip().lower()
    if not text:
        return None, False
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host = (parts.hostname or "").strip(".")
        host = host.encode("idna").decode() if not host.isascii() else host
    except (ValueError, UnicodeError):
        return None, False
    labels = host.split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        return None, False
    return host, bool(parts.path.strip("/") or parts.query)
