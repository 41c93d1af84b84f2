"""Runs a manifest by airbyte-cdk; started by the python of the connector's environment.

Belongs here: handing manifest, Python classes and arguments to airbyte-cdk. Does not
belong here: anything of ours: this file runs where Headwater isn't installed.

Called as `python -I runner.py MANIFEST COMPONENTS COMMAND …`; COMPONENTS is the file of
the manifest's classes, or empty. A class is found under whatever module the manifest
names for it.

Published classes were written for the Python and the packaging of their day. Two things
have changed since: Python 3.11 refuses a default that cannot be hashed, which an object
of a plain dataclass is; and the specification of a source stood beside its manifest.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import json
import pkgutil
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any


def main(manifest_file: str, components_file: str, *arguments: str) -> None:
    """Run one command (check, discover, read) and end as airbyte-cdk does."""
    with open(manifest_file, encoding="utf-8") as file:  # noqa: PTH123  (needs nothing)
        manifest = json.load(file)
    _let_defaults_be_dataclasses()
    modules = sorted(set(_modules(manifest)))
    if components_file:
        _install(components_file, modules)
    if not manifest.get("spec"):
        manifest["spec"] = _specification(modules)
    entrypoint: Any = importlib.import_module("airbyte_cdk.entrypoint")
    given = entrypoint.AirbyteEntrypoint.parse_args(list(arguments))
    entrypoint.launch(_source(manifest, given), list(arguments))


def _source(manifest: dict[str, Any], given: Any) -> Any:
    """The manifest as a source, in the way of the airbyte-cdk that is installed."""
    declarative = "airbyte_cdk.sources.declarative"
    try:
        newer: Any = importlib.import_module(f"{declarative}.concurrent_declarative_source")
    except ModuleNotFoundError:
        older: Any = importlib.import_module(f"{declarative}.manifest_declarative_source")
        return older.ManifestDeclarativeSource(source_config=manifest)
    kind = newer.ConcurrentDeclarativeSource
    catalog, state = getattr(given, "catalog", None), getattr(given, "state", None)
    known = inspect.signature(kind.__init__).parameters
    # Where a source may renew its config in the file itself, it asks for the file.
    more = {"config_path": given.config} if "config_path" in known else {}
    return kind(
        catalog=kind.read_catalog(catalog) if catalog else None,
        config=kind.read_config(given.config),
        state=kind.read_state(state) if state else [],
        source_config=manifest,
        **more,
    )


def _let_defaults_be_dataclasses() -> None:
    """Let an object of a dataclass be another one's default, as Python 3.10 does."""
    make: Callable[..., Any] = dataclasses.dataclass

    def dataclass(cls: type | None = None, /, **options: Any) -> Any:
        if cls is None:
            return lambda later: dataclass(later, **options)
        made = make(cls, **options)
        if made.__hash__ is None:
            made.__hash__ = object.__hash__
        return made

    vars(dataclasses)["dataclass"] = dataclass


def _specification(modules: list[str]) -> dict[str, Any]:
    """The specification that the classes' package ships; without one any config will do."""
    for package in dict.fromkeys(name.partition(".")[0] for name in modules):
        for file in ("spec.json", "spec.yaml"):
            try:
                text = pkgutil.get_data(package, file)
            except (ImportError, OSError, ValueError):  # ValueError: made up by `_register`
                continue
            if text is not None:
                yaml: Any = importlib.import_module("yaml")
                found = yaml.safe_load(text)
                return {
                    "type": "Spec",
                    "connection_specification": found["connectionSpecification"],
                }
    return {"type": "Spec", "connection_specification": {"type": "object"}}


def _install(path: str, names: list[str]) -> None:
    """Make the classes importable under every module name that the manifest uses."""
    spec = importlib.util.spec_from_file_location("components", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"The file of Python classes {path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    # Registered before it runs: dataclasses look their module up.
    for name in ("components", "source_declarative_manifest.components", *names):
        _register(name, module)
    spec.loader.exec_module(module)
    classes = {name: value for name, value in vars(module).items() if not name.startswith("__")}
    for name in names:
        # A package made for the modules in it may be named for classes, too.
        vars(sys.modules[name]).update(classes)


def _register(name: str, module: ModuleType) -> None:
    package, _, last = name.rpartition(".")
    if package:
        if package not in sys.modules:
            _register(package, ModuleType(package))
        sys.modules[package].__path__ = []
        setattr(sys.modules[package], last, module)
    sys.modules.setdefault(name, module)


def _modules(value: Any) -> Iterator[str]:
    """The module of every class that a manifest names."""
    if isinstance(value, dict):
        name = value.get("class_name")
        if isinstance(name, str) and "." in name:
            yield name.rpartition(".")[0]
        for inner in value.values():
            yield from _modules(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _modules(inner)


if __name__ == "__main__":
    main(*sys.argv[1:])
