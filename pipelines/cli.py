"""The `headwater` command: arguments, help and exit codes, nothing more.

Bodies live in `pipelines.commands`, one module a command, and are imported when
their command runs: `headwater --help` must start at once, so nothing heavy may
be imported here.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli_match import match
from pipelines.cli_sources import new, sources
from pipelines.errors import HeadwaterError

app = typer.Typer(
    name="headwater",
    help="Bring a fund's data from files to a warehouse that can be trusted.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
quarantine = typer.Typer(no_args_is_help=True, help="See and replay the rows that were set aside.")
app.add_typer(quarantine, name="quarantine")
app.add_typer(sources, name="sources")
app.add_typer(new, name="new")
app.add_typer(match, name="match")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


class Format(StrEnum):
    """How `headwater sql` prints a result."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


@app.command()
def run(
    selection: Annotated[
        list[str] | None,
        typer.Argument(
            help="What to bring up to date: table names (`core.organization`, `raw.yc__*`), with "
            "+ for what is up- or downstream, or Dagster's asset-selection syntax "
            '(`group:crunchbase`, `key:"raw/yc__companies"+`). Nothing: everything.'
        ),
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Read every file and rebuild every model anew.")
    ] = False,
    json: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Write the outcome as JSON; - for stdout."),
    ] = None,
) -> None:
    """Load what is new, build what depends on it, check all of it.

    Exit code: 0 all is well, 1 a critical check failed, 2 a setting, declaration or
    selection is wrong, 3 a source could not be read or a model not be built.
    """
    from pipelines.commands.run import run as body

    raise typer.Exit(body(tuple(selection or ()), full_refresh=full_refresh, json_to=json))


@app.command()
def tables(
    as_json: AsJson = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Headwater's own tables as well.")
    ] = False,
) -> None:
    """List the warehouse's tables: rows, bytes, when last changed."""
    from pipelines.commands.tables import tables as body

    body(as_json=as_json, everything=everything)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One statement that reads.")],
    as_of: Annotated[
        str | None,
        typer.Option(metavar="TIME|SNAPSHOT", help="Read as of an ISO time (UTC) or snapshot id."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to a file, not to stdout.")
    ] = None,
) -> None:
    """Ask the warehouse; it can't be changed from here."""
    from pipelines.commands.sql import sql as body

    body(query, as_of=as_of, form=form.value, output=output)


@quarantine.command("list")
def quarantine_list(as_json: AsJson = False) -> None:
    """Tables that have rows in quarantine, and why."""
    from pipelines.commands.quarantine import list_tables

    list_tables(as_json=as_json)


@quarantine.command("show")
def quarantine_show(
    table: Annotated[str, typer.Argument(help="e.g. raw.crunchbase__companies")],
    limit: Annotated[int, typer.Option(min=1, help="Rows at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The rows set aside for one table: reason, origin and the raw record."""
    from pipelines.commands.quarantine import show

    show(table, limit=limit, as_json=as_json)


@quarantine.command("replay")
def quarantine_replay(
    table: Annotated[str, typer.Argument(help="e.g. raw.crunchbase__companies")],
    as_json: AsJson = False,
) -> None:
    """Try the rows set aside once more, after the declaration was mended."""
    from pipelines.commands.quarantine import replay as body

    body(table, as_json=as_json)


@app.command()
def replay(
    table: Annotated[str, typer.Argument(help="e.g. raw.crunchbase__companies")],
    as_json: AsJson = False,
) -> None:
    """Rebuild a raw table from its landing packages, without asking the source."""
    from pipelines.commands.replay import replay as body

    body(table, as_json=as_json)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look for what is wrong and say what to do; exit code 1 if anything is."""
    from pipelines.commands.doctor import doctor as body

    raise typer.Exit(body(as_json=as_json))


@app.command()
def dev(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the Dagster UI.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Open the Dagster UI with its daemon; history survives restarts. Ctrl-C ends it."""
    from pipelines.commands.dev import dev as body

    raise typer.Exit(body(host=host, port=port))


@app.command()
def version(as_json: AsJson = False) -> None:
    """The versions of Headwater and of what it stands on."""
    from pipelines.commands.version import version as body

    body(as_json=as_json)


def main() -> None:
    """Run the command; an error that was foreseen is told without a traceback."""
    try:
        app()
    except HeadwaterError as error:
        print(f"headwater: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
