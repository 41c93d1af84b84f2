"""Compiles the templates in a manifest once, into functions of the context.

Jinja2 in a sandbox, with the vocabulary's own functions and filters. The context
is a mapping of names: config, stream_slice (stream_interval and stream_partition
are the same unless given), next_page_token, response, headers, last_record,
last_page_size, record and so on; `parameters` is bound when compiling. A result
that reads as a Python literal becomes that literal, whether the text holds a
template or not; a template that fails with a TypeError is left as it's written,
and so counts as true in a condition. Manifests rely on all that.

Belongs here: what a text, a condition or a mapping in a manifest means. Does not
belong here: running one template, the functions that templates call, or who calls
with which context.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from jinja2.exceptions import UndefinedError

from pipelines.errors import TemplateFailed
from pipelines.extract.declarative.literals import meaning
from pipelines.extract.declarative.templates import Context, compiled

Evaluate: TypeAlias = Callable[[Context], Any]
Types: TypeAlias = "tuple[type, ...] | None"

_FALSE_TEXTS: Final = frozenset({"False", "false", "{}", "[]", "()", "", "0", "0.0"})


def compile_text(
    text: str,
    parameters: Mapping[str, Any],
    *,
    default: str | None = "",
    valid_types: Types = None,
) -> Evaluate:
    """A function of the context that gives the text's value.

    `default` is the value where the template renders to nothing, or reads from
    something that isn't there if that has a default other than "": with "" the
    latter raises TemplateFailed, as every other failure does. `valid_types` keeps
    literals of other types as text.
    """
    if not is_template(text):
        plain = _plain(text)
        value = meaning(plain, valid_types) if plain else default
        return lambda _context: value
    template = compiled(text)
    run = template.run

    def evaluate(context: Context) -> Any:
        try:
            value = run(context, parameters)
        except UndefinedError as error:
            if default == "":
                raise template.failure(error) from None
            return default
        if type(value) is str:
            return meaning(value, valid_types) if value else default
        if valid_types is not None and not isinstance(value, valid_types):
            return str(value)
        return value

    return evaluate


def compile_condition(text: str | bool, parameters: Mapping[str, Any]) -> Callable[[Context], bool]:
    """A function of the context that says whether a condition holds.

    Nothing, what isn't there, zero, empty containers and `false` don't hold.
    """
    if isinstance(text, bool):
        answer = text
        return lambda _context: answer
    evaluate = compile_text(text, parameters, default="False")

    def holds(context: Context) -> bool:
        value = evaluate(context)
        if type(value) is bool:
            return value
        return bool(value) and not (isinstance(value, str) and value in _FALSE_TEXTS)

    return holds


def compile_mapping(
    value: Any, parameters: Mapping[str, Any], *, valid_types: Types = None
) -> Evaluate:
    """A function of the context that gives a nested value with every text evaluated.

    Keys stay text. A text that renders to nothing, or reads from what isn't there,
    is None, and an entry of a mapping that is None is left out.
    """
    if isinstance(value, str):
        return compile_text(value, parameters, default=None, valid_types=valid_types)
    if isinstance(value, Mapping):
        entries = [
            (
                compile_text(_key(key), parameters, default=None, valid_types=(str,)),
                compile_mapping(item, parameters, valid_types=valid_types),
            )
            for key, item in value.items()
        ]

        def mapping(context: Context) -> dict[Any, Any]:
            made = {key(context): item(context) for key, item in entries}
            return {key: item for key, item in made.items() if item is not None}

        return mapping
    if isinstance(value, list):
        items = [compile_mapping(item, parameters, valid_types=valid_types) for item in value]
        return lambda context: [item(context) for item in items]
    return lambda _context: value


def is_template(text: str) -> bool:
    """Whether a text holds anything for Jinja to do."""
    return "{{" in text or "{%" in text or "{#" in text


def _key(key: Any) -> str:
    """A key as JSON writes it: YAML makes `yes` and `1` something else than text."""
    return key if isinstance(key, str) else json.dumps(key, default=str)


def names_in(text: str) -> frozenset[str]:
    """The names that a text reads from its context."""
    return compiled(text).names if is_template(text) else frozenset()


def syntax_fault(text: str) -> str | None:
    """What keeps a template from being compiled, or None."""
    try:
        compiled(text)
    except TemplateFailed as error:
        return str(error.__cause__)
    return None


def _plain(text: str) -> str:
    """What Jinja makes of a text without templates: line ends, and the last dropped."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removesuffix("\n")
