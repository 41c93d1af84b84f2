"""From a source's connection to the store of its files, wherever they lie.

Belongs here: which way leads to which address, and the settings in its options. Does
not belong here: any of these ways; each is imported when it is first needed, so that
who reads a folder of this machine doesn't pay for the others.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from pipelines.errors import ConfigurationError
from pipelines.spec import Files
from resources.files import FileStore
from resources.secrets import Given
from resources.settings import Settings

_CLOUD = ("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az")
_KNOWN = ("sftp", "ssh", "http", "https", *_CLOUD)


def open_files(source: str, connection: Files, settings: Settings, given: Given) -> FileStore:
    """The files of a source that lie elsewhere.

    NotConfigured names every setting that nobody gave; ConfigurationError is for an
    address or options that can't be meant. Nothing is asked before files are listed.
    """
    declared = given.config(source, {"root": connection.root, "options": connection.options})
    root, options = str(declared["root"]), dict(declared.get("options", {}))
    scheme = urlsplit(root).scheme.lower()
    if scheme in ("", "file"):
        return FileStore(os.path.expanduser(urlsplit(root).path if scheme else root))  # noqa: PTH111
    if scheme not in _KNOWN:
        raise ConfigurationError(
            f"The files of {source} lie at an address that begins with {scheme}://. Known are "
            f"{', '.join(_KNOWN)}, and paths of this machine."
        )
    from resources.remote.ranged import Patience, RemoteFolder

    secrets = given.secrets({"root": connection.root, "options": connection.options})
    # The HTTP client tries again by itself, as long as its policy says.
    patience = Patience(attempts=1) if scheme in ("http", "https") else Patience()
    place = _place(scheme, root, options, settings, secrets)
    return FileStore(RemoteFolder(place, patience))


def _place(
    scheme: str, root: str, options: dict[str, Any], settings: Settings, secrets: list[str]
) -> Any:
    """The Place of an address."""
    from resources.http import Masker, Policy

    mask = Masker(secrets).mask
    if scheme in ("http", "https"):
        from resources.remote.web import WebPlace, web_client

        policy = Policy.of(settings)
        headers = [str(value) for value in dict(options.get("headers", {})).values()]
        return WebPlace(root, options, web_client(policy, [*secrets, *headers]))
    if scheme in _CLOUD:
        from resources.remote.cloud import CloudPlace

        return CloudPlace(root, options, mask)
    from resources.remote.sftp import SftpPlace

    return SftpPlace(root, options, mask)
