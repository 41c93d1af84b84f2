"""Cursors: which windows of a stream are still to be read, and what was read.

Belongs here: DatetimeBasedCursor and IncrementingCountCursor for one partition.
Does not belong here: states of several partitions (partition_cursors).

What was read is kept as intervals. The state is the highest value seen in the
first of them, for behind its end something may be missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.datetimes import format_time
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime.clamping import Clamp, compile_clamp
from pipelines.extract.declarative.runtime.moments import (
    Gap,
    compile_moment,
    duration,
    earlier,
    later,
    parse_moment,
)
from pipelines.extract.declarative.runtime.options import Option, Parts, compile_option

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_CLOCK_SKEW = timedelta(days=1)
Window = dict[str, Any]
State = dict[str, Any]


@dataclass(frozen=True)
class CursorPlan:
    """A cursor as declared, its texts evaluated with the config."""

    cursor_field: str
    counting: bool
    forms: tuple[str, ...]
    form: str
    start: Any
    end: Any
    step: Gap | None = None
    granularity: Gap | None = None
    clamp: Clamp | None = None
    lookback: Gap | None = None
    strict: bool = False
    fields: tuple[str, str] = ("start_time", "end_time")
    options: tuple[tuple[Option, str], ...] = ()
    single_state: bool = False

    def parse(self, value: Any) -> Any:
        """The comparable form of a cursor value; ValueError where it has none."""
        if self.counting:
            return value if isinstance(value, int | float) else int(value)
        return parse_moment(value, self.forms)

    def write(self, value: Any) -> Any:
        """The value as requests and the state have it."""
        return value if self.counting else format_time(value, self.form)

    def parts(self, window: Mapping[str, Any]) -> Parts:
        """What the request of this window carries."""
        parts = Parts()
        for option, name in self.options:
            if window.get(name) is not None:
                option.put(parts, window[name])
        return parts


def compile_cursor(component: Mapping[str, Any], config: Mapping[str, Any]) -> CursorPlan:
    """The plan of a DatetimeBasedCursor or an IncrementingCountCursor."""
    kind = component["type"]
    if kind == "DatetimeBasedCursor":
        return _datetime_plan(component, config)
    if kind == "IncrementingCountCursor":
        return _counting_plan(component, config)
    raise DeclarationError(
        f"{kind} is no cursor that runs here; expected DatetimeBasedCursor or "
        "IncrementingCountCursor."
    )


def _datetime_plan(component: Mapping[str, Any], config: Mapping[str, Any]) -> CursorPlan:
    def text(name: str) -> Any:
        value = component.get(name)
        if value in (None, ""):
            return None
        return compile_text(str(value), component.get("$parameters") or {})({"config": config})

    form = str(component["datetime_format"])
    names = (str(text("partition_field_start") or "start_time"),
             str(text("partition_field_end") or "end_time"))  # fmt: skip
    step, granularity, lookback = text("step"), text("cursor_granularity"), text("lookback_window")
    if bool(component.get("step")) != bool(component.get("cursor_granularity")):
        raise DeclarationError(
            f"The cursor on {component['cursor_field']!r} has only one of step and "
            "cursor_granularity. Give both, or neither."
        )
    scope = {"config": config}
    declared_end = component.get("end_datetime")
    end = compile_moment(declared_end, form)(scope) if declared_end else datetime.now(UTC)
    clamp = compile_clamp(component.get("clamping"), component.get("$parameters") or {}, config)
    unit = duration(granularity) if granularity else None
    if clamp is not None:
        end = earlier(clamp.down(end), unit or clamp.unit)
    return CursorPlan(
        cursor_field=str(text("cursor_field")),
        counting=False,
        forms=(*(str(item) for item in component.get("cursor_datetime_formats") or ()), form),
        form=form,
        start=compile_moment(component["start_datetime"], form)(scope),
        end=end,
        step=duration(step) if step else None,
        granularity=unit,
        clamp=clamp,
        lookback=duration(lookback) if lookback else None,
        strict=bool(component.get("is_compare_strictly")),
        fields=names,
        options=_options(component, config, ("start_time_option", "end_time_option"), names),
        single_state=bool(component.get("global_substream_cursor")),
    )


def _counting_plan(component: Mapping[str, Any], config: Mapping[str, Any]) -> CursorPlan:
    parameters, scope = component.get("$parameters") or {}, {"config": config}
    start = compile_text(str(component.get("start_value") or 0), parameters)(scope)
    names = ("start", "end")
    return CursorPlan(
        cursor_field=str(compile_text(str(component["cursor_field"]), parameters)(scope)),
        counting=True,
        forms=(),
        form="",
        start=int(start),
        end=float("inf"),
        fields=names,
        options=_options(component, config, ("start_value_option",), names),
    )


def _options(
    component: Mapping[str, Any],
    config: Mapping[str, Any],
    declared: tuple[str, ...],
    names: tuple[str, str],
) -> tuple[tuple[Option, str], ...]:
    return tuple(
        (compile_option(component[option], config), name)
        for option, name in zip(declared, names, strict=False)
        if component.get(option)
    )


def _as_it_is(moment: Any) -> Any:
    return moment


@dataclass
class Interval:
    """Read from `start` to `end`; `latest` is the highest value seen, if any."""

    start: Any
    end: Any
    latest: Any = None


@dataclass
class Cursor:
    """Where one partition stands. `state` is what a former run left, or empty."""

    plan: CursorPlan
    state: State
    intervals: list[Interval] = field(default_factory=list)
    _latest: Any = None

    def __post_init__(self) -> None:
        plan = self.plan
        before = self.state.get(plan.cursor_field)
        self.since = plan.start
        if before not in (None, ""):
            self.since = max(plan.start, plan.parse(before))
        self.intervals = [Interval(plan.start, self.since, self.since)]

    def windows(self) -> Iterator[Window]:
        """The windows still to be read, earliest first."""
        plan = self.plan
        lower = self.since
        if plan.lookback is not None:
            lower = earlier(lower, plan.lookback)
        lower, upper = max(lower, plan.start), plan.end
        clamp = plan.clamp.up if plan.clamp is not None else _as_it_is
        if lower > upper or (lower == upper and plan.granularity is None):
            return
        lower = clamp(lower)
        if lower > upper or (lower == upper and plan.strict):
            return
        step = plan.step
        while step is not None and plan.granularity is not None and later(lower, step) < upper:
            following = clamp(later(lower, step))
            if lower >= following:
                return
            if following >= upper:
                break
            yield self._window(lower, earlier(following, plan.granularity))
            lower = following
        if plan.granularity is None:
            upper = clamp(upper)
        if lower <= upper:
            yield self._window(lower, upper)

    def _window(self, lower: Any, upper: Any) -> Window:
        return {
            self.plan.fields[0]: self.plan.write(lower),
            self.plan.fields[1]: self.plan.write(upper),
        }

    def value_of(self, record: Mapping[str, Any]) -> Any:
        """The record's cursor value, or None where it has none that can be read."""
        found = record.get(self.plan.cursor_field)
        if found is None:
            return None
        try:
            return self.plan.parse(found)
        except (ValueError, TypeError):
            return None

    def observe(self, record: Mapping[str, Any]) -> Any:
        """Note a record of the window at hand; returns its cursor value.

        A moment in the future counts as now: a wrong clock at the source must not
        make later runs skip what comes meanwhile.
        """
        value = self.value_of(record)
        if value is None:
            return None
        if isinstance(value, datetime):
            now = datetime.now(UTC)
            value = now if value > now + _CLOCK_SKEW else value
        if self._latest is None or value > self._latest:
            self._latest = value
        return value

    def is_new(self, record: Mapping[str, Any]) -> bool:
        """Whether the record lies in what is to be read; one without a value does."""
        value = self.value_of(record)
        if value is None:
            return True
        lowest = self.since
        if self.plan.lookback is not None:
            lowest = max(earlier(lowest, self.plan.lookback), self.plan.start)
        return bool(lowest <= value <= self.plan.end)

    def narrowed(self, window: Mapping[str, Any]) -> Window | None:
        """The window from the highest value seen in it on, if any was."""
        if self._latest is None:
            return None
        return {**window, self.plan.fields[0]: self.plan.write(self._latest)}

    def close(self, window: Mapping[str, Any]) -> None:
        """The window was read to its end."""
        plan, latest = self.plan, self._latest
        self._latest = None
        if plan.counting:
            if latest is not None:
                self.intervals.append(Interval(self.since, latest, latest))
        else:
            ends = [plan.parse(window[name]) for name in plan.fields]
            self.intervals.append(Interval(ends[0], ends[1], latest))
        self._merge()

    def _merge(self) -> None:
        gap = self.plan.granularity or _MILLISECOND
        ordered = sorted(self.intervals, key=lambda item: (item.start, item.end))
        merged = [replace(ordered[0])]
        for item in ordered[1:]:
            last = merged[-1]
            reach = last.end + 1 if self.plan.counting else later(last.end, gap)
            if reach >= item.start:
                last.end = max(last.end, item.end)
                seen = [value for value in (last.latest, item.latest) if value is not None]
                last.latest = max(seen) if seen else None
            else:
                merged.append(replace(item))
        self.intervals = merged

    def as_state(self) -> State:
        """The state to go on from in the next run, other entries kept."""
        first = self.intervals[0]
        value = first.start if first.latest is None else first.latest
        return {**self.state, self.plan.cursor_field: self.plan.write(value)}
