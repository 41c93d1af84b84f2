"""What a landing package says of itself: manifest.json, and nothing else.

Belongs here: the manifest's shape, and its way to bytes and back. Does not
belong here: writing packages (`writer`) or finding them (`landing`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import orjson

from pipelines.errors import PackageDamaged
from pipelines.flow import StreamState
from pipelines.hashing import blake3
from pipelines.spec import Column, Contract, Duplicates, Mode, Stream

FORMAT = 2
NAME = "manifest.json"

Kind = Literal["load", "reload", "release"]
"""`load` adds what is new; `reload` holds everything that the table shall hold;
`release` holds records that came out of quarantine."""


@dataclass(frozen=True)
class RawFile:
    """One file as it was read; `member` is its copy in the package."""

    path: str
    size: int
    modified_ns: int
    blake3: str
    member: str


@dataclass(frozen=True)
class Part:
    """One Parquet file; `columns` maps column → SQL type, `NULL` where only nulls are."""

    name: str
    rows: int
    bytes: int
    blake3: str
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """A file that could not be read as declared, quarantined as one record.

    `void` says that rows or rejects of it were written before it was refused;
    they stand in the parts, but don't count.
    """

    file: str
    reason: str
    void: bool


@dataclass(frozen=True)
class Rules:
    """What the stream declared when the package was made; replays go by it."""

    mode: Mode
    key: tuple[str, ...]
    contract: Contract
    duplicates: Duplicates
    types: dict[str, str | None]

    @classmethod
    def of(cls, stream: Stream) -> Rules:
        """The rules of a stream as it is declared now."""
        types = {name: column.type for name, column in stream.columns.items()}
        return cls(stream.mode, stream.key, stream.contract, stream.duplicates, types)

    def restore(self, stream: Stream) -> Stream:
        """The stream as it was declared then; descriptions and children as now."""
        columns = {
            name: replace(stream.columns.get(name, Column()), type=kind)
            for name, kind in self.types.items()
        }
        return replace(
            stream,
            mode=self.mode,
            key=self.key,
            contract=self.contract,
            duplicates=self.duplicates,
            columns=columns,
        )


@dataclass(frozen=True)
class Counts:
    """Records of a package: read = rows + rejects + blank."""

    read: int = 0
    rows: int = 0
    rejects: int = 0
    blank: int = 0


@dataclass(frozen=True)
class Manifest:
    """Everything that is known of a package without opening its parts.

    `complete` says that every file of the stream that was there is in it, so
    that a key it lacks is gone. `after.columns` are the types that this package
    holds; the types of the table come from the commit. `released_files` are the
    files that were refused whole and that a release reads after all.
    """

    load_id: str
    source: str
    stream: str
    table: str
    rules: Rules
    kind: Kind
    complete: bool
    created_at: str
    before: StreamState
    after: StreamState
    counts: Counts
    files: tuple[RawFile, ...] = ()
    parts: tuple[Part, ...] = ()
    rejects: Part | None = None
    refused: tuple[Refused, ...] = ()
    released_files: tuple[str, ...] = ()
    format: int = FORMAT

    @property
    def created(self) -> datetime:
        """The moment at which the load began, in UTC."""
        return datetime.fromisoformat(self.created_at)

    def to_bytes(self) -> bytes:
        """Sorted, indented JSON that ends with its own checksum."""
        body = asdict(self) | {
            "before": self.before.to_json(),
            "after": self.after.to_json(),
        }
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
        return orjson.dumps({"manifest": body, "blake3": _checksum(body)}, option=options)

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Manifest:
        """The manifest that `to_bytes` wrote; PackageDamaged when it isn't that."""
        try:
            whole = orjson.loads(data)
            body = whole["manifest"]
            said = whole["blake3"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise PackageDamaged(
                f"{where} is no manifest: it is not the JSON that Headwater wrote. The package "
                "is not loaded; its files are read again while they are still there."
            ) from None
        if _checksum(body) != said:
            raise PackageDamaged(
                f"{where} is damaged: its checksum is {_checksum(body)}, and it says {said}. The "
                "package is not loaded; its files are read again while they are still there."
            )
        if body["format"] != FORMAT:
            raise PackageDamaged(
                f"{where} has format {body['format']}, and this Headwater reads format {FORMAT}. "
                "Use the version that wrote it, or load its files again with --full-refresh."
            )
        return _from_json(body)


def _from_json(body: dict[str, Any]) -> Manifest:
    return Manifest(
        **{
            **body,
            "before": StreamState.from_json(body["before"]),
            "after": StreamState.from_json(body["after"]),
            "rules": Rules(**{**body["rules"], "key": tuple(body["rules"]["key"])}),
            "counts": Counts(**body["counts"]),
            "files": tuple(RawFile(**item) for item in body["files"]),
            "parts": tuple(Part(**item) for item in body["parts"]),
            "rejects": Part(**body["rejects"]) if body["rejects"] else None,
            "released_files": tuple(body["released_files"]),
            "refused": tuple(Refused(**item) for item in body["refused"]),
        }
    )


def _checksum(body: dict[str, Any]) -> str:
    return blake3(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
