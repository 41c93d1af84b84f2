"""One .yaml file under sources/ → one Source over an API.

Belongs here: the block `headwater`, which says what of a low-code manifest becomes
tables and which settings it needs. Does not belong here: the manifest itself; its
reader validates it whole.

    headwater:
      description, owner, homepage, licence
      config: {api_key: {env, description, secret, default, required}, page_size: 100}
      streams: {companies: {description, mode, key, columns, checks, …}}
      manifest: {file, sha256}   (one that somebody else wrote), or beside the block
      isolated: {file, sha256, package}   (its Python classes: airbyte-cdk runs it, apart)
    version: …                   (the manifest, as its interpreter wants it)
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from pipelines.catalog.cache import Cache
from pipelines.catalog.fields import Fields
from pipelines.catalog.find import Found
from pipelines.catalog.header import read_header
from pipelines.catalog.problems import Reporter
from pipelines.spec import (
    Api,
    Connector,
    Contract,
    Duplicates,
    Mode,
    PulledStream,
    Setting,
    Source,
    Unnest,
)

BLOCK = "headwater"


def read_manifest_source(found: Found, cache: Cache, report: Reporter) -> Source | None:
    """The source of one file, or None when too much is wrong to say what it is."""
    document = _document(found, cache, report)
    if document is None:
        return None
    block = document.pop(BLOCK, None)
    if not isinstance(block, dict):
        report(BLOCK, "Got nothing; expected fields such as description: … below it.")
        return None
    below = report.below(BLOCK)
    fields = Fields(block, below)
    manifest = _manifest(found, fields, document, below)
    config = _config(fields.mapping("config") or {}, below.below("config"))
    apart = _apart(found, fields, below)
    connection = (
        Api(manifest=manifest, config=config, origin=found.shown)
        if apart is None
        else replace(apart, manifest=manifest, config=config)
    )
    source = Source(
        name=found.name,
        description=fields.text("description"),
        owner=fields.text("owner"),
        homepage=fields.text("homepage") if fields.has("homepage") else None,
        licence=fields.text("licence") if fields.has("licence") else None,
        streams=_streams(fields, below),
        connection=connection,
    )
    fields.done()
    return source


def _manifest(
    found: Found, fields: Fields, rest: dict[str, Any], report: Reporter
) -> dict[str, Any] | str:
    """What stands beside the block, or the text of the file that it names.

    Such a file was written by somebody else; its hash is pinned, so that it can't
    change without a person who looks at it.
    """
    named = fields.mapping("manifest")
    if named is None:
        return rest
    for name in rest:
        report(str(name), "The block names a file with the manifest, so nothing else stands here.")
    inner = Fields(named, report.below("manifest"))
    text = _pinned(found, inner, report.below("manifest"))
    inner.done()
    return rest if text is None else text


def _apart(found: Found, fields: Fields, report: Reporter) -> Connector | None:
    """How the manifest is run apart, if it is: its Python classes, and what they need."""
    named = fields.mapping("isolated")
    if named is None:
        return None
    inner = Fields(named, report.below("isolated"))
    package = inner.texts("package") if inner.has("package") else ()
    components = None
    if inner.has("file") and _pinned(found, inner, report.below("isolated")) is not None:
        components = str((found.path.parent / inner.text("file")).resolve())
    inner.done()
    return Connector(package=package, components=components)


def _pinned(found: Found, fields: Fields, report: Reporter) -> str | None:
    """The text of a file whose hash is what was pinned; None after reporting."""
    path, pinned = fields.text("file"), fields.text("sha256")
    try:
        content = (found.path.parent / path).read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        report("file", f"{path} can't be read: {error}.")
        return None
    digest = hashlib.sha256(content).hexdigest()
    if digest != pinned:
        report(
            "sha256",
            f"{path} hashes to {digest}; expected {pinned}. It was changed since it was added: "
            "look at it, and add it again with `headwater sources add manifest`.",
        )
    return text


def _document(found: Found, cache: Cache, report: Reporter) -> dict[str, Any] | None:
    content = found.path.read_bytes()
    key = cache.key(content)
    kept = cache.get(key)
    if kept is not None:
        return dict(kept)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        report("", f"The file is not UTF-8: byte {error.start} is {content[error.start]:#04x}.")
        return None
    read = read_header(text, report)
    if read is None:
        return None
    cache.put(key, read)
    return dict(read)


def _streams(fields: Fields, report: Reporter) -> tuple[PulledStream, ...]:
    made = []
    for name, given in (fields.mapping("streams") or {}).items():
        below = report.below(f"streams.{name}")
        if isinstance(given, dict):
            made.append(_stream(str(name), Fields(given, below), below))
        else:
            below("", "Got no fields; expected description: … below it.")
    return tuple(made)


def _stream(name: str, fields: Fields, report: Reporter) -> PulledStream:
    stream = PulledStream(
        name=name,
        of=fields.text("of") if fields.has("of") else "",
        description=fields.text("description"),
        mode=fields.choice("mode", Mode, "replace"),
        key=fields.texts("key") if fields.has("key") else (),
        contract=fields.choice("contract", Contract, "evolve"),
        duplicates=fields.choice("duplicates", Duplicates, "keep"),
        columns=fields.columns("columns"),
        personal=fields.texts("personal") if fields.has("personal") else (),
        checks=fields.checks("checks"),
        unnest=_unnest(fields, report.below("unnest")),
    )
    fields.done()
    return stream


def _unnest(fields: Fields, report: Reporter) -> tuple[Unnest, ...]:
    """Child table → the list that it is made of."""
    made = []
    for into, given in (fields.mapping("unnest") or {}).items():
        inner = Fields(given if isinstance(given, dict) else {}, report.below(str(into)))
        made.append(
            Unnest(
                into=str(into),
                column=inner.text("column"),
                keys=inner.texts("keys"),
                drop=inner.truth("drop"),
            )
        )
        inner.done()
    return tuple(made)


def _config(given: dict[str, Any], report: Reporter) -> dict[str, Any]:
    return {str(name): _value(value, report.below(str(name))) for name, value in given.items()}


def _value(value: Any, report: Reporter) -> Any:
    """A constant as it is; a mapping with `env` is a setting."""
    if isinstance(value, list):
        return [_value(item, report.below(f"[{at}]")) for at, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if "env" not in value:
        return _config(value, report)
    fields = Fields(value, report)
    setting = Setting(
        env=fields.text("env"),
        description=fields.text("description"),
        default=fields.scalar("default"),
        secret=fields.truth("secret"),
        required=fields.truth("required", default=True),
    )
    fields.done()
    return setting
