"""Where commands write declarations: a folder of the fund's own, laid out like assets/.

Belongs here: choosing the folder, and never writing over a file. Does not belong here:
what is written.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.catalog.find import NAME
from pipelines.errors import ConfigurationError
from resources.settings import Settings


def folder_for(into: Path | None, settings: Settings) -> Path:
    """`into`, or the first folder of HEADWATER_ASSETS; ConfigurationError without either."""
    if into is not None:
        return into.absolute()
    if settings.assets:
        return settings.assets[0]
    raise ConfigurationError(
        "Where shall it be written? Name a folder of your own with --into FOLDER, or set "
        "HEADWATER_ASSETS to one. Headwater's own assets/ is left to its upgrades."
    )


def checked_name(name: str) -> str:
    """The name if a source can be called so."""
    if not NAME.fullmatch(name) or "__" in name:
        raise ConfigurationError(
            f"Got the name {name!r}; expected small letters, digits and single _, a letter first."
        )
    return name


def write_new(path: Path, content: str | bytes) -> None:
    """Write a file that isn't there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise ConfigurationError(
            f"{path} is there already. Choose another name, or move it away first."
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{path} can't be written: {error.strerror}.") from None


def reading_it(folder: Path, settings: Settings) -> str:
    """What a person must set so that runs read this folder; empty if nothing."""
    if folder in settings.assets:
        return ""
    return f"export HEADWATER_ASSETS={folder}"
