"""A wrong or unknown setting is named, wherever it was set."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError
from resources.settings import load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults_lie_below_the_working_folder(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.home == tmp_path / ".headwater"
    assert settings.data is None
    assert settings.landing == tmp_path / ".headwater" / "landing"


def test_environment_wins_over_env_file_and_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("headwater.toml").write_text('home = "from-toml"\nmemory_limit = "3GB"\n')
    Path(".env").write_text("HEADWATER_HOME=from-env-file\n")
    assert load_settings().home == tmp_path / "from-env-file"
    monkeypatch.setenv("HEADWATER_HOME", "from-environment")
    assert load_settings().home == tmp_path / "from-environment"
    assert load_settings().memory_limit == "3GB"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("HEADWATER_HOEM", "HEADWATER_HOME"), ("HEADWATER_LAKES", "HEADWATER_LAKE")],
)
def test_a_misspelt_variable_is_named_with_what_was_meant(
    name: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(ConfigurationError, match=f"{name}.*{hint}"):
        load_settings()


def test_a_misspelt_variable_in_the_env_file_is_named() -> None:
    Path(".env").write_text("HEADWATER_DATTA=x\n")
    with pytest.raises(ConfigurationError, match=r"HEADWATER_DATTA.*HEADWATER_DATA"):
        load_settings()


def test_an_unknown_key_in_the_toml_file_is_named() -> None:
    Path("headwater.toml").write_text('memory_limt = "3GB"\n')
    with pytest.raises(ConfigurationError, match=r"memory_limt.*memory_limit"):
        load_settings()


def test_broken_toml_is_named() -> None:
    Path("headwater.toml").write_text("home = \n")
    with pytest.raises(ConfigurationError, match=r"headwater\.toml is not valid TOML"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEADWATER_MEMORY_LIMIT", "a lot"),
        ("HEADWATER_THREADS", "0"),
        ("HEADWATER_DOOR_TIMEOUT_S", "-1"),
        ("HEADWATER_CATALOG", "mysql://somewhere"),
    ],
)
def test_a_wrong_value_names_its_setting(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name):
        load_settings()


def test_a_catalog_password_shows_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_CATALOG", "mysql://user:canary-4711@host/db")
    with pytest.raises(ConfigurationError) as wrong:
        load_settings()
    assert "canary-4711" not in str(wrong.value)
    monkeypatch.setenv("HEADWATER_CATALOG", "postgresql://user:canary-4711@host/db")
    assert "canary-4711" not in repr(load_settings())


def test_several_asset_folders_are_separated_as_in_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_ASSETS", "ours:/theirs")
    assert load_settings().assets == (tmp_path / "ours", Path("/theirs"))
