"""How a stream names a table of a database.

Belongs here: taking `schema.table` apart, and putting it together. Does not belong
here: whether there is such a table.
"""

from __future__ import annotations

import re

from pipelines.errors import DeclarationError

_PARTS = re.compile(r'(?:(?P<a>"(?:[^"]|"")+"|[^".]+)\.)?(?P<b>"(?:[^"]|"")+"|[^"]+)')


def split_name(theirs: str) -> tuple[str | None, str]:
    """`schema.table`, `table`, or either part in double quotes where it holds a dot."""
    found = _PARTS.fullmatch(theirs)
    if found is None or "\x00" in theirs:
        raise DeclarationError(
            f"{theirs!r} is no name of a table. Expected table or schema.table, with a part that "
            'holds a dot or a double quote written as "a.b".'
        )
    return (_plain(found["a"]) if found["a"] else None), _plain(found["b"])


def joined_name(schema: str | None, table: str) -> str:
    """What `split_name` takes apart into these."""
    parts = [part for part in (schema, table) if part]
    return ".".join(
        f'"{p.replace(chr(34), chr(34) * 2)}"' if set(p) & {".", '"'} else p for p in parts
    )


def _plain(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part
