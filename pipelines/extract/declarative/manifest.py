"""Loads a low-code manifest: read, resolve, complete and check it, all or nothing.

Belongs here: the manifest as a whole. Does not belong here: fetching it, running
it, or what one component may hold (the vocabulary says that).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipelines.errors import ManifestRefused
from pipelines.extract.declarative.complete import Completion
from pipelines.extract.declarative.faults import Faults, TooLarge, nearest, shown
from pipelines.extract.declarative.references import resolve_references
from pipelines.extract.declarative.vocabulary import COMPONENTS, TAGS, Kind
from pipelines.extract.declarative.yaml_text import read_yaml

_ROOT: Final = "DeclarativeSource"
_DATA: Final = frozenset(
    {"$parameters", "schema", "schemas", "connection_specification", "config_overrides", "metadata"}
)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A manifest that can be run as it is.

    Components are plain dicts, complete: `type` says which one it is (a few
    without behaviour, such as a rate or a request matcher, have none), left-out
    fields carry the vocabulary's default if it has one, and `$parameters` is what
    `parameters` means in the templates inside. `streams` holds DeclarativeStream,
    StateDelegatingStream and ConditionalStreams; what they reach is shared where
    the manifest shares it, so nobody may change it in place. `spec` is the
    connector's specification or None, `definitions` the manifest's own, with
    references resolved. `warnings` are sentences about what is likely a mistake.
    """

    origin: str
    version: str
    streams: list[dict[str, Any]]
    dynamic_streams: list[dict[str, Any]]
    check: dict[str, Any]
    spec: dict[str, Any] | None
    definitions: dict[str, Any]
    document: dict[str, Any]
    warnings: tuple[str, ...]

    def components(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every component with its path, each before those inside it."""
        outside = {name: item for name, item in self.document.items() if name != "definitions"}
        return _walk(outside, "")


def load_manifest(text: str | bytes, *, origin: str) -> Manifest:
    """The manifest in a text; `origin` names it in errors.

    ManifestRefused tells every fault with its path, and names the Python classes
    that the manifest asks for.
    """
    document, doubts = read_yaml(text, origin=origin)
    if not isinstance(document, dict):
        raise ManifestRefused(origin, [f"expected a mapping, got {shown(document)}"])
    return _made(document, Faults(warnings=doubts), origin)


def manifest_of(document: Mapping[str, Any], *, origin: str) -> Manifest:
    """The manifest in a mapping, such as a declaration holds; refused like a text."""
    return _made(_plain(document), Faults(), origin)


def _plain(value: Any) -> Any:
    """A copy in the kinds of containers that YAML gives."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _made(document: Any, faults: Faults, origin: str) -> Manifest:
    try:
        document = resolve_references(document, faults)
        if not isinstance(document, dict):
            faults.add("$ref", "a manifest can't be a reference as a whole")
            faults.raise_if_any(origin)
        document = {"type": _ROOT, **document}
        made = Completion(faults).value(document, Kind(components=(_ROOT,)), "", {})
    except TooLarge as error:
        raise ManifestRefused(origin, [str(error)]) from None
    if document["type"] == _ROOT:
        _check_whole(made, faults)
    faults.raise_if_any(origin)
    return Manifest(
        origin=origin,
        version=made["version"],
        streams=made.get("streams", []),
        dynamic_streams=made.get("dynamic_streams", []),
        check=made["check"],
        spec=made.get("spec"),
        definitions=made.get("definitions", {}),
        document=made,
        warnings=tuple(faults.warnings),
    )


def complete_component(
    component: dict[str, Any],
    *names: str,
    origin: str,
    parameters: Mapping[str, Any] | None = None,
    inherited_first: bool = False,
) -> dict[str, Any]:
    """A component made at run time, completed and checked like one in a manifest.

    `names` are the components it may be. For a stream made from a template,
    `inherited_first` is the template's `use_parent_parameters`. ManifestRefused
    tells every fault; paths begin at the component.
    """
    unknown = [name for name in names if name not in COMPONENTS]
    if unknown:
        raise ValueError(f"The vocabulary has no component {unknown[0]!r}.")
    faults = Faults()
    kind = Kind(components=names, meant=names[0])
    try:
        completion = Completion(faults, inherited_first=inherited_first)
        made: dict[str, Any] = completion.value(component, kind, "", parameters or {})
    except TooLarge as error:
        raise ManifestRefused(origin, [str(error)]) from None
    faults.raise_if_any(origin)
    return made


def _check_whole(made: dict[str, Any], faults: Faults) -> None:
    """What no component can see alone."""
    if "streams" not in made and "dynamic_streams" not in made:
        faults.add("", "it needs the field 'streams' or 'dynamic_streams'")
    names: list[str] = []
    for path, stream in _named_streams(made):
        name = stream.get("name")
        if not name:
            faults.add(path, "a stream needs a name")
        elif name in names:
            faults.warn(path, f"a stream before has the name {name!r}, too")
        names.append(str(name))
    check = made.get("check")
    wanted = check.get("stream_names") if isinstance(check, dict) else None
    if isinstance(wanted, list) and not made.get("dynamic_streams"):
        for name in wanted:
            if name not in names:
                near = nearest(str(name), names)
                meant = f"; did you mean {near!r}?" if near else ""
                faults.warn("check.stream_names", f"there is no stream {name!r}{meant}")


def _named_streams(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    streams = made.get("streams")
    for index, stream in enumerate(streams if isinstance(streams, list) else []):
        path = f"streams[{index}]"
        if not isinstance(stream, dict):
            continue
        if stream.get("type") == "ConditionalStreams":
            inner = stream.get("streams")
            for position, conditional in enumerate(inner if isinstance(inner, list) else []):
                if isinstance(conditional, dict):
                    yield f"{path}.streams[{position}]", conditional
        elif stream.get("type") in ("DeclarativeStream", "StateDelegatingStream"):
            yield path, stream


def _walk(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if isinstance(node.get("type"), str) and node["type"] in TAGS:
            yield path, node
        for name, item in node.items():
            if name not in _DATA:
                yield from _walk(item, f"{path}.{name}" if path else str(name))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _walk(item, f"{path}[{index}]")
