"""`headwater sources …` and `headwater new …`: arguments and help, nothing more.

Bodies live in `pipelines.commands` and are imported when their command runs, as in
`pipelines.cli`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

sources = typer.Typer(no_args_is_help=True, help="See, try and add the systems that are read.")
add = typer.Typer(no_args_is_help=True, help="Add a source that somebody else has written.")
new = typer.Typer(no_args_is_help=True, help="Begin a declaration of one's own.")
sources.add_typer(add, name="add")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Name = Annotated[str, typer.Argument(help="The source, as `headwater sources list` names it.")]
Into = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Folder laid out like assets/; else the first one of HEADWATER_ASSETS.",
    ),
]


@sources.command("list")
def sources_list(as_json: AsJson = False) -> None:
    """Every source: what it is, its tables, and the settings that it still needs."""
    from pipelines.commands.sources import list_sources

    list_sources(as_json=as_json)


@sources.command("check")
def sources_check(name: Name) -> None:
    """Ask a source for as little as proves that it can be read."""
    from pipelines.commands.sources import check

    check(name)


@sources.command("discover")
def sources_discover(name: Name, as_json: AsJson = False) -> None:
    """The streams that a system has: keys, cursors, columns, and which are tables here."""
    from pipelines.commands.sources import discover

    discover(name, as_json=as_json)


@sources.command("read")
def sources_read(
    name: Name,
    stream: Annotated[
        str | None, typer.Option(help="One stream, by its name here or in the system.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Records at most, of each stream.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines.")] = False,
) -> None:
    """Read some records and print them; nothing is kept or loaded."""
    from pipelines.commands.sources import read

    read(name, stream=stream, limit=limit, as_json=as_json)


@sources.command("try")
def sources_try(name: Name) -> None:
    """Read a source from the answers recorded beside it, without any network."""
    from pipelines.commands.pages import try_pages

    try_pages(name)


@sources.command("key")
def sources_key() -> None:
    """Make a key for HEADWATER_TOKEN_KEY, which encrypts stored OAuth tokens."""
    from pipelines.commands.sources import key

    key()


@add.command("manifest")
def add_manifest(
    place: Annotated[str, typer.Argument(metavar="PATH-OR-URL", help="The low-code manifest.")],
    name: Annotated[
        str | None, typer.Option(help="What to call the source; else what the file is called.")
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(metavar="HASH", help="Refuse the file if it hashes to another.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only validate: exit 0, or 2 with every fault.")
    ] = False,
    isolated: Annotated[
        bool, typer.Option("--isolated", help="Let airbyte-cdk run it, in its own environment.")
    ] = False,
    components: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Its custom Python classes; goes with --isolated."),
    ] = None,
    package: Annotated[
        list[str] | None,
        typer.Option(
            help="What its environment holds instead of the usual airbyte-cdk, such as its "
            "publisher's airbyte-source-jira==4.0.0; goes with --isolated."
        ),
    ] = None,
    into: Into = None,
) -> None:
    """Add a source described by a low-code manifest; its hash is pinned."""
    from pipelines.commands.add_manifest import add_isolated as apart
    from pipelines.commands.add_manifest import add_manifest as body

    if isolated or components or package:
        apart(place, components, package or [], name=name, sha256=sha256, into=into)
    else:
        body(place, name=name, sha256=sha256, check=check, into=into)


@add.command("singer")
def add_singer(
    name: Annotated[str, typer.Argument(help="What to call the source.")],
    package: Annotated[
        list[str] | None,
        typer.Option(help="A requirement of the tap's own environment, e.g. tap-github==1.2.3."),
    ] = None,
    executable: Annotated[
        str | None,
        typer.Option(help="The tap's command or whole path; else the first package's name."),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="One entry of the tap's config: a value, or env:NAME or secret:NAME for one "
            "that is taken from the environment.",
        ),
    ] = None,
    into: Into = None,
) -> None:
    """Add a Singer tap; it is installed, asked for its streams, and declared."""
    from pipelines.commands.add_singer import add_singer as body

    body(name, packages=package or [], executable=executable, settings=setting or [], into=into)


@new.command("source")
def new_source(
    name: Annotated[str, typer.Argument(help="The system's name: small letters, digits and _.")],
    into: Into = None,
) -> None:
    """Write one commented source and recorded answers to try it with."""
    from pipelines.commands.new import new_source as body

    body(name, into=into)
