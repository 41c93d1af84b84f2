"""`headwater doctor`: what is wrong with this installation, and what to do about it.

Belongs here: the order of the examinations and how findings are told. Does not
belong here: the examinations themselves (`checkup`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from rich.markup import escape

from pipelines.commands.checkup import EXAMINATIONS, Finding
from pipelines.commands.show import console, print_json
from pipelines.errors import ConfigurationError
from resources.settings import load_settings

_SIGNS = {"ok": "[green]✓[/]", "note": "[yellow]![/]", "wrong": "[red]✗[/]"}


def doctor(*, as_json: bool) -> int:
    """Examine everything; 0 when nothing is wrong, 1 otherwise."""
    findings = list(_examine())
    healthy = all(finding.state != "wrong" for finding in findings)
    if as_json:
        print_json({"healthy": healthy, "findings": [asdict(finding) for finding in findings]})
        return 0 if healthy else 1
    output = console()
    for finding in findings:
        output.print(f"{_SIGNS[finding.state]} [bold]{finding.about}[/]: {escape(finding.found)}")
        if finding.advice:
            output.print(f"  {escape(finding.advice)}")
    return 0 if healthy else 1


def _examine() -> Iterator[Finding]:
    try:
        settings = load_settings()
    except ConfigurationError as error:
        yield Finding(
            "settings", "wrong", str(error), "Mend the setting; the rest was not examined."
        )
        return
    yield Finding("settings", "ok", f"home is {settings.home}")
    for examine in EXAMINATIONS:
        yield from examine(settings)
