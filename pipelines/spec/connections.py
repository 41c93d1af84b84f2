"""How a system is asked, and the settings that a person gives for it.

Belongs here: one declaration for each way of asking. Does not belong here: asking,
and any value of a setting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A value that a person gives: the environment variable `env`, else `default`.

    A `secret` is never shown. A setting that is `required` and not given leaves
    the source unconfigured: its streams are not read, and the run says so.
    """

    env: str
    description: str = ""
    default: str | int | float | bool | None = None
    secret: bool = False
    required: bool = True


@dataclass(frozen=True, kw_only=True)
class Api:
    """An API described by a manifest in the low-code vocabulary, or by its text.

    `config` is what the manifest calls config; a Setting in it, at any depth, is
    replaced by its value when the source is read.
    """

    manifest: Mapping[str, Any] | str
    config: Mapping[str, Any] = field(default_factory=dict)
    origin: str = "manifest"


@dataclass(frozen=True, kw_only=True)
class Soap:
    """Operations of a web service; a Setting may stand wherever a value does.

    `wsdl` is its address, or the absolute path of a file. `operations` maps a stream's
    name in the system → what is asked and what of the answer are records; the fields
    are those of `pipelines.extract.soap.declared`. `address` and `port` are for where
    the WSDL names no right one. `security` holds `username` and `password`, and
    perhaps `digest` and `timestamp` as true, for WS-Security. `parallel` requests are
    under way at once.
    """

    wsdl: str | Setting
    operations: Mapping[str, Mapping[str, Any]]
    address: str | Setting | None = None
    port: str = ""
    security: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    parallel: int = 2


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database by its SQLAlchemy address. It is only ever read.

    `connections` is how many may read side by side; `page_rows` how many rows are
    held at a time.
    """

    url: Setting
    connections: int = 2
    page_rows: int = 50_000


@dataclass(frozen=True, kw_only=True)
class Files:
    """A folder elsewhere: `root` is an fsspec address such as `sftp://host/folder`.

    `options` are what the file system asks for (user, password, key …).
    """

    root: str | Setting
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Tap:
    """A Singer tap: an executable in an environment of its own.

    `package` are the requirements of that environment; `executable` the command in
    it, or the path of one that is there already. Taps of the first years take their
    catalog as `--properties`, and most of those give nothing without it.
    """

    executable: str
    package: tuple[str, ...] = ()
    properties: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Connector:
    """A connector made with airbyte-cdk, run apart in an environment of its own.

    Either `package` and `executable`, or a `manifest` or its text (with the file of its
    Python classes as `components`), which airbyte-cdk itself then runs.
    """

    package: tuple[str, ...] = ()
    executable: str = ""
    manifest: Mapping[str, Any] | str | None = None
    components: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Python:
    """A function of one's own: `read(stream, config, state)` gives an iterable.

    Its items are records (mappings), lists of them, Arrow tables, or a new state
    as `State({...})`. A dlt resource is such an iterable, too.
    """

    read: Callable[[str, Mapping[str, Any], Mapping[str, Any]], Iterable[Any]]
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """Yielded by a Python source: all before it is loaded if this is the state."""

    value: Mapping[str, Any]


Connection = Api | Soap | Database | Files | Tap | Connector | Python
