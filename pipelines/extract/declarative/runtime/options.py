"""Where values go into a request: parameter, header, form field, JSON body.

Belongs here: RequestOption, and merging the parts that requester, authenticator,
paginator, partition and cursor each contribute. Does not belong here: what the
values are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_text

Place = Literal["request_parameter", "header", "body_data", "body_json"]
Values = dict[str, Any] | str


@dataclass
class Parts:
    """What one contributor puts into a request; a body may also be plain text."""

    request_parameter: Values = field(default_factory=dict)
    header: Values = field(default_factory=dict)
    body_data: Values = field(default_factory=dict)
    body_json: Values = field(default_factory=dict)


PLACES: tuple[Place, ...] = ("request_parameter", "header", "body_data", "body_json")


@dataclass(frozen=True)
class Option:
    """One place in a request; `path` has several steps only inside a JSON body."""

    place: Place
    path: tuple[str, ...]

    def put(self, parts: Parts, value: Any) -> None:
        """Set the value at this place."""
        target = getattr(parts, self.place)
        for step in self.path[:-1]:
            target = target.setdefault(step, {})
        target[self.path[-1]] = value


def compile_option(component: Mapping[str, Any], config: Mapping[str, Any]) -> Option:
    """The place that a RequestOption names."""
    parameters = component.get("$parameters") or {}
    scope = {"config": config}
    steps = component.get("field_path") or [component.get("field_name")]
    path = tuple(str(compile_text(str(step), parameters)(scope)) for step in steps if step)
    place: Place = component["inject_into"]
    if not path or place not in PLACES:
        raise DeclarationError(
            f"A RequestOption needs a field_name or field_path and one of {', '.join(PLACES)} as "
            f"inject_into; it has {component.get('field_name')!r} and {place!r}."
        )
    if len(path) > 1 and place != "body_json":
        raise DeclarationError(
            f"The field_path {'.'.join(path)} is only possible inside body_json, and the option "
            f"goes into {place}. Use field_name."
        )
    return Option(place, path)


def merge(contributions: Iterable[Parts]) -> Parts:
    """All contributions as one; DeclarationError where two claim the same field.

    Inside JSON bodies objects are merged and equal values may be given twice.
    """
    merged = Parts()
    for parts in contributions:
        for place in PLACES:
            found = getattr(parts, place)
            if found:
                setattr(merged, place, _joined(getattr(merged, place), found, place))
    return merged


def _joined(known: Values, more: Values, place: Place) -> Values:
    if not known:
        return more if isinstance(more, str) else _copied(more)
    if isinstance(known, str) or isinstance(more, str):
        raise DeclarationError(
            f"The request's {place} is given as text and other components add fields to it. "
            "Give the fields one by one instead of as text."
        )
    _merge(known, more, place, place == "body_json")
    return known


def _copied(value: Any) -> Any:
    return {key: _copied(item) for key, item in value.items()} if type(value) is dict else value


def _merge(known: dict[str, Any], more: dict[str, Any], where: str, nested: bool) -> None:
    for key, value in more.items():
        if key not in known:
            known[key] = _copied(value)
        elif nested and isinstance(known[key], dict) and isinstance(value, dict):
            _merge(known[key], value, f"{where}.{key}", nested)
        elif not nested or known[key] != value:
            raise DeclarationError(
                f"Two components both set {key!r} in {where} of the request. Each field may come "
                "from only one: requester, authenticator, paginator, partition router or cursor."
            )
