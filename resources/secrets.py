"""The values that a person gives for sources: where they may stand, found when needed.

Belongs here: looking a Setting up in the environment, in `.env` and in a folder of
secrets, and which of its values must never show. Does not belong here: Headwater's
own settings (`settings`), or what a value is for.

Precedence: what the caller passes (a stand-in's address), the environment, `.env`,
then the file of that name in the folder HEADWATER_SECRETS, as container platforms
mount them. Nothing is read before it is asked for, and nothing is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from pipelines.errors import ConfigurationError, NotConfigured
from pipelines.spec import Setting, Source

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class Given:
    """Finds the values of settings. `instead` goes before everything else."""

    def __init__(self, folder: Path | None = None, instead: Mapping[str, str] | None = None):
        self._folder = folder
        self._instead = dict(instead or {})

    def value(self, setting: Setting) -> Any:
        """Its value, of the type of its default; None if nobody gave one.

        ConfigurationError when what was given isn't of that type.
        """
        text = self._text(setting.env)
        if text is None:
            return setting.default
        return _typed(setting, text)

    def missing(self, config: Any) -> list[Setting]:
        """The required settings, at any depth of `config`, that have no value."""
        return [s for s in settings_in(config) if s.required and self.value(s) is None]

    def lacking(self, source: Source) -> NotConfigured | None:
        """What a source needs before it is read; None if nothing."""
        try:
            self.config(source.name, vars(source.connection) if source.connection else {})
        except NotConfigured as error:
            return error
        return None

    def secrets(self, config: Any) -> list[str]:
        """The values that must never show."""
        values = (self.value(s) for s in settings_in(config) if s.secret)
        return [str(value) for value in values if value not in (None, "")]

    def config(self, source: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """`config` with each Setting replaced by its value; None ones are left out.

        NotConfigured names every required setting that nobody gave. A source whose
        settings all have defaults must be given one of them, too: nobody is asked over
        a network unless a person wants it.
        """
        missing = self.missing(config)
        settings = list(settings_in(config))
        untouched = settings and all(self._text(s.env) is None for s in settings)
        if missing or untouched:
            told = [(s.env, s.description) for s in missing or settings]
            raise NotConfigured(source, told, any_of=not missing)
        found = self._replaced(config)
        assert isinstance(found, dict)
        return found

    def _replaced(self, value: Any) -> Any:
        if isinstance(value, Setting):
            return self.value(value)
        if isinstance(value, Mapping):
            replaced = {name: self._replaced(inner) for name, inner in value.items()}
            return {
                name: inner
                for name, inner in replaced.items()
                if inner is not None or not isinstance(value[name], Setting)
            }
        if isinstance(value, list | tuple):
            return [self._replaced(inner) for inner in value]
        return value

    def _text(self, name: str) -> str | None:
        for place in (self._instead, os.environ):
            if name in place:
                return place[name]
        beside = dotenv_values(".env").get(name)
        if beside is not None:
            return beside
        file = self._folder / name if self._folder else None
        if file is None or not file.is_file():
            return None
        try:
            return file.read_text().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigurationError(
                f"The secret {name} can't be read from {file}: {why}. Mend the file, or set the "
                f"environment variable {name}."
            ) from None


def settings_in(config: Any) -> Iterator[Setting]:
    """Every Setting in a config, at any depth."""
    if isinstance(config, Setting):
        yield config
    elif isinstance(config, Mapping):
        for inner in config.values():
            yield from settings_in(inner)
    elif isinstance(config, list | tuple):
        for inner in config:
            yield from settings_in(inner)


def _typed(setting: Setting, text: str) -> Any:
    default = setting.default
    lower = text.strip().lower()
    if isinstance(default, bool):
        if lower in _TRUE | _FALSE:
            return lower in _TRUE
        raise _wrong(setting, text, "true or false")
    if isinstance(default, int | float):
        try:
            return type(default)(lower)
        except ValueError:
            raise _wrong(setting, text, "a number") from None
    return text


def _wrong(setting: Setting, text: str, expected: str) -> ConfigurationError:
    got = "something else" if setting.secret else repr(text)
    return ConfigurationError(
        f"The setting {setting.env} is {got}; expected {expected}. It is: {setting.description}"
    )
