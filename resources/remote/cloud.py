"""Files in object stores: S3, Google Cloud Storage, Azure.

Belongs here: what these three have in common through fsspec, and their errors as
ours. Does not belong here: trying again (`ranged`), writing; nothing is written.

The options are those of s3fs, gcsfs and adlfs; gcsfs's `token` may also be a service
account's JSON as text. Nothing that they remember of listings is used, so that what
is listed is what is there.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fsspec.asyn import sync
from fsspec.core import url_to_fs

from pipelines.errors import (
    ConfigurationError,
    CredentialsRefused,
    RequestRefused,
    SourceError,
    SourceNotFound,
    SourceUnavailable,
)
from pipelines.flow import SourceFile

CONNECT_S = 10
ANSWER_S = 60
_BLOCK_S, _LISTING_S = 120.0, 600.0
"""With all that the vendor's client tries by itself."""

_DENIED = (
    "NoCredentials",
    "PartialCredentials",
    "ClientAuthentication",
    "DefaultCredentials",
    "RefreshError",
)
"""How the names of errors begin that mean that nobody was let in."""

logging.getLogger("gcsfs").setLevel(logging.CRITICAL)
"""It writes every failure to the log with its traceback; ours are told by errors."""


class _PastEnd(SourceError):
    """Bytes behind the end were asked for: the object became shorter."""


class CloudPlace:
    """The folder of an address such as s3://bucket/folder, below which files are read."""

    def __init__(self, root: str, options: Mapping[str, Any], mask: Callable[[str], str]) -> None:
        self._mask = mask
        self._where = root
        try:
            self._fs, found = _opened(root, _patient(root, options))
        except (ImportError, TypeError, ValueError, OSError) as error:
            raise ConfigurationError(
                f"The folder {mask(root)} can't be used with these options: {mask(str(error))}."
            ) from None
        self._root = str(found).rstrip("/")

    def walk(
        self, below: str, depth: int | None, wanted: Callable[[str], bool]
    ) -> Iterator[SourceFile]:
        """The objects whose names begin with the folder's."""
        start = posixpath.join(self._root, below).rstrip("/")
        found = self._fs._ls if depth == 1 else self._fs._find  # noqa: SLF001
        try:
            entries = self._ask(found, below, start, detail=True, within_s=_LISTING_S)
        except SourceNotFound:
            entries = []
        if not entries:
            self._refuse_no_bucket()
        for entry in entries.values() if isinstance(entries, Mapping) else entries:
            path = str(entry["name"])[len(self._root) + 1 :]
            if entry.get("type") == "file" and path and wanted(path):
                yield _seen(path, entry)

    def look(self, path: str) -> SourceFile:
        """One object as it is now."""
        entry = self._ask(self._fs._info, path, self._full(path))  # noqa: SLF001
        if entry.get("type") != "file":
            raise SourceNotFound(f"{path} in {self._mask(self._where)} is no file.")
        return _seen(path, entry)

    def fetch(self, path: str, start: int, end: int) -> bytes:
        """A block of the object."""
        full = self._full(path)
        try:
            data = self._ask(self._fs._cat_file, path, full, start=start, end=end)  # noqa: SLF001
        except _PastEnd:
            return b""
        return bytes(data)

    def close(self) -> None:
        """The vendor's client closes its connections itself, once nobody holds it."""

    def _full(self, path: str) -> str:
        return posixpath.join(self._root, path)

    def _refuse_no_bucket(self) -> None:
        """A folder without objects isn't there and that's all right; a bucket must be."""
        bucket = self._root.split("/", 1)[0]
        if not self._ask(self._fs._exists, bucket, bucket):  # noqa: SLF001
            raise SourceNotFound(
                f"There is no {bucket} for {self._mask(self._where)}. Check the address."
            )

    def _ask(
        self,
        action: Callable[..., Any],
        what: str,
        *args: Any,
        within_s: float = _BLOCK_S,
        **more: Any,
    ) -> Any:
        try:
            return sync(self._fs.loop, action, *args, timeout=within_s, **more)
        except Exception as error:  # noqa: BLE001  (three vendors, each with a tree of its own)
            raise self._failure(error, what) from None

    def _failure(self, error: BaseException, what: str) -> SourceError:
        """The vendor's error as one of ours; its text without secrets."""
        where = f"{what or 'the folder'} in {self._mask(self._where)}"
        said = self._mask(" ".join(str(error).split())[:300] or type(error).__name__)
        names = [type(one).__name__ for one in _chain(error)]
        status = _status(error)
        if isinstance(error, FileNotFoundError) or status == 404:
            return SourceNotFound(f"There is no {where}. Check the folder's address.")
        forbidden = isinstance(error, PermissionError) or str(error).startswith("Forbidden")
        denied = forbidden or status in (401, 403)
        if denied or any(name.startswith(_DENIED) for name in names):
            return CredentialsRefused(
                f"The credentials don't open {where}: {said}. Renew them, or ask for the right."
            )
        if status == 416:
            return _PastEnd(f"{where} has no more bytes.")
        if status is not None and 400 <= status < 500 and status not in (408, 429):
            return RequestRefused(f"{where} was refused: {said}. Check address and options.")
        return SourceUnavailable(f"{where} could not be read: {said}. Run again later.")


def _opened(root: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """The vendor's file system, and the address as it writes it."""
    if root.startswith(("gs://", "gcs://")):
        # The package's own choice asks over gRPC what kind each bucket is; plain ones will do.
        from gcsfs.core import GCSFileSystem

        token = options.get("token")
        if isinstance(token, str) and token.lstrip().startswith("{"):
            options = {**options, "token": json.loads(token)}
        return GCSFileSystem(**options), GCSFileSystem._strip_protocol(root)  # noqa: SLF001
    made, path = url_to_fs(root, **options)
    if hasattr(made, "retries"):
        made.retries = 1  # whoever asks tries again, and knows for how long
    return made, str(path)


def _patient(root: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with time-outs, and without memories of listings."""
    made = {"use_listings_cache": False, "skip_instance_cache": True, **options}
    if root.startswith("s3"):
        ours = {
            "connect_timeout": CONNECT_S,
            "read_timeout": ANSWER_S,
            "retries": {"total_max_attempts": 1},
        }
        made["config_kwargs"] = {**ours, **dict(options.get("config_kwargs", {}))}
    return made


def _seen(path: str, entry: Mapping[str, Any]) -> SourceFile:
    """Size, time and version under the names that the three stores give them."""
    changed = next(
        (entry[name] for name in ("LastModified", "mtime", "last_modified") if entry.get(name)), 0
    )
    if isinstance(changed, str):
        changed = dt.datetime.fromisoformat(changed)
    seconds = changed.timestamp() if isinstance(changed, dt.datetime) else float(changed)
    version = entry.get("generation") or entry.get("ETag") or entry.get("etag")
    return SourceFile(
        path,
        int(entry["size"]),
        round(seconds * 10**6) * 1000,
        version=None if version is None else str(version).strip('"'),
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__


def _status(error: BaseException) -> int | None:
    """The HTTP status behind an error, wherever the vendor's client puts it."""
    for one in _chain(error):
        response = getattr(one, "response", None)
        if isinstance(response, Mapping):
            response = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        for found in (getattr(one, "code", None), getattr(one, "status_code", None), response):
            if isinstance(found, int) and 100 <= found < 600:
                return found
    return None
