"""Errors of a model's own code, told with file and line.

Belongs here: turning DuckDB's and Python's errors into a ModelError. Does not
belong here: deciding what is an error.
"""

from __future__ import annotations

import re
import traceback
from pathlib import Path

from pipelines.errors import ModelError
from pipelines.spec import Model

_LINE = re.compile(r"^LINE (\d+): (.*)$", re.MULTILINE)
_AS_BEFORE = "Its table is as it was before."


def sql_error(model: Model, error: Exception, *, lines_before: int) -> ModelError:
    """The error of a statement in which the model's SQL has `lines_before` lines above it."""
    text = str(error)
    found = _LINE.search(text)
    message = (text[: found.start()] if found else text).strip()
    where = model.path
    if found:
        line = int(found[1]) - 1 - lines_before + model.line
        where += f", line {line}"
        message += f" At: {found[2].strip()}"
    return ModelError(f"{model.table} ({where}) can't be built: {message} {_AS_BEFORE}")


def python_error(model: Model, error: BaseException) -> ModelError:
    """The error that a Python model's own function raised."""
    path = Path(model.python or "")
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == path
    ]
    where = f"{model.path}, line {lines[-1]}" if lines else model.path
    return ModelError(
        f"{model.table} ({where}) can't be built: {type(error).__name__}: {error} {_AS_BEFORE}"
    )


def wrong_result(model: Model, problems: list[str]) -> ModelError:
    """The result of a model isn't what its header says."""
    return ModelError(
        f"{model.table} ({model.path}) gives something else than its header says: "
        f"{' '.join(problems)} Correct the header or the code. {_AS_BEFORE}"
    )
