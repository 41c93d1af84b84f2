"""What the stages hand each other: file, chunk, reject, report.

Belongs here: plain values that travel between extract, load, transform,
quality and whoever called them. Does not belong here: behaviour of any stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

ORIGIN_COLUMNS = ("_file", "_line", "_path")
"""Where a record stood: file below the data folder, 1-based physical line
(text formats), and cell range, JSON path or XPath (other formats)."""

Tee = Callable[[bytes], None]
"""Takes the raw bytes of a file as they are read, so that landing keeps them."""

Progress = Callable[[str, int, int | None], None]
"""Called with (what, done, total) while a stage works; total may be unknown."""


@dataclass(frozen=True)
class SourceFile:
    """One file as it was seen: `path` is relative to the data folder, with /.

    `version` is what a store calls the file's content (an ETag, a generation), where
    it says so.
    """

    path: str
    size: int
    modified_ns: int
    blake3: str | None = None
    version: str | None = None


@dataclass
class StreamState:
    """What a stream remembers between runs; committed together with its rows.

    `files`: path → the file as it was loaded. `names`: source name → column.
    `columns`: column → SQL type in the raw table (`NULL` while only nulls were
    seen). `declaration` is the hash of the stream's declaration at that load.
    `cursor` is where asking a system goes on; `content` is the hash of all records
    of a stream that is read whole each time.
    """

    files: dict[str, SourceFile] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    declaration: str = ""
    cursor: dict[str, Any] = field(default_factory=dict)
    content: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON-ready values, from which `from_json` makes an equal state."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> StreamState:
        """The state that `to_json` wrote."""
        files = {path: SourceFile(**item) for path, item in value.get("files", {}).items()}
        return cls(**{**value, "files": files})


@dataclass(frozen=True)
class Reject:
    """One record that could not become a row, with everything known of it."""

    reason: str
    raw: str
    file: str
    line: int | None = None
    path: str | None = None
    column: str | None = None


@dataclass(frozen=True)
class Chunk:
    """Some records of one file, decoded.

    `rows` holds the stream's columns under their warehouse names, followed by
    `_file` (string), `_line` (int64, nullable) and `_path` (string, nullable).
    `blank` counts records dropped because every field was empty. The records
    read are rows + rejects + blank.
    """

    rows: pa.Table
    rejects: tuple[Reject, ...] = ()
    blank: int = 0

    @property
    def read(self) -> int:
        """Records that this chunk accounts for."""
        return int(self.rows.num_rows) + len(self.rejects) + self.blank

    def kept_as(self, file: str) -> Chunk:
        """The same records, with `file` as where they came from."""
        from pipelines.arrays import repeated

        at = self.rows.schema.get_field_index("_file")
        rows = self.rows.set_column(at, "_file", repeated(file, self.rows.num_rows))
        rejects = tuple(replace(reject, file=file) for reject in self.rejects)
        return Chunk(rows, rejects, self.blank)


class RecordList(Sequence[Mapping[str, Any]]):
    """The records of one answer, in the JSON list that came; parsed when one is asked for.

    `data` is the list's text, `place` where it stood in the answer. `parse` gives the
    records of the answer; SourceError where it is no JSON. It decides: what is taken for
    the list may turn out to be more, and is then no JSON by itself.
    """

    def __init__(
        self, data: bytes, place: str, parse: Callable[[], Sequence[Mapping[str, Any]]]
    ) -> None:
        self.data, self.place = data, place
        self._parse = parse

    @cached_property
    def _parsed(self) -> Sequence[Mapping[str, Any]]:
        return self._parse()

    def __getitem__(self, at: Any) -> Any:
        return self._parsed[at]

    def __len__(self) -> int:
        return len(self._parsed)


@dataclass(frozen=True)
class Pulled:
    """One answer of a system: its records, and the state once they are loaded.

    `records`: JSON objects, JSON Lines as bytes, or an Arrow table under the
    system's own names. `state` holds for everything up to and with this answer;
    None: reading can't go on from here. `raw` are the bytes as they came (empty:
    the records are all that came); `about` says how they were asked for, as
    JSON-ready values without secrets. `paths` say where each record stood in `raw`.
    `rejects` are records that the reader could not make rows of, beside the Arrow table
    of those that it could.
    """

    records: Sequence[Mapping[str, Any]] | bytes | pa.Table
    state: Mapping[str, Any] | None = None
    raw: bytes = b""
    about: Mapping[str, Any] = field(default_factory=dict)
    paths: Sequence[str] | None = None
    rejects: tuple[Reject, ...] = ()


Status = Literal["loaded", "built", "unchanged", "no files", "not configured", "failed", "skipped"]


ABSENT: tuple[Status, ...] = ("no files", "not configured")
"""There is nothing to read from, so there is nothing to check either."""


@dataclass
class TableReport:
    """What one run did to one table.

    Always: read = loaded + quarantined + blank + duplicate. `rows_repeated`
    counts loaded rows that equal another loaded row in every source column.
    """

    table: str
    mode: str
    status: Status
    rows_read: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    rows_blank: int = 0
    rows_duplicate: int = 0
    rows_repeated: int = 0
    seconds: float = 0.0
    snapshot: int | None = None
    load_id: str | None = None
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return asdict(self)


@dataclass
class CheckReport:
    """The outcome of one check on one table.

    `check` is its name, unique in the table; `expectation` and `arguments` are
    as declared (`rule` for a rule's SQL). `sample` holds up to twenty failing
    rows (key columns and the values looked at); `error` is set when the check
    itself could not run. `version` is the snapshot since which the rows that
    were looked at are what they are (None: not known); `reused` marks the result
    of an earlier run on the very same rows.
    """

    table: str
    check: str
    severity: str
    status: Literal["passed", "warned", "failed", "error", "skipped"]
    failing_rows: int = 0
    observed: str = ""
    description: str = ""
    sample: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    seconds: float = 0.0
    expectation: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    version: int | None = None
    reused: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return asdict(self)
