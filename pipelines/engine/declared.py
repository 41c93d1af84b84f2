"""What of a declaration decides how rows are read and kept, as one hash.

Belongs here: what counts as a change of the declaration. Does not belong here: what
follows from one.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict

import orjson

from pipelines.spec import FileStream, Stream

_NOT_READING = ("description", "checks", "personal")
"""Parts of a declaration that change nothing in what is read."""


def declaration_hash(stream: Stream) -> str:
    """sha256 over everything declared that changes what is read or how it is kept."""
    said = asdict(stream)
    if isinstance(stream, FileStream):
        said["format_kind"] = type(stream.format).__name__
    for name in _NOT_READING:
        said.pop(name)
    said["columns"] = {name: column.type for name, column in stream.columns.items()}
    text = orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).hexdigest()
