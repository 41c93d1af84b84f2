"""One file under sources/ → one Source, checked.

Belongs here: what makes a source and its streams valid. Does not belong here:
reading their files.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

from pipelines.catalog.cache import Cache
from pipelines.catalog.connections import check_connection
from pipelines.catalog.find import NAME, Found
from pipelines.catalog.manifests import BLOCK, read_manifest_source
from pipelines.catalog.problems import Reporter, nearest
from pipelines.catalog.python import load_module
from pipelines.catalog.valid import (
    check_checks,
    check_columns,
    check_mapping,
    check_owner,
    check_text,
    check_tuple,
)
from pipelines.spec import (
    Check,
    Contract,
    Csv,
    Duplicates,
    FileFormat,
    FileStream,
    Mode,
    PulledStream,
    Source,
    Stream,
    Unnest,
)

_CHOICES: dict[str, Any] = {"mode": Mode, "contract": Contract, "duplicates": Duplicates}


def read_source(found: Found, cache: Cache, report: Reporter) -> Source | None:
    """The source of one file, or None when too much is wrong to say what it is."""
    if found.path.suffix == ".yaml":
        source, below = read_manifest_source(found, cache, report), report.below(BLOCK)
    else:
        source, below = _python_source(found, report), report.below("SOURCE")
    return source if source is not None and _check_source(source, below) else None


def _python_source(found: Found, report: Reporter) -> Source | None:
    module = load_module(found.path, report)
    if module is None:
        return None
    source = getattr(module, "SOURCE", None)
    if not isinstance(source, Source):
        report("SOURCE", f"Got {type(source).__name__}; expected SOURCE = Source(name=…, …).")
        return None
    return source


def _check_source(source: Source, below: Reporter) -> bool:
    """Report what is wrong; False when nothing more can be asked of the source."""
    _check_name("name", source.name, below)
    check_text("description", source.description, below)
    check_owner(source.owner, below)
    if not check_tuple("streams", source.streams, Stream, below):
        return False
    if not source.streams:
        below("streams", "Got nothing; expected at least one stream.")
    check_connection(source, below)
    usable = [_check_stream(s, below.below(f"streams.{s.name}")) for s in source.streams]
    return all(usable)


def _check_name(field: str, value: Any, report: Reporter) -> None:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        report(field, f"Got {value!r}; expected small letters, digits and _, a letter first.")
    elif "__" in value:
        report(field, f"Got {value!r}; two _ in a row keep system and object apart, so use one.")


def _check_stream(stream: Stream, report: Reporter) -> bool:
    """Report what is wrong; False when nothing more can be asked of the stream."""
    files = stream.files if isinstance(stream, FileStream) else ()
    shapes = [
        check_tuple("files", files, str, report),
        check_tuple("personal", stream.personal, str, report),
        check_tuple("key", stream.key, str, report),
        check_tuple("checks", stream.checks, Check, report),
        check_tuple("unnest", stream.unnest, Unnest, report),
        check_mapping("columns", stream.columns, report),
    ]
    if not all(shapes):
        return False
    _check_name("name", stream.name, report)
    check_text("description", stream.description, report)
    for field, kind in _CHOICES.items():
        value = getattr(stream, field)
        if value not in get_args(kind):
            report(field, f"Got {value!r}; expected {' or '.join(get_args(kind))}.")
    if stream.mode in ("merge", "history") and not stream.key:
        report("key", f"The mode {stream.mode} needs to know which columns identify a row.")
    if isinstance(stream, FileStream):
        _check_files(stream, report)
        _check_format(stream, report)
    if isinstance(stream, PulledStream):
        _check_lookback(stream, report)
    check_columns(stream.columns, report, described=False)
    frozen = stream.contract in ("freeze", "quarantine") and stream.columns
    check_checks(stream.checks, report, columns=[*stream.columns, "_file"] if frozen else None)
    _check_unnest(stream, report)
    return True


def _check_lookback(stream: PulledStream, report: Reporter) -> None:
    given = stream.lookback
    if given is None:
        return
    is_length = isinstance(given, timedelta) and given > timedelta()
    if not (is_length or (type(given) is int and given > 0)):
        report("lookback", f"Got {given!r}; expected a timedelta or a whole number above nothing.")
    elif stream.cursor is None:
        report("lookback", "It is counted from the newest value of a cursor; declare one, too.")


def _check_files(stream: FileStream, report: Reporter) -> None:
    if not stream.files:
        report("files", "Got nothing; expected globs below the data folder, e.g. **/rounds*.csv.")
    for glob in stream.files:
        if glob.startswith(("/", "~")) or ".." in glob.split("/") or "\\" in glob:
            report("files", f"Got {glob!r}; expected a glob below the data folder, with /.")


def _check_format(stream: FileStream, report: Reporter) -> None:
    known = get_args(FileFormat)
    if not isinstance(stream.format, known):
        names = " or ".join(kind.__name__ for kind in known)
        report("format", f"Got {stream.format!r}; expected {names}.")
    elif isinstance(stream.format, Csv) and (stream.format.header_row == 0) != bool(
        stream.format.names
    ):
        report("format", "header_row=0 (a file without a header) and names go together.")


def _check_unnest(stream: Stream, report: Reporter) -> None:
    taken = {stream.name}
    for item in stream.unnest:
        where = f"unnest.{item.into}"
        _check_name(where, item.into, report)
        if item.into in taken:
            report(where, "Another table of this stream has the same name.")
        taken.add(item.into)
        check_tuple(f"{where}.keys", item.keys, str, report)
        if not item.keys:
            report(f"{where}.keys", "Got nothing; expected the columns that name the parent row.")
        if stream.contract == "freeze" and item.column not in stream.columns:
            near = nearest(item.column, stream.columns)
            report(f"{where}.column", f"{item.column!r} is no declared column.{near}")
