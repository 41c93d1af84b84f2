"""Settings: what a person may set, where it may be set, and what it means.

Belongs here: every HEADWATER_* setting. Does not belong here: secrets of single
sources, or anything that a declaration under assets/ says.

Precedence: environment, then `.env`, then `headwater.toml` in the working
folder, then the default. An unknown or wrong setting is an error naming it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from pipelines.errors import ConfigurationError

PREFIX = "HEADWATER_"
NOT_SETTINGS = {"HEADWATER_FAILPOINT"}
"""Variables with the prefix that are read elsewhere, on purpose."""


class Settings(BaseSettings):
    """All settings of one Headwater installation; paths are absolute."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", toml_file="headwater.toml", extra="forbid", frozen=True
    )

    home: Path = Field(
        default=Path(".headwater"), description="Folder of landing, lake, catalog and run history."
    )
    data: Path | None = Field(
        default=None,
        description="Folder that file sources read; unset, the made-up firm is generated and read.",
    )
    assets: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(),
        description="More folders laid out like assets/, separated as in PATH.",
    )
    secrets: Path | None = Field(
        default=None,
        description="Folder of files that hold one secret each, named like its variable.",
    )
    token_key: SecretStr | None = Field(
        default=None,
        description="Key that encrypts stored OAuth tokens; `headwater sources key` makes one.",
    )
    allow_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Hosts in private networks that sources may ask, separated by commas.",
    )
    proxy: SecretStr | None = Field(
        default=None,
        description="Proxy for requests to APIs, or none; unset, HTTPS_PROXY and HTTP_PROXY count.",
    )
    catalog: SecretStr | None = Field(
        default=None,
        description="postgresql://… for the lake's catalog; unset, SQLite in the home folder.",
    )
    lake: str | None = Field(
        default=None,
        description="Folder or s3://bucket/prefix of the lake's files; unset, in the home folder.",
    )
    memory_limit: str = Field(
        default="2GB", pattern=r"^\d+(\.\d+)?\s*[KMGT]i?B$", description="DuckDB's memory limit."
    )
    threads: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, description="Threads for decoding."
    )
    door_timeout_s: float = Field(
        default=600, gt=0, description="Seconds to wait for another writer before giving up."
    )

    @field_validator("assets", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part for part in value.split(os.pathsep) if part)
        return value

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("home", "data", "secrets", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value if value is None else value.expanduser().absolute()

    @field_validator("assets", mode="after")
    @classmethod
    def _absolute_all(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(part.expanduser().absolute() for part in value)

    @field_validator("catalog", mode="after")
    @classmethod
    def _postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("expected an address that begins with postgresql://")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (pydantic passes it by name)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what was passed, then environment and `.env`, then the TOML file."""
        from pydantic_settings import TomlConfigSettingsSource

        toml = TomlConfigSettingsSource(settings_cls)
        return (init_settings, env_settings, dotenv_settings, toml)

    @property
    def landing(self) -> Path:
        """Folder of the landing packages."""
        return self.home / "landing"

    @property
    def reports(self) -> Path:
        """Folder of the run reports, one JSON and one HTML file a run."""
        return self.home / "reports"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own folder: run history and its copy of dagster.yaml."""
        return self.home / "dagster"

    @property
    def sandbox(self) -> Path:
        """Where the made-up firm's files are generated."""
        return self.home / "sandbox"


def load_settings() -> Settings:
    """Read the settings, or raise ConfigurationError naming each wrong one."""
    _refuse_unknown()
    try:
        return Settings()
    except ValidationError as error:
        lines = [_explain(item) for item in error.errors(include_url=False, include_input=False)]
        raise ConfigurationError("\n".join(lines)) from None
    except ValueError as error:
        # Imported here, for most have no such file.
        import tomllib

        if not isinstance(error, tomllib.TOMLDecodeError):
            raise
        raise ConfigurationError(f"headwater.toml is not valid TOML: {error}.") from None


def _refuse_unknown() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | NOT_SETTINGS
    given = set(os.environ) | set(dotenv_values(".env"))
    for name in sorted(given):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            hint = _meant(name.upper(), known) or f"Known: {', '.join(sorted(known))}."
            raise ConfigurationError(
                f"The environment sets {name}, which is no Headwater setting. {hint}"
            )


def _explain(item: Any) -> str:
    name = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        hint = _meant(name, Settings.model_fields)
        return f"headwater.toml or .env sets {name}, which is no Headwater setting. {hint}".rstrip()
    about = Settings.model_fields[name.split(".")[0]].description
    return f"The setting {PREFIX}{name.upper()} is wrong: {item['msg']}. It is: {about}"


def _meant(name: str, known: Iterable[str]) -> str:
    # Imported here, for hardly any start needs it.
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean {near[0]}?" if near else ""
