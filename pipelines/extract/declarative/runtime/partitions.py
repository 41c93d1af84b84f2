"""The parts that a stream is read in: lists, parents' records, groups, products.

Belongs here: every partition router of the vocabulary. Does not belong here:
windows of a cursor inside a partition, or reading the parent (a function that
is handed in does that).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

import orjson

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.options import Option, Parts, compile_option, merge
from pipelines.extract.declarative.runtime.scope import Slice

State = dict[str, Any]


class ParentPage(Protocol):
    """A page of a parent stream."""

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its records."""
        ...

    @property
    def slice(self) -> Slice:
        """The parent's slice they belong to."""
        ...

    @property
    def state(self) -> State | None:
        """The parent's state once they are read; None: the one before holds."""
        ...


OpenParent = Callable[[Mapping[str, Any], State], Iterator[ParentPage]]
"""Reads the stream of a component from a state."""


class Router(Protocol):
    """Yields slices that have no window yet, and adds their values to requests."""

    def slices(self) -> Iterator[Slice]:
        """Every partition once; parents are read while it goes on."""
        ...

    def parts(self, at: Slice) -> Parts:
        """What requests of this slice carry."""
        ...

    def parent_state(self) -> State | None:
        """Parent stream → its state up to the partitions already asked for and done."""
        ...


def compile_router(
    declared: Any, config: Mapping[str, Any], open_parent: OpenParent, state: State
) -> Router | None:
    """The router of a retriever; a list of routers is their product."""
    if not declared:
        return None
    if isinstance(declared, list):
        routers = [_compile(item, config, open_parent, state) for item in declared]
        return routers[0] if len(routers) == 1 else _Product(routers)
    return _compile(declared, config, open_parent, state)


def _compile(
    component: Mapping[str, Any], config: Mapping[str, Any], open_parent: OpenParent, state: State
) -> Router:
    kind = component["type"]
    if kind == "ListPartitionRouter":
        return _List(component, config)
    if kind == "SubstreamPartitionRouter":
        return _Substream(component, config, open_parent, state)
    if kind == "GroupingPartitionRouter":
        inner = component["underlying_partition_router"]
        return _Grouped(component, _compile(inner, config, open_parent, state))
    if kind == "UnionPartitionRouter":
        inners = component["partition_routers"]
        return _Union(component, [_compile(i, config, open_parent, state) for i in inners])
    raise DeclarationError(
        f"{kind} is no partition router that runs here. Known: GroupingPartitionRouter, "
        "ListPartitionRouter, SubstreamPartitionRouter, UnionPartitionRouter."
    )


class _List:
    """One partition for each value of a list."""

    def __init__(self, component: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        parameters, scope = component.get("$parameters") or {}, {"config": config}
        self._name = str(compile_text(str(component["cursor_field"]), parameters)(scope))
        values = component["values"]
        if isinstance(values, str):
            values = compile_text(values, parameters)(scope)
        if not isinstance(values, list | tuple):
            raise DeclarationError(
                f"The ListPartitionRouter on {self._name!r} needs a list of values; "
                f"{component['values']!r} gave {values!r}."
            )
        self._values = values
        option = component.get("request_option")
        self._option = compile_option(option, config) if option else None

    def slices(self) -> Iterator[Slice]:
        """The values in their order."""
        return (Slice({self._name: value}) for value in self._values)

    def parts(self, at: Slice) -> Parts:
        """The value at its place."""
        return _put([(self._option, self._name)], at)

    def parent_state(self) -> State | None:
        """There are no parents."""
        return None


def _put(options: Sequence[tuple[Option | None, str]], at: Slice) -> Parts:
    parts = Parts()
    for option, name in options:
        if option is not None and at.get(name):
            option.put(parts, at[name])
    return parts


class _Parent:
    """One parent stream of a substream."""

    def __init__(self, component: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        parameters, scope = component.get("$parameters") or {}, {"config": config}

        def text(value: Any) -> str:
            return str(compile_text(str(value), parameters)(scope))

        self.stream = component["stream"]
        self.name = str(self.stream["name"])
        self.key = text(component["parent_key"]).split("/")
        self.field = text(component["partition_field"])
        self.extra = [[text(part) for part in path] for path in component.get("extra_fields") or ()]
        self.pointer = [text(part) for part in component.get("lazy_read_pointer") or ()]
        if any("*" in part for part in self.pointer):
            raise DeclarationError(
                f"The lazy_read_pointer of {self.name} must name one place; it has a wildcard."
            )
        option = component.get("request_option")
        self.option = compile_option(option, config) if option else None
        self.incremental = bool(component.get("incremental_dependency"))

    def slice_of(self, record: Mapping[str, Any], above: Slice) -> Slice | None:
        """The child's partition for one record; None where it lacks the key."""
        value = paths.get(record, self.key, None)
        if value is None:
            return None
        extra = {".".join(path): paths.get(record, path, None) for path in self.extra}
        if self.pointer:
            child = paths.get(record, self.pointer, [])
            extra["child_response"] = orjson.dumps(child, default=_as_written)
        return Slice({self.field: value, "parent_slice": above.partition}, None, extra)


def _as_written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError


class _Substream:
    """One partition for each record of the parents."""

    def __init__(
        self,
        component: Mapping[str, Any],
        config: Mapping[str, Any],
        open_parent: OpenParent,
        state: State,
    ) -> None:
        self._parents = [_Parent(item, config) for item in component["parent_stream_configs"]]
        self._open = open_parent
        known = state.get("parent_state") or {}
        self._states: dict[str, State] = {
            parent.name: dict(known.get(parent.name) or _inherited(parent.stream, state, config))
            for parent in self._parents
            if parent.incremental
        }

    def slices(self) -> Iterator[Slice]:
        """The parents' records as partitions; a parent's state follows its children."""
        for parent in self._parents:
            for page in self._open(parent.stream, dict(self._states.get(parent.name, {}))):
                for record in page.records:
                    found = parent.slice_of(record, page.slice)
                    if found is not None:
                        yield found
                if parent.incremental and page.state is not None:
                    self._states[parent.name] = page.state

    def parts(self, at: Slice) -> Parts:
        """The parents' keys at their places."""
        return _put([(parent.option, parent.field) for parent in self._parents], at)

    def parent_state(self) -> State | None:
        """The states of the parents that are read incrementally."""
        return {name: dict(state) for name, state in self._states.items()}


def _inherited(stream: Mapping[str, Any], state: State, config: Mapping[str, Any]) -> State:
    """A parent's state taken from the child's own, where the parent has none yet."""
    cursor = stream.get("incremental_sync")
    if not cursor or not state or "states" in state:
        values = list((state.get("state") or {}).values())
    else:
        values = [value for key, value in state.items() if isinstance(value, str | int)]
    if not cursor or not values or isinstance(values[0], bool):
        return {}
    field = compile_text(str(cursor["cursor_field"]), cursor.get("$parameters") or {})
    return {str(field({"config": config})): values[0]}


class _Grouped:
    """Several partitions of another router as one, with lists of their values."""

    def __init__(self, component: Mapping[str, Any], inner: Router) -> None:
        self._size = int(component["group_size"])
        self._once = bool(component.get("deduplicate", True))
        self._inner = inner
        self._state = inner.parent_state()

    def slices(self) -> Iterator[Slice]:
        """Groups of the declared size; the last may be smaller."""
        batch: list[Slice] = []
        seen: set[str] = set()
        for found in self._inner.slices():
            key = repr([v for k, v in found.partition.items() if k != "parent_slice"])
            if self._once and key in seen:
                continue
            seen.add(key)
            batch.append(found)
            if len(batch) == self._size:
                yield _group(batch)
                batch = []
                self._state = self._inner.parent_state()
        if batch:
            yield _group(batch)
        self._state = self._inner.parent_state()

    def parts(self, at: Slice) -> Parts:  # noqa: ARG002
        """Groups are used in expressions, not by options."""
        return Parts()

    def parent_state(self) -> State | None:
        """The state below the last whole group."""
        return self._state


def _group(batch: Sequence[Slice]) -> Slice:
    partition = {key: [at.partition.get(key) for at in batch] for key in batch[0].partition}
    names = dict.fromkeys(name for at in batch for name in at.extra_fields)
    extra = {name: [at.extra_fields.get(name) for at in batch] for name in names}
    return Slice(partition, None, extra)


class _Union:
    """The partitions of several routers, each value of one field once."""

    def __init__(self, component: Mapping[str, Any], inners: Sequence[Router]) -> None:
        self._field = str(component["partition_field"])
        self._inners = inners

    def slices(self) -> Iterator[Slice]:
        """The routers' partitions in order; other fields are carried as extra fields."""
        seen: set[str] = set()
        for at in itertools.chain.from_iterable(inner.slices() for inner in self._inners):
            if self._field not in at.partition:
                raise DeclarationError(
                    f"The UnionPartitionRouter expects every partition to have "
                    f"{self._field!r}; one has {', '.join(at.partition)}."
                )
            value = at.partition[self._field]
            if repr(value) in seen:
                continue
            seen.add(repr(value))
            rest = {key: item for key, item in at.partition.items() if key != self._field}
            yield Slice({self._field: value}, None, {**at.extra_fields, **rest})

    def parts(self, at: Slice) -> Parts:  # noqa: ARG002
        """The values are used in expressions, not by options."""
        return Parts()

    def parent_state(self) -> State | None:
        """All routers' parents."""
        states = [inner.parent_state() or {} for inner in self._inners]
        return {name: state for found in states for name, state in found.items()}


class _Product:
    """Every combination of the partitions of several routers."""

    def __init__(self, routers: Sequence[Router]) -> None:
        self._routers = routers

    def slices(self) -> Iterator[Slice]:
        """Combinations, the last router's values changing fastest."""
        for combination in itertools.product(*(router.slices() for router in self._routers)):
            partition: State = {}
            extra: State = {}
            for at in reversed(combination):
                partition.update(at.partition)
                extra.update(at.extra_fields)
            yield Slice(partition, None, extra)

    def parts(self, at: Slice) -> Parts:
        """What each router adds."""
        return merge([router.parts(at) for router in self._routers])

    def parent_state(self) -> State | None:
        """A product is only done as a whole, so parents are read anew each time."""
        return None
