"""The data folder that a command reads: the one set, or the made-up firm's.

Belongs here: generating the made-up firm on first use, and saying so. Does not
belong here: what the firm's files hold (`sandbox`).
"""

from __future__ import annotations

import os
import shutil
import uuid

from pipelines.errors import ConfigurationError
from resources.settings import Settings


def with_data(settings: Settings) -> tuple[Settings, str | None]:
    """The settings with a data folder that is there, and a word on it if made up.

    HEADWATER_DATA is put into the environment as well, so that processes started
    from here read the same folder. Raises ConfigurationError where a folder is
    named that isn't there.
    """
    if settings.data is not None:
        if not settings.data.is_dir():
            raise ConfigurationError(
                f"HEADWATER_DATA names {settings.data}, which is no folder. Name the folder that "
                "holds the source files, or unset it to work on a made-up firm."
            )
        return settings, None
    word = f"HEADWATER_DATA is not set, so a made-up firm is read from {settings.sandbox}."
    if not settings.sandbox.is_dir():
        _write_firm(settings)
    os.environ["HEADWATER_DATA"] = str(settings.sandbox)
    return settings.model_copy(update={"data": settings.sandbox}), word


def _write_firm(settings: Settings) -> None:
    """All of the firm or nothing: a half-written folder would be read as it is."""
    from sandbox.firm import write_firm

    draft = settings.sandbox.with_name(f".sandbox-{uuid.uuid4().hex[:8]}")
    draft.mkdir(parents=True)
    try:
        write_firm(draft)
        draft.rename(settings.sandbox)
    finally:
        if draft.is_dir():
            shutil.rmtree(draft)
