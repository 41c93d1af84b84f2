"""The OAuth server that a vendor's stand-in brings along: refresh tokens that rotate.

Belongs here: granting and checking tokens, by the vendors' common rules. Does not
belong here: what a vendor answers to a request whose token is refused.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Callable, Mapping

from sandbox.standin import Asked, Reply

_OURS = re.compile(r"refresh-\d+-of-the-made-up-firm")


class Tokens:
    """One client's tokens. A refresh token is taken once; the answer holds the next.

    `life_s` is how long an access token lives. `granted` counts the exchanges.
    """

    def __init__(
        self,
        client: tuple[str, str],
        refresh_token: str,
        life_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = client
        self.refresh_token = refresh_token
        self.life_s = life_s
        self._clock = clock
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._valid: dict[str, float] = {}

    @property
    def granted(self) -> int:
        """How many exchanges there were."""
        return len(self._valid)

    def accepts(self, token: str) -> bool:
        """Whether an access token is one of ours and has not expired."""
        return self._clock() < self._valid.get(token, 0.0)

    def expire(self) -> None:
        """End every access token; the refresh token stays."""
        with self._lock:
            self._valid = dict.fromkeys(self._valid, 0.0)

    def _is_next(self, token: str) -> bool:
        """The token given last; before any was given, one of an earlier process too.

        A vendor remembers from one night to the next, a stand-in ends with its process.
        """
        earlier = not self._valid and _OURS.fullmatch(token) is not None
        return earlier or token == self.refresh_token

    def exchange(self, asked: Asked, more: Mapping[str, object]) -> Reply:
        """The answer of the token endpoint; `more` are fields of the vendor's own."""
        if asked.basic() != self.client:
            return Reply(401, {}, {"error": "invalid_client"})
        form = asked.form()
        if form.get("grant_type") != "refresh_token":
            return Reply(400, {}, {"error": "unsupported_grant_type"})
        with self._lock:
            if not self._is_next(form.get("refresh_token", "")):
                return Reply(400, {}, {"error": "invalid_grant"})
            number = next(self._numbers)
            access = f"access-{number}-of-the-made-up-firm"
            self.refresh_token = f"refresh-{number}-of-the-made-up-firm"
            self._valid[access] = self._clock() + self.life_s
        body = {
            "access_token": access,
            "refresh_token": self.refresh_token,
            "expires_in": int(self.life_s),
            "token_type": "bearer",
        }
        return Reply(body={**body, **more})
