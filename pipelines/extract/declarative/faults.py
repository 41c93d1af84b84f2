"""Collects what is wrong with a manifest, so that one error can tell it all.

Belongs here: faults, warnings and refused classes, each with its path. Does not
belong here: deciding what is a fault.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from pipelines.errors import ManifestRefused

_SHOWN = 60
UNRESOLVED: Final = object()
"""Stands for a value whose fault was told already, so that it has no second one."""


class TooLarge(Exception):
    """The manifest spreads to more than anyone would write; reading stops."""


@dataclass
class Faults:
    """What was found so far, in the order in which it was found."""

    found: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    classes: list[tuple[str, str]] = field(default_factory=list)

    def add(self, path: str, sentence: str) -> None:
        """A fault: the manifest can't be used as it is."""
        fault = f"{path or 'the manifest'}: {sentence}"
        if fault not in self.found:
            self.found.append(fault)

    def warn(self, path: str, sentence: str) -> None:
        """Something that is likely a mistake but changes nothing."""
        self.warnings.append(f"{path or 'the manifest'}: {sentence}")

    def refuse_class(self, path: str, class_name: str) -> None:
        """A component that is Python code of the connector's own."""
        self.classes.append((path, class_name))

    def take(self, other: Faults) -> None:
        """Everything that another part of the walk found."""
        self.found.extend(fault for fault in other.found if fault not in self.found)
        self.warnings.extend(other.warnings)
        self.classes.extend(other.classes)

    def raise_if_any(self, origin: str) -> None:
        """One ManifestRefused with everything that was found, if anything was."""
        names = list(dict.fromkeys(name for _, name in self.classes))
        faults = list(self.found)
        for name in names:
            paths = [path for path, other in self.classes if other == name]
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            faults.append(
                f"{paths[0]}{more}: {name} is Python code of this connector, which a manifest "
                "alone can't bring; run the connector in the isolated runner instead: add it with "
                f"{_bringing(name)}"
            )
        if faults:
            raise ManifestRefused(origin, faults, classes=names)


def _bringing(class_name: str) -> str:
    """How the isolated runner is told where the class is."""
    package = class_name.partition(".")[0]
    if package.startswith("source_") and package != "source_declarative_manifest":
        wheel = f"airbyte-{package.replace('_', '-')}"
        return f"`--isolated --package {wheel}==VERSION`, its publisher's, or `--components FILE`"
    return "`--isolated --components FILE`, a file that its publisher keeps beside the manifest"


def shown(value: Any) -> str:
    """A value as an error shows it: short."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def nearest(name: str, names: Iterable[str], *, near: float = 0.75) -> str | None:
    """The name that was likely meant, or None; `near` is 1 for the same name."""
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=near)
    return close[0] if close else None
