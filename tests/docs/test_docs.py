"""The documentation says what is so: pages are current, names exist, examples run."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from docs import generate
from docs.example import README, write_example
from pipelines.cli import app

ROOT = README.parent
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
WRITTEN = [page for page in PAGES if page.parent != generate.REFERENCE]
TOP = ("assets", "resources", "pipelines", "sandbox", "tests", "benchmarks", "docs")
_FENCE = re.compile(r"^ *```(\w*)([^\n]*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def spans(page: Path) -> list[str]:
    """What a page says in code spans, outside of its blocks."""
    return _SPAN.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))


def typed(page: Path) -> Iterator[str]:
    """Every command that a page names, in a span or in a block for the shell."""
    for language, _, text in _FENCE.findall(page.read_text(encoding="utf-8")):
        if language == "sh":
            yield from (line.strip() for line in text.splitlines())
        if language == "console":
            yield from (line[2:] for line in text.splitlines() if line.startswith("$ "))
    yield from (span for span in spans(page) if span.split()[0] in ("headwater", "make", "python"))


def test_the_reference_is_what_the_code_says() -> None:
    assert generate.stale() == [], "Run `python -m docs.generate`."


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", t.lower()).replace(" ", "-") for t in titles}


@pytest.mark.parametrize("page", WRITTEN, ids=named)
def test_paths_that_are_named_exist(page: Path) -> None:
    for span in spans(page):
        path = span.rstrip("/")
        if path.split("/")[0] in TOP and "/" in span and " " not in span and "<" not in span:
            assert (ROOT / path).exists(), span
        if re.fullmatch(r"[\w.-]+\.(py|toml|md|svg)", span) and span != "headwater.toml":
            assert (ROOT / span).exists(), span


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_that_are_named_exist(page: Path) -> None:
    for line in typed(page):
        words = shlex.split(line, comments=True)
        if words and words[0] == "headwater":
            assert_command(words[1:])
        elif words and words[0] == "make":
            targets = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
            assert words[1] in targets, line
        elif words[:2] == ["python", "-m"]:
            assert importlib.util.find_spec(words[2]) is not None, line


def assert_command(words: list[str]) -> None:
    """The words are a command of `headwater`, with options that it has."""
    command = typer.main.get_command(app)
    options = {"--help", "-h"}
    for word in words:
        below = getattr(command, "commands", None)
        if below is not None and word != "COMMAND" and not word.startswith("-"):
            assert word in below, f"headwater {' '.join(words)}"
            command = below[word]
        elif word.startswith("-"):
            options |= {name for parameter in command.params for name in parameter.opts}
            assert word in options, f"headwater {' '.join(words)}"


def test_the_examples_run_and_say_what_the_pages_say(tmp_path: Path) -> None:
    write_example(README, tmp_path)
    blocks = _FENCE.findall(README.read_text(encoding="utf-8"))
    shown = [(language, text) for language, about, text in blocks if about.strip() == "example"]
    exported = dict(re.findall(r"(HEADWATER_\w+)=(\S+)", "".join(text for _, text in shown)))
    for language, text in shown:
        for command, wanted in _commands(language, text):
            if not command.startswith("export "):
                said = _run(command, tmp_path, exported)
                assert wanted is None or said.strip() == wanted.strip(), command
    declared = tmp_path / "my-fund/assets/sources/crm.py"
    before, after = _change(ROOT / "docs" / "how-to" / "repair-quarantine.md")
    text = declared.read_text(encoding="utf-8")
    assert text.count(before) == 1
    declared.write_text(text.replace(before, after), encoding="utf-8")
    _run("headwater quarantine replay raw.crm__deals", tmp_path, exported)
    assert "Nothing is in quarantine" in _run("headwater quarantine list", tmp_path, exported)
    count = _run(
        "headwater sql 'SELECT count(*) AS deals FROM raw.crm__deals' --format csv",
        tmp_path,
        exported,
    )
    assert count.split() == ["deals", "4"]


def _commands(language: str, text: str) -> Iterator[tuple[str, str | None]]:
    """The commands of a block, and what each must print where that is shown."""
    if language == "sh":
        yield from ((line, None) for line in text.splitlines() if line.strip())
        return
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, said = part.partition("\n")
        yield command, said


def _change(page: Path) -> tuple[str, str]:
    """The line that a page's diff takes away, and the one that it puts there."""
    text = page.read_text(encoding="utf-8")
    (diff,) = [text for language, _, text in _FENCE.findall(text) if language == "diff"]
    removed, added = (line.strip()[1:].strip() for line in diff.splitlines())
    return removed, added


def _run(command: str, folder: Path, exported: dict[str, str]) -> str:
    words = shlex.split(command)
    environment = {**os.environ, **exported, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run(
        [str(Path(sys.executable).parent / words[0]), *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
