"""Environments of their own: made once, never used half made, refused clearly."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from pipelines.errors import SourceError
from pipelines.extract import environments
from pipelines.extract.environments import environment


def package(folder: Path, code: str = "", name: str = "made-up") -> str:
    """A package on the disk, as a requirement."""
    folder.mkdir(parents=True)
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(f"{code}\ndef main():\n    print('here I am')\n")
    (folder / "setup.py").write_text(
        "import os\nfrom setuptools import setup\n"
        f"open({str(folder / 'saw')!r}, 'w').write(repr(dict(os.environ)))\n"
        f"setup(name={name!r}, version='1', py_modules=[{module!r}], "
        f"entry_points={{'console_scripts': ['{name}={module}:main']}})\n"
    )
    return f"{name} @ {folder.as_uri()}"


def test_an_environment_without_packages_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = environment(tmp_path / "all", ())
    said = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True)
    assert said.stdout.decode().strip() == str(python.parent.parent)
    monkeypatch.setattr(environments, "_make", None)
    assert environment(tmp_path / "all", ()) == python


def test_one_whose_making_was_killed_is_never_used(tmp_path: Path) -> None:
    python = environment(tmp_path, ())
    made = python.parent.parent
    (made / "made.json").unlink()
    (made / "half").touch()
    assert environment(tmp_path, ()) == python
    assert not (made / "half").exists()
    assert json.loads((made / "made.json").read_text()) == {"requirements": []}


def test_one_whose_python_is_gone_is_made_anew(tmp_path: Path) -> None:
    python = environment(tmp_path, ())
    python.unlink()
    python.symlink_to(tmp_path / "gone")
    assert environment(tmp_path, ()) == python
    assert python.exists()


def test_what_cannot_be_installed_is_told_by_name_and_leaves_nothing_to_use(
    tmp_path: Path,
) -> None:
    wanted = f"made-up @ {(tmp_path / 'nowhere').as_uri()}"
    for _ in range(2):
        with pytest.raises(
            SourceError, match=r"environment for made-up @ (?s:.)*uv says(?s:.)*nowh"
        ):
            environment(tmp_path / "all", (wanted,))
    assert not list((tmp_path / "all").glob("*/made.json"))


def test_a_requirement_is_never_taken_for_an_option(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="could not be made"):
        environment(tmp_path, ("--target=/tmp/elsewhere",))


@pytest.mark.slow
def test_other_requirements_get_another_environment_and_no_secret_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_TOKEN_KEY", "canary")
    monkeypatch.setenv("STRIPE_KEY", "canary")
    plain = environment(tmp_path / "all", ())
    other = environment(tmp_path / "all", (package(tmp_path / "package"),))
    assert plain != other
    said = subprocess.run([other.parent / "made-up"], capture_output=True, check=True)
    assert said.stdout == b"here I am\n"
    moved = (tmp_path / "all").rename(tmp_path / "moved") / other.parent.parent.name
    said = subprocess.run([moved / "bin" / "made-up"], capture_output=True, check=True)
    assert said.stdout == b"here I am\n"
    assert "canary" not in (tmp_path / "package" / "saw").read_text()
