"""docs/reference/settings.md: every HEADWATER_* setting."""

from __future__ import annotations

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from docs.pages.markdown import code, document, table
from resources.settings import NOT_SETTINGS, PREFIX, Settings

_ABOUT = """
A setting is read from the environment, then from `.env`, then from
`headwater.toml` in the working folder (there without the prefix, in small
letters), then its default holds. An unknown or wrong setting ends the command
with exit code 2 and a sentence that names it.
"""
_MADE = {"threads": "the number of cores"}


def _default(name: str, field: FieldInfo) -> str:
    if field.default_factory is not None:
        return _MADE[name]
    if field.default is None or field.default == () or field.default is PydanticUndefined:
        return "unset"
    return code(field.default)


def page() -> str:
    """The page, from the fields of Settings."""
    rows = [
        (code(PREFIX + name.upper()), _default(name, field), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    others = "\n".join(f"- {code(name)}: see [failpoints](failpoints.md)." for name in NOT_SETTINGS)
    return document(
        "Settings",
        _ABOUT,
        table(["Setting", "Default", "What it is"], rows),
        "## With the prefix, but no settings",
        others,
    )
