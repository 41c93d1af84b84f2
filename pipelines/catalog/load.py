"""From folders to a catalog, or to one error that says everything that is wrong.

Belongs here: the order of the steps. Does not belong here: any of the steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pipelines
from pipelines.catalog.cache import Cache
from pipelines.catalog.catalog import Catalog, raw_tables
from pipelines.catalog.find import Found, find_files
from pipelines.catalog.graph import check_known, check_unique, in_order
from pipelines.catalog.models import read_model, read_rule
from pipelines.catalog.problems import Problems
from pipelines.catalog.sources import read_source
from pipelines.expectations import checks_of
from pipelines.spec import Model, Rule, Source

BUILT_IN = Path(pipelines.__file__).resolve().parent.parent / "assets"
"""The folder of Headwater's own declarations."""


def load_catalog(
    folders: Sequence[Path] = (), *, built_in: bool = True, cache: Path | None = None
) -> Catalog:
    """Read all declarations: Headwater's own and those of further folders.

    `cache` is a folder in which facts about unchanged SQL files are kept, which
    makes a second call several times faster. Raises DeclarationError naming
    every broken file and field.
    """
    problems = Problems()
    roots = [(folder, str(folder)) for folder in folders if folder.resolve() != BUILT_IN]
    found = find_files([(BUILT_IN, "assets")] * built_in + roots, problems)
    kept = Cache(cache)
    sources = _sources(found, kept, problems)
    models = _models(found, kept, problems)
    rules = _rules(found, kept, problems)
    kept.save()
    _check_together(sources, models, rules, problems)
    ordered = in_order({model.table: model for model in models}, problems)
    problems.raise_any()
    return Catalog(
        sources={source.name: _with_implied_checks(source) for source, _ in sources},
        models={name: replace(model, checks=checks_of(model)) for name, model in ordered.items()},
        rules={rule.name: rule for rule in rules},
        custom=tuple(item.path for item in found if item.kind == "custom"),
        files={source.name: file for source, file in sources},
    )


def _with_implied_checks(source: Source) -> Source:
    streams = (replace(stream, checks=checks_of(stream)) for stream in source.streams)
    return replace(source, streams=tuple(streams))


def _check_together(
    sources: list[tuple[Source, str]], models: list[Model], rules: list[Rule], problems: Problems
) -> None:
    check_unique("source", [(source.name, file) for source, file in sources], problems)
    raw = [(table, file) for source, file in sources for table in dict.fromkeys(raw_tables(source))]
    names = {source.name for source, _ in sources}
    if len(names) == len(sources):
        check_unique("table", raw, problems)
    check_unique("table", [(model.table, model.path) for model in models], problems)
    check_unique("rule", [(rule.name, rule.path) for rule in rules], problems)
    check_known(sources, models, rules, problems)


def _sources(found: list[Found], cache: Cache, problems: Problems) -> list[tuple[Source, str]]:
    read = []
    for item in found:
        if item.kind == "sources":
            source = read_source(item, cache, problems.at(item.shown))
            if source is not None:
                read.append((source, item.shown))
    return read


def _models(found: list[Found], cache: Cache, problems: Problems) -> list[Model]:
    files = (item for item in found if item.kind == "models")
    read = (read_model(item, cache, problems.at(item.shown)) for item in files)
    return [model for model in read if model is not None]


def _rules(found: list[Found], cache: Cache, problems: Problems) -> list[Rule]:
    files = (item for item in found if item.kind == "checks")
    read = (read_rule(item, cache, problems.at(item.shown)) for item in files)
    return [rule for rule in read if rule is not None]
