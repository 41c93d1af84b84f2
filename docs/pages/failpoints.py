"""docs/reference/failpoints.md: the named points at which a test can break a run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from docs.pages.markdown import code, document, table
from pipelines import failpoints

_ROOT = Path(__file__).resolve().parents[2]
_ABOUT = """
For tests of what survives a crash; never set in use.
`HEADWATER_FAILPOINT=name:action[:nth]` arms one point: at its nth passing (the
first unless told) the action is taken.
"""
_ACTIONS = [
    ("kill", "SIGKILL to the process itself, so that no cleanup runs"),
    ("raise", "an error that nobody foresaw"),
    ("hang", "an hour's sleep"),
    ("full", "the error of a full disk"),
]


def _points() -> Iterator[tuple[str, str, str]]:
    """(name, module, function) of every call of failpoint, in order of name."""
    found = []
    for path in sorted((_ROOT / "pipelines").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if (
                    isinstance(call.func, ast.Name)
                    and call.func.id == failpoints.failpoint.__name__
                ):
                    name = ast.literal_eval(call.args[0])
                    place = path.relative_to(_ROOT).as_posix()
                    found.append((str(name), place, function.name))
    yield from sorted(set(found))


def page() -> str:
    """The page, from the calls in the code."""
    rows = [(code(name), code(f"{module}: {function}")) for name, module, function in _points()]
    return document(
        "Failpoints",
        _ABOUT,
        table(["Point", "Where it stands"], rows),
        "## Actions",
        table(["Action", "What it does"], [(code(name), does) for name, does in _ACTIONS]),
    )
