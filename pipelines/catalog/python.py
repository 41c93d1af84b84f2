"""Loading one Python file of declarations by its path.

Belongs here: import by path and what can go wrong with it. Does not belong
here: what the file must define.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from pipelines.catalog.problems import Reporter


def load_module(path: Path, report: Reporter) -> ModuleType | None:
    """Run a file as a module of its own, or None after reporting why it can't be.

    The module's name is made from the path, so two folders may hold files of
    the same name, and loading again gives what the file says now.
    """
    digest = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:12]
    name = f"headwater_declared_{digest}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        report("", "Python can't load this file.")
        return None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name while the file runs.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (a stranger's file may raise anything)
        sys.modules.pop(name, None)
        report("", f"{_where(error, path)}{type(error).__name__}: {error}")
        return None
    return module


def _where(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError):
        return f"Line {error.lineno}: "
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == path
    ]
    return f"Line {lines[-1]}: " if lines else ""
