"""`headwater match …`: arguments and help, nothing more.

Bodies live in `pipelines.commands.match`, which is imported when a command runs, as in
`pipelines.cli`.
"""

from __future__ import annotations

from typing import Annotated

import typer

match = typer.Typer(
    no_args_is_help=True, help="See which records are one organization, and decide what is unsure."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Record = Annotated[str, typer.Argument(help="A record: its source and id there, hubspot:1234.")]
Note = Annotated[str, typer.Option(help="Why, for whoever asks later.")]
By = Annotated[str, typer.Option(help="Who decides; else who is logged in.")]


@match.command("run")
def match_run(
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Learn a new model and compare everything anew.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Match the records that changed; `headwater run` does so as well."""
    from pipelines.commands.match import run

    run(retrain=retrain, as_json=as_json)


@match.command("list")
def match_list(
    limit: Annotated[int, typer.Option(min=1, help="Pairs at most.")] = 20, as_json: AsJson = False
) -> None:
    """Pairs of records that wait for a person, the most alike first."""
    from pipelines.commands.match import list_waiting

    list_waiting(limit=limit, as_json=as_json)


@match.command("show")
def match_show(
    what: Annotated[str, typer.Argument(help="An organization's id, or one of its records.")],
    as_json: AsJson = False,
) -> None:
    """One organization: its records, what ties them, former ids, decisions."""
    from pipelines.commands.match import show

    show(what, as_json=as_json)


@match.command("model")
def match_model(as_json: AsJson = False) -> None:
    """The model: how much each agreement and difference counts, and the thresholds."""
    from pipelines.commands.match import model

    model(as_json=as_json)


@match.command("accept")
def match_accept(
    one: Record, other: Record, note: Note = "", by: By = "", as_json: AsJson = False
) -> None:
    """Decide that two records are one organization; this overrides everything else."""
    from pipelines.commands.match import decided

    decided("accept", one, other, by=by, note=note, as_json=as_json)


@match.command("reject")
def match_reject(
    one: Record, other: Record, note: Note = "", by: By = "", as_json: AsJson = False
) -> None:
    """Decide that two records are two organizations; they never meet again."""
    from pipelines.commands.match import decided

    decided("reject", one, other, by=by, note=note, as_json=as_json)


@match.command("split")
def match_split(record: Record, note: Note = "", by: By = "", as_json: AsJson = False) -> None:
    """Take a record out of its organization and keep it apart from all others there."""
    from pipelines.commands.match import split_off

    split_off(record, by=by, note=note, as_json=as_json)
