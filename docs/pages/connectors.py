"""docs/reference/connectors.md: systems that are asked, their settings, and the evidence.

The evidence stands in docs/connectors.yaml, the settings in the declarations.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from docs.pages.markdown import code, document, table
from pipelines.catalog.load import load_catalog
from pipelines.spec import Setting, Source
from resources.secrets import settings_in

EVIDENCE = Path(__file__).resolve().parent.parent / "connectors.yaml"
_ABOUT = """
Systems that are asked over a network. A setting is given in the environment, in
`.env`, or as a file of that name in the folder `HEADWATER_SECRETS`; a system of which
none is given is not asked. What a connector was run against is said for each:
**where it says live: never, nobody has run it against the vendor's own service
yet**, so expect to mend something on the first day.
"""


def evidence() -> dict[str, dict[str, Any]]:
    """Connector → what it was run against, when, and what nobody confirmed."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(EVIDENCE.read_text(encoding="utf-8"))
    return found


def _setting(setting: Setting) -> tuple[str, str, str]:
    default = "" if setting.default is None else code(str(setting.default))
    needed = "required" if setting.required and not default else default or "not needed"
    secret = " (secret)" if setting.secret else ""
    return code(setting.env), needed, setting.description + secret


def _section(source: Source, known: dict[str, Any]) -> str:
    rows = [_setting(setting) for setting in settings_in(vars(source.connection))]
    live = known["live"]
    facts = [f"- run against: {known['against']}"]
    facts.append(f"- live: {'**never**' if live == 'never' else live} (as of {known['dated']})")
    unsure = [f"  - {one}" for one in known.get("unconfirmed") or ()]
    facts += ["- not confirmed by the vendor's own pages:", *unsure] if unsure else []
    parts = [f"## {source.name}", source.description, "\n".join(facts)]
    parts += [table(["Setting", "Default", "What it is"], rows)] if rows else []
    return "\n\n".join(part.strip() for part in parts)


def page() -> str:
    """The page; KeyError for a connector of which docs/connectors.yaml says nothing."""
    known = evidence()
    asked = [source for source in load_catalog().sources.values() if source.connection]
    return document("Connectors", _ABOUT, *(_section(s, known[s.name]) for s in asked))
