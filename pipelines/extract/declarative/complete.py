"""Completes a component and everything below it, and finds every fault on the way.

In one walk from above: parameters are handed down, a left-out `type` is filled in
from the place, parameters fill the fields of the same name that are empty, the
vocabulary's defaults fill the others, and every value is checked.

Belongs here: that walk. Does not belong here: the vocabulary itself, references,
or what concerns the manifest as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pipelines.extract.declarative.faults import UNRESOLVED, Faults, TooLarge, nearest, shown
from pipelines.extract.declarative.interpolation import syntax_fault
from pipelines.extract.declarative.vocabulary import COMPONENTS, TAGS, Component, Kind
from pipelines.extract.declarative.wording import articled, mismatch, one_of

PARAMETERS: Final = "$parameters"
_OLD_PARAMETERS: Final = "$options"
MAX_COMPONENTS: Final = 200_000
_SLIP: Final = 0.88
_NEVER_TEMPLATES: Final = frozenset({"description", "documentation_url", "regex", "class_name"})


class Completion:
    """One walk; its faults gather in `faults`.

    `inherited_first` lets parameters from above win over those of the component
    itself, as streams made from a template want it.
    """

    def __init__(self, faults: Faults, *, inherited_first: bool = False) -> None:
        self._faults = faults
        self._inherited_first = inherited_first
        self._count = 0

    def value(self, value: Any, kind: Kind, path: str, parameters: Mapping[str, Any]) -> Any:
        """The value completed; where it's no value of this kind, a fault."""
        if kind.anything or value is UNRESOLVED:
            return value
        if isinstance(value, dict):
            if kind.components:
                return self._component(value, kind, path, parameters)
            if kind.maps:
                return self._map(value, kind.maps[0], path, parameters)
        elif isinstance(value, list):
            if kind.lists:
                return self._list(value, kind, path, parameters)
        elif self._is_scalar(value, kind, path):
            return value
        else:
            self._faults.add(path, mismatch(value, kind))
            return value
        self._faults.add(path, mismatch(value, kind))
        return value

    def _map(
        self, value: dict[Any, Any], kind: Kind | None, path: str, parameters: Mapping[str, Any]
    ) -> dict[Any, Any]:
        if kind is None:
            return value
        return {
            key: self.value(item, kind, f"{path}.{key}", parameters) for key, item in value.items()
        }

    def _list(
        self, value: list[Any], kind: Kind, path: str, parameters: Mapping[str, Any]
    ) -> list[Any]:
        """Of several kinds of list, the one that fits best; the first, if none does."""
        if len(kind.lists) == 1:
            return self._list_of(value, *kind.lists[0], path, parameters)
        outer, tries = self._faults, []
        for item_kind, least in kind.lists:
            self._faults = Faults()
            made = self._list_of(value, item_kind, least, path, parameters)
            tries.append((len(self._faults.found), made, self._faults))
        self._faults = outer
        _, made, faults = min(tries, key=lambda attempt: attempt[0])
        outer.take(faults)
        return made

    def _list_of(
        self, value: list[Any], kind: Kind, least: int, path: str, parameters: Mapping[str, Any]
    ) -> list[Any]:
        if len(value) < least:
            self._faults.add(path, f"expected at least {least} elements, got {len(value)}")
        return [
            self.value(item, kind, f"{path}[{index}]", parameters)
            for index, item in enumerate(value)
        ]

    def _is_scalar(self, value: Any, kind: Kind, path: str) -> bool:
        if isinstance(value, str):
            if "text" in kind.scalars:
                self._check_template(value, path)
                return True
            return value in kind.constants
        for name, least in kind.scalars.items():
            if _fits(value, name):
                if least is not None and value < least:
                    self._faults.add(path, f"expected at least {least}, got {value}")
                return True
        return False

    def _check_template(self, text: str, path: str) -> None:
        if "{{" in text or "{%" in text:
            field = path.rpartition(".")[2].partition("[")[0]
            problem = None if field in _NEVER_TEMPLATES else syntax_fault(text)
            if problem:
                self._faults.add(path, f"the template {shown(text)} can't be read: {problem}")

    # ── components ────────────────────────────────────────────────────────────

    def _component(
        self, value: dict[Any, Any], kind: Kind, path: str, inherited: Mapping[str, Any]
    ) -> dict[str, Any]:
        self._count += 1
        if self._count > MAX_COMPONENTS:
            raise TooLarge(f"It spreads to more than {MAX_COMPONENTS:,} components.")
        component = self._choose(value, kind, path)
        if component is None:
            return value
        parameters = self._parameters(value, path, inherited)
        given = {
            key: item
            for key, item in value.items()
            if key not in (PARAMETERS, _OLD_PARAMETERS, "type")
        }
        self._check_names(given, component, path)
        for name, parameter in parameters.items():
            if name in component.fields and not given.get(name):
                given[name] = parameter
        made: dict[str, Any] = {} if component.tag is None else {"type": component.tag}
        made.update(self._fields(given, component, path, parameters))
        if parameters and component.tag is not None:
            made[PARAMETERS] = parameters
        return made

    def _fields(
        self,
        given: dict[str, Any],
        component: Component,
        path: str,
        parameters: dict[str, Any],
    ) -> Iterator[tuple[str, Any]]:
        for name, item in given.items():
            field = component.fields.get(name)
            if field is None:
                yield name, item
                continue
            below = f"{path}.{name}" if path else name
            handed = parameters
            if name in parameters and isinstance(item, dict | list):
                handed = {key: known for key, known in parameters.items() if key != name}
            yield name, self.value(item, field.kind, below, handed)
        for name, field in component.fields.items():
            if name in given:
                continue
            if field.required:
                self._faults.add(path, f"{articled(component)} needs the field {name!r}")
            elif field.has_default:
                yield name, _copied(field.default)

    def _parameters(
        self, value: dict[Any, Any], path: str, inherited: Mapping[str, Any]
    ) -> dict[str, Any]:
        own: dict[str, Any] = {}
        for name in (_OLD_PARAMETERS, PARAMETERS):
            given = value.get(name)
            if isinstance(given, dict):
                own.update(given)
            elif given is not None:
                self._faults.add(f"{path}.{name}", f"expected a mapping, got {shown(given)}")
        merged = {**own, **inherited} if self._inherited_first else {**inherited, **own}
        merged.pop("type", None)
        return merged

    def _choose(self, value: dict[Any, Any], kind: Kind, path: str) -> Component | None:
        """Which component a mapping is; None, after a fault, if it can't be told."""
        tag = value.get("type")
        if _is_custom(value):
            self._refuse_classes(value, path)
            return None
        if tag is None:
            return self._choose_untyped(kind, path)
        for name in kind.components:
            if COMPONENTS[name].tag == tag:
                return COMPONENTS[name]
        if not isinstance(tag, str):
            self._faults.add(f"{path}.type", f"expected text, got {shown(tag)}")
            return None
        allowed = [COMPONENTS[name].tag or name for name in kind.components]
        untyped = [name for name in kind.components if COMPONENTS[name].tag is None]
        if untyped:
            return COMPONENTS[untyped[0]]
        if tag in TAGS:
            problem = f"{tag} can't stand here; expected {one_of(allowed)}"
        else:
            near = nearest(tag, allowed) or nearest(tag, TAGS)
            meant = f"did you mean {near!r}?" if near else f"expected {one_of(allowed)}"
            problem = f"there is no component {tag!r}; {meant}"
        self._faults.add(f"{path}.type", problem)
        return None

    def _choose_untyped(self, kind: Kind, path: str) -> Component | None:
        if kind.meant is not None:
            return COMPONENTS[kind.meant]
        names = [COMPONENTS[name].tag or name for name in kind.components]
        self._faults.add(path, f"needs the field 'type'; expected {one_of(names)}")
        return None

    def _refuse_classes(self, value: Any, path: str) -> None:
        if isinstance(value, dict):
            if _is_custom(value):
                name = value.get("class_name")
                if isinstance(name, str):
                    self._faults.refuse_class(path, name)
                else:
                    self._faults.add(path, "Python code of its own needs a text 'class_name'")
            for key, item in value.items():
                self._refuse_classes(item, f"{path}.{key}")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._refuse_classes(item, f"{path}[{index}]")

    def _check_names(self, given: dict[Any, Any], component: Component, path: str) -> None:
        """An unknown field is a fault if it's a slip of the pen, else a warning.

        Published manifests hold fields that no component has any more.
        """
        for name in given:
            if name in component.fields:
                continue
            place = f"{path}.{name}" if path else str(name)
            free = [known for known in component.fields if known not in given]
            near = nearest(str(name), free)
            meant = f"; did you mean {near!r}?" if near else ""
            if component.closed or nearest(str(name), free, near=_SLIP):
                known = f"; there are {', '.join(component.fields)}"
                fault = f"{articled(component)} has no field {name!r}{meant or known}"
                self._faults.add(place, fault)
            elif component.tag is not None:
                sentence = f"{articled(component)} has no such field, so it does nothing{meant}"
                self._faults.warn(place, sentence)


def _is_custom(value: Mapping[Any, Any]) -> bool:
    tag = value.get("type")
    if isinstance(tag, str) and tag.startswith("Custom"):
        return True
    return "class_name" in value and (tag is None or (isinstance(tag, str) and tag not in TAGS))


def _fits(value: Any, scalar: str) -> bool:
    if scalar == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if scalar == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return scalar == "number" and isinstance(value, int | float)


def _copied(default: Any) -> Any:
    return list(default) if isinstance(default, list) else default
