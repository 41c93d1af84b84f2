"""A process that renews a token again and again; the tests kill it.

Run as `python -m tests.http.renewing FOLDER KEY URL TIMES`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from resources.http import HttpClient, Policy, Request
from resources.http.tokens import Token, TokenStore


def refresher(client: HttpClient, url: str) -> Callable[[str], Token]:
    """Asks the vendor at `url`, which answers as RFC 6749 says."""

    def refresh(refresh_token: str) -> Token:
        body = f"grant_type=refresh_token&refresh_token={refresh_token}".encode()
        granted = json.loads(client.send(Request(method="POST", url=url, body=body)).body)
        return Token(granted["access_token"], granted["refresh_token"])

    return refresh


def main(folder: str, key: str, url: str, times: str) -> None:
    store = TokenStore(Path(folder), key)
    with HttpClient(Policy(allow_hosts=frozenset({"127.0.0.1"}))) as client:
        for _ in range(int(times)):
            token = store.renew("books", refresher(client, url))
            print(token.access_token, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
