"""Compiles the templates in a manifest once, into functions of the context.

Jinja2 in a sandbox, with the vocabulary's own functions and filters. The context
is a mapping of names: config, stream_slice (stream_interval and stream_partition
are the same unless given), next_page_token, response, headers, last_record,
last_page_size, record and so on; `parameters` is bound when compiling. A result
that reads as a Python literal becomes that literal, whether the text holds a
template or not; a template that fails with a TypeError is left as it's written,
and so counts as true in a condition. Manifests rely on all that.

Most templates are one path, such as `{{ record['id'] }}`, or one expression;
neither goes through text unless its value needs it.

Belongs here: compiling and evaluating. Does not belong here: the functions that
templates call, or who calls a template with which context.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from jinja2 import TemplateSyntaxError, Undefined, meta, nodes
from jinja2.environment import Template
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.runtime import Context as RuntimeContext
from jinja2.sandbox import SandboxedEnvironment

from pipelines.errors import TemplateFailed
from pipelines.extract.declarative.literals import Unknown, meaning, native
from pipelines.extract.declarative.macros import FILTERS, MACROS

Context: TypeAlias = Mapping[str, Any]
Evaluate: TypeAlias = Callable[[Context], Any]
Types: TypeAlias = "tuple[type, ...] | None"

_FALSE_TEXTS: Final = frozenset({"False", "false", "{}", "[]", "()", "", "0", "0.0"})
_SLICES: Final = frozenset({"stream_interval", "stream_partition"})
_MAX_RESULT: Final = 100_000


class _Environment(SandboxedEnvironment):
    """The sandbox, open for the one underscored attribute that manifests read.

    Powers and repeated sequences are bounded, and never worked out while
    compiling, so that no manifest can stop its own checking.
    """

    intercepted_binops = frozenset({"**", "*"})

    def call_binop(self, context: RuntimeContext, operator: str, left: Any, right: Any) -> Any:
        if operator == "**":
            if isinstance(left, int) and isinstance(right, int):
                _bound(left.bit_length() * abs(right))
        else:
            for one, other in ((left, right), (right, left)):
                if isinstance(one, str | bytes | list | tuple) and isinstance(other, int):
                    _bound(len(one) * other)
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr == "_partition" or super().is_safe_attribute(obj, attr, value)


def _bound(size: int) -> None:
    if size > _MAX_RESULT:
        raise SecurityError(f"a result of {size:,} bits or elements is above {_MAX_RESULT:,}")


def _environment() -> _Environment:
    made = _Environment()
    made.filters.update(FILTERS)
    made.globals.update(MACROS)
    for name in ("range", "lipsum"):
        made.globals.pop(name, None)
    return made


_ENVIRONMENT: Final = _environment()


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
    compiled = _compiled(text)
    run = compiled.run

    def evaluate(context: Context) -> Any:
        try:
            value = run(context, parameters)
        except UndefinedError as error:
            if default == "":
                raise compiled.failure(error) from None
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
                compile_text(str(key), parameters, default=None, valid_types=(str,)),
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


def syntax_fault(text: str) -> str | None:
    """What keeps a template from being compiled, or None."""
    try:
        _compiled(text)
    except TemplateFailed as error:
        return str(error.__cause__)
    return None


# ── compiled templates ────────────────────────────────────────────────────────


class _Compiled:
    """One template. `run` gives its value; text stands for what is to be read."""

    def __init__(self, text: str) -> None:
        self._text = text
        parsed = _ENVIRONMENT.parse(text)
        self._needs = tuple(
            sorted(meta.find_undeclared_variables(parsed) - {"parameters", "options"})
        )
        expression = _only_expression(parsed)
        self._is_expression = expression is not None
        self._template: Template = _ENVIRONMENT.from_string(
            text if expression is None else _assignment(expression)
        )
        self._root = self._template.root_render_func
        self._path = () if expression is None else _path(expression)
        self.run: Callable[[Context, Mapping[str, Any]], Any] = (
            self._run_path if self._path else self._run
        )

    def failure(self, error: Exception) -> TemplateFailed:
        """The error to raise: it quotes the template, never a value."""
        known = isinstance(error, UndefinedError | SecurityError)
        reason = f"{type(error).__name__}: {error}" if known else type(error).__name__
        return TemplateFailed(f"The template {self._text!r} can't be evaluated: {reason}.")

    def _run_path(self, context: Context, parameters: Mapping[str, Any]) -> Any:
        """Follows keys through plain dicts; anything else takes the long way."""
        path = self._path
        if path[0] == "parameters" or path[0] not in context:
            return self._run(context, parameters)
        value = context[path[0]]
        for key in path[1:]:
            if type(value) is not dict:
                return self._run(context, parameters)
            if key not in value:
                if key is path[-1] and not hasattr(dict, key):
                    return ""
                return self._run(context, parameters)
            value = value[key]
        if type(value) is str:
            return value
        try:
            return native(value)
        except Unknown:
            return str(value)

    def _run(self, context: Context, parameters: Mapping[str, Any]) -> Any:
        variables = {
            **_ENVIRONMENT.globals,
            **context,
            "parameters": parameters,
            "options": parameters,
        }
        for name in self._needs:
            if name not in variables:
                if name not in _SLICES or "stream_slice" not in variables:
                    raise TemplateFailed(
                        f"The template {self._text!r} reads {name!r}, which there isn't at this "
                        f"place; there are {', '.join(sorted({*context, 'parameters'}))}."
                    )
                variables[name] = variables["stream_slice"]
        value = self._render(variables)
        if type(value) is str:
            return value
        try:
            return native(value)
        except Unknown:
            return str(value)

    def _render(self, variables: dict[str, Any]) -> Any:
        frame = self._template.new_context(variables, shared=True)
        try:
            text = "".join(self._root(frame))
            if not self._is_expression:
                return text
            value = frame.vars["value"]
            return "" if isinstance(value, Undefined) else value
        except UndefinedError:
            raise
        except TypeError:
            return self._text
        except Exception as error:
            raise self.failure(error) from error


@lru_cache(maxsize=8192)
def _compiled(text: str) -> _Compiled:
    try:
        return _Compiled(text)
    except (TemplateSyntaxError, ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise TemplateFailed(f"The template {text!r} can't be read: {error}") from error


def _plain(text: str) -> str:
    """What Jinja makes of a text without templates: line ends, and the last dropped."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removesuffix("\n")


def _only_expression(parsed: nodes.Template) -> nodes.Expr | None:
    """The expression, if the template is nothing else."""
    if len(parsed.body) == 1 and isinstance(parsed.body[0], nodes.Output):
        parts = parsed.body[0].nodes
        if len(parts) == 1 and not isinstance(parts[0], nodes.TemplateData):
            return parts[0]
    return None


def _assignment(expression: nodes.Expr) -> nodes.Template:
    """A template that keeps the expression's value instead of its text."""
    target = nodes.Name("value", "store", lineno=1)
    made = nodes.Template([nodes.Assign(target, expression, lineno=1)], lineno=1)
    made.set_environment(_ENVIRONMENT)
    return made


def _path(expression: nodes.Expr) -> tuple[str, ...]:
    """The name and keys of a plain path, or nothing.

    `a.b` tries attributes first, so a key that dicts have as an attribute is no
    plain path.
    """
    keys: list[str] = []
    node: nodes.Node = expression
    while True:
        if isinstance(node, nodes.Name):
            return (node.name, *reversed(keys))
        if isinstance(node, nodes.Getattr) and not hasattr(dict, node.attr):
            keys.append(node.attr)
        elif (
            isinstance(node, nodes.Getitem)
            and isinstance(node.arg, nodes.Const)
            and isinstance(node.arg.value, str)
        ):
            keys.append(node.arg.value)
        else:
            return ()
        node = node.node
