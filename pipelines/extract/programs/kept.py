"""What a program changed in its own config, kept encrypted for the runs to come.

Belongs here: which values changed, and giving them to the next run. Does not belong
here: how a program says so (a control message, or a rewritten file), or the cipher.

Programs that sign in by OAuth may get a new refresh token in exchange for the old one,
which is then worth nothing. A changed value stands in for the given one until a person
gives another.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.errors import ConfigurationError
from resources.http.tokens import Token, TokenStore
from resources.settings import Settings

_OURS = "__injected_"
"""airbyte-cdk hands the manifest back among the config; that is no change."""

Path = tuple[str, ...]


class KeptConfig:
    """The changes that the programs of one source made to its config `given`."""

    def __init__(
        self, source: str, given: Mapping[str, Any], settings: Settings, store_at: Any
    ) -> None:
        self._source = source
        self._given = dict(given)
        self._settings = settings
        self._store = TokenStore(store_at, self._key)
        self._name = f"{source}/config"
        self._lock = threading.Lock()

    @property
    def renews(self) -> bool:
        """Whether the config holds a refresh token, which may be worth just one use."""
        return any(path and "refresh_token" in path[-1].lower() for path, _ in _leaves(self._given))

    def config(self) -> dict[str, Any]:
        """What the program gets: as given, with what it changed itself put in.

        ConfigurationError where it holds a refresh token and there is no key to keep
        its successor under: that is said before the old one is spent.
        """
        config: dict[str, Any] = json.loads(json.dumps(self._given))
        if self._settings.token_key is None and not self.renews:
            return config
        self._key()
        for path, change in self._known().items():
            _put(config, path, change["value"])
        return config

    def keep(self, config: Mapping[str, Any], passed: Mapping[str, Any]) -> None:
        """Keep what differs in the program's config now from what was passed to it.

        On the disk when this returns. ConfigurationError without a key to keep it under.
        """
        before = dict(_leaves(passed))
        changes = {
            path: {"path": path, "given": _fingerprint(self._given, path), "value": value}
            for path, value in _leaves(config)
            if before.get(path, _leaves) != value and not path[0].startswith(_OURS)
        }
        if not changes:
            return
        with self._lock:
            # What it doesn't change now it may have changed before.
            known = self._known() | changes
            text = json.dumps(list(known.values()))
            self._store.put(self._name, Token(access_token="", extra={"changes": text}))

    def _known(self) -> dict[Path, dict[str, Any]]:
        """The changes kept so far, but for values that a person has given anew since."""
        token = self._store.get(self._name)
        changes = json.loads(token.extra["changes"]) if token else ()
        return {
            tuple(change["path"]): change
            for change in changes
            if _fingerprint(self._given, tuple(change["path"])) == change["given"]
        }

    def _key(self) -> str:
        key = self._settings.token_key
        if key is None:
            raise ConfigurationError(
                f"The source {self._source} may renew its refresh token while it is read, and "
                "there is no key to keep the new one under. Set HEADWATER_TOKEN_KEY; `headwater "
                "sources key` makes one."
            )
        return key.get_secret_value()


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Path → value, down to what is no mapping; a list is one value."""
    if isinstance(value, Mapping) and (value or not path):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, str(name)))
    else:
        yield path, value


def _fingerprint(config: Mapping[str, Any], path: Path) -> str:
    """A hash of the value at a path; empty where there is none."""
    value: Any = config
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return ""
        value = value[name]
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _put(config: dict[str, Any], path: Path, value: Any) -> None:
    for name in path[:-1]:
        inner = config.get(name)
        if not isinstance(inner, dict):
            inner = config[name] = {}
        config = inner
    config[path[-1]] = value
