"""The sandbox that templates run in, and a template compiled for it.

A template that is one path through plain dicts, such as `{{ record['id'] }}`, is
followed without Jinja; one that is a single expression gives its value without
the way through text, unless only its text tells what it means.

Belongs here: running one template. Does not belong here: what its text means, and
what stands for nothing (`interpolation` knows).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, lru_cache
from typing import Any, Final, TypeAlias

from jinja2 import TemplateSyntaxError, Undefined, meta, nodes
from jinja2.environment import Template
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.runtime import Context as RuntimeContext
from jinja2.sandbox import SandboxedEnvironment

from pipelines.errors import TemplateFailed
from pipelines.extract.declarative.literals import Unknown, native
from pipelines.extract.declarative.macros import FILTERS, MACROS

Context: TypeAlias = Mapping[str, Any]

_PARAMETERS: Final = frozenset({"parameters", "options"})
_SLICES: Final = frozenset({"stream_interval", "stream_partition"})
_MAX_RESULT: Final = 100_000
_SHORT: Final = 10


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


class Compiled:
    """One template. `run` gives its value; text stands for what is to be read.

    `names` are what it reads from its context.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        parsed = _ENVIRONMENT.parse(text)
        needs = meta.find_undeclared_variables(parsed)
        self.names = frozenset(needs)
        self._needs = tuple(sorted(needs - _PARAMETERS))
        self._own = tuple(needs & _PARAMETERS)
        self._globals = {
            used.name: _ENVIRONMENT.globals[used.name]
            for used in parsed.find_all(nodes.Name)
            if used.name in _ENVIRONMENT.globals
        }
        expression = _only_expression(parsed)
        self._is_expression = expression is not None
        self._code = text if expression is None else _assignment(expression)
        self._path = () if expression is None else _path(expression)
        self.run: Callable[[Context, Mapping[str, Any]], Any] = (
            self._run_path if self._path else self._run
        )
        if not 0 < len(self._path) <= _SHORT:
            # A short path has nothing in it that compiling could find fault with.
            _ = self._root

    @cached_property
    def _template(self) -> Template:
        with _without_warnings():
            return _ENVIRONMENT.from_string(self._code)

    @cached_property
    def _root(self) -> Callable[[RuntimeContext], Iterator[str]]:
        return self._template.root_render_func

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
        return _natively(value)

    def _run(self, context: Context, parameters: Mapping[str, Any]) -> Any:
        variables = self._globals.copy()
        for name in self._needs:
            if name in context:
                variables[name] = context[name]
            elif name in _SLICES and "stream_slice" in context:
                variables[name] = context["stream_slice"]
            else:
                known = ", ".join(sorted({*context, "parameters"}))
                raise TemplateFailed(
                    f"The template {self._text!r} reads {name!r}, which there isn't at this place; "
                    f"there are {known}."
                )
        for name in self._own:
            variables[name] = parameters
        return _natively(self._render(variables))

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
def compiled(text: str) -> Compiled:
    """The text's template; TemplateFailed where it can't be read."""
    try:
        with _without_warnings():
            return Compiled(text)
    except (TemplateSyntaxError, ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise TemplateFailed(f"The template {text!r} can't be read: {error}") from error


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Patterns in templates hold lone backslashes; Python warns, and reads them as meant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def keys_read(text: str, name: str) -> frozenset[str] | None:
    """The keys that a template reads from the mapping `name`; None if it may read any."""
    with _without_warnings():
        parsed = _ENVIRONMENT.parse(text)
    whole = sum(node.name == name for node in parsed.find_all(nodes.Name))
    keys = [_key_read(node, name) for node in parsed.find_all((nodes.Getattr, nodes.Getitem))]
    keys += [_key_got(node, name) for node in parsed.find_all(nodes.Call)]
    found = [key for key in keys if key is not None]
    return frozenset(found) if len(found) == whole else None


def _key_read(node: nodes.Node, name: str) -> str | None:
    """`key` in `name.key` and `name['key']`."""
    if not isinstance(node.node, nodes.Name) or node.node.name != name:  # type: ignore[attr-defined]
        return None
    if isinstance(node, nodes.Getattr):
        return None if hasattr(dict, node.attr) else node.attr
    key = node.arg  # type: ignore[attr-defined]
    return key.value if isinstance(key, nodes.Const) and isinstance(key.value, str) else None


def _key_got(node: nodes.Call, name: str) -> str | None:
    """`key` in `name.get('key', …)`."""
    asked, given = node.node, node.args[:1]
    if (
        isinstance(asked, nodes.Getattr)
        and asked.attr == "get"
        and isinstance(asked.node, nodes.Name)
        and asked.node.name == name
        and given
        and isinstance(given[0], nodes.Const)
    ):
        return str(given[0].value)
    return None


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


def _natively(value: Any) -> Any:
    """The value as plain data; as its text where it is of another kind."""
    if type(value) is str:
        return value
    try:
        return native(value)
    except Unknown:
        return str(value)
