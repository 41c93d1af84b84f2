"""One module for each vendor that is stood in for, named as its connector is.

Belongs here: putting all of them together. A module has `make(universe)`, which
gives its stand-in; one that begins with _ is for the others to share. Does not
belong here: what any one vendor answers.
"""

from __future__ import annotations

import importlib
import pkgutil

from sandbox.standin import StandIn
from sandbox.universe import Universe


def names() -> tuple[str, ...]:
    """The vendors, by the names of their modules."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def stand_in(name: str, universe: Universe) -> StandIn:
    """The stand-in of one vendor in this world."""
    made = importlib.import_module(f"{__name__}.{name}").make(universe)
    assert isinstance(made, StandIn)
    return made


def stand_ins(universe: Universe) -> tuple[StandIn, ...]:
    """All of them, in one world."""
    return tuple(stand_in(name, universe) for name in names())
