"""The data folder that a command reads: the one set, or the made-up firm's.

Belongs here: generating the made-up firm on first use, starting the stand-ins for
its vendors, and saying so. Does not belong here: what they hold (`sandbox`).
"""

from __future__ import annotations

import atexit
import os
import shutil
import uuid

from pydantic import SecretStr

from pipelines.errors import ConfigurationError
from resources.settings import Settings

_HERE = "127.0.0.1"


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
    word = (
        f"HEADWATER_DATA is not set, so a made-up firm is read: files in {settings.sandbox}, and "
        "stand-ins for its vendors."
    )
    if not settings.sandbox.is_dir():
        _write_firm(settings)
    os.environ["HEADWATER_DATA"] = str(settings.sandbox)
    # A real key must not reach a stand-in, nor a made-up one the vendor: what a
    # person has set for a source doesn't count here.
    os.environ.update(_stand_ins(settings))
    os.environ["HEADWATER_ALLOW_HOSTS"] = _HERE
    made_up = {
        "data": settings.sandbox,
        "allow_hosts": (_HERE,),
        "token_key": SecretStr(os.environ["HEADWATER_TOKEN_KEY"]),
    }
    return settings.model_copy(update=made_up), word


def _stand_ins(settings: Settings) -> dict[str, str]:
    """Start the vendors' stand-ins, which live as long as this process; their settings."""
    from sandbox.vendors import start

    running = start(settings.sandbox)
    atexit.register(running.close)
    return {**running.environment, "HEADWATER_TOKEN_KEY": _token_key(settings)}


def _token_key(settings: Settings) -> str:
    """The key for the made-up firm's tokens, the same as in the last run."""
    from resources.http.tokens import new_key

    file = settings.sandbox / ".token-key"
    if not file.is_file():
        file.touch(mode=0o600)
        file.write_text(new_key())
    return file.read_text()


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
