"""Converting one Arrow array to another type without losing anything.

Belongs here: what counts as a value of a type, for text and for typed values.
Does not belong here: rows, rejects, wording. Nothing is rounded, truncated or
wrapped: a value either becomes one of equal meaning or is a misfit. Decimals
never pass through floats; a float becomes the decimal that its shortest text
says.
"""

from __future__ import annotations

import decimal
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import texts

Misfit: TypeAlias = "pa.BooleanArray | None"
"""True where a value could not be converted; None when all could."""

_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?"
_PLAIN_LENGTH = 38
_EXACT = decimal.Context(
    prec=38, Emax=9999, Emin=-9999, traps=[decimal.Inexact, decimal.InvalidOperation]
)
_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"\d\d(:?\d\d(:?\d\d(\.\d{1,9})?)?)?"
_ZONE = r"(Z|[+-]\d\d(:?\d\d)?)"
_TRUE = texts(["true", "t", "yes", "y", "1"])
_FALSE = texts(["false", "f", "no", "n", "0"])


def convert(values: pa.Array, target: pa.DataType) -> tuple[pa.Array, Misfit]:
    """The values as `target`, NULL where a value is a misfit, and which are."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    source = values.type
    if source.equals(target):
        return values, None
    if pa.types.is_nested(target) or pa.types.is_nested(source):
        return _nested(values, target)
    if _is_text(source) and not _is_text(target) and not pa.types.is_binary(target):
        return _from_text(values, target)
    if pa.types.is_decimal(target) and not pa.types.is_decimal(source):
        return _from_text(pc.cast(values, pa.string()), target)
    if pa.types.is_boolean(source) != pa.types.is_boolean(target) and not _is_text(target):
        return _all_misfit(values, target)
    if pa.types.is_timestamp(source) and pa.types.is_date(target):
        return _whole_days(values, target)
    return _cast(values, target)


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _from_text(values: pa.Array, target: pa.DataType) -> tuple[pa.Array, Misfit]:
    try:
        return _as_it_is(values, target), None
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return _looking_closely(values, target)


def _as_it_is(values: pa.Array, target: pa.DataType) -> pa.Array:
    """The common case at full speed; ArrowInvalid when any value needs a closer look."""
    if pa.types.is_decimal(target) and not _plain(values):
        raise pa.ArrowInvalid
    after = pc.cast(values, target, safe=True)
    if pa.types.is_floating(target) and not pc.all(pc.is_finite(after)).as_py():
        raise pa.ArrowInvalid
    return after


def _plain(values: pa.Array) -> bool:
    """No exponent and no long tail of digits: Arrow gets such decimals right.

    Where a text has 39 or more decimal places than the type, Arrow's cast gives
    zero or nonsense instead of an error.
    """
    longest = pc.max(pc.binary_length(values)).as_py() or 0
    return longest <= _PLAIN_LENGTH and not any(
        pc.any(pc.match_substring(values, exponent)).as_py() for exponent in "eE"
    )


def _looking_closely(values: pa.Array, target: pa.DataType) -> tuple[pa.Array, Misfit]:
    text = pc.ascii_trim_whitespace(values)
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, text.type), text)
    if pa.types.is_boolean(target):
        return _boolean(text)
    if pa.types.is_integer(target):
        text = pc.replace_substring_regex(text, r"^\+?(-?\d+)(\.0*)?$", r"\1")
        return _parse(text, target, r"-?\d+|-?0[xX][0-9a-fA-F]+")
    if pa.types.is_floating(target):
        after, misfit = _parse(text, target, _NUMBER)
        return _mark(after, misfit, pc.invert(pc.fill_null(pc.is_finite(after), True)))
    if pa.types.is_decimal(target):
        return _decimal(text, target)
    if pa.types.is_date(target):
        return _parse(text, target, _DAY)
    if pa.types.is_time(target) or pa.types.is_timestamp(target):
        return _moment(text, target)
    return _cast(text, target)


def _moment(text: pa.Array, target: pa.DataType) -> tuple[pa.Array, Misfit]:
    # Nothing is lost with nanoseconds that are noughts.
    text = pc.replace_substring_regex(text, r"(\.\d{6})0{1,3}(\D|$)", r"\1\2")
    if pa.types.is_time(target):
        on_a_day = pc.binary_join_element_wise("1970-01-01T", text, "")
        after, misfit = _parse(on_a_day, pa.timestamp("us"), f"1970-01-01T{_CLOCK}")
        return after.cast(target), misfit
    if pa.types.is_timestamp(target) and target.tz is None:
        return _parse(text, target, f"{_DAY}([T ]{_CLOCK})?")
    return _zoned(text, target)


def _boolean(text: pa.Array) -> tuple[pa.Array, Misfit]:
    lower = pc.ascii_lower(text)
    true = pc.is_in(lower, value_set=_TRUE)
    known = pc.or_(true, pc.is_in(lower, value_set=_FALSE))
    after = pc.if_else(known, true, pa.scalar(None, pa.bool_()))
    return _mark(after, None, pc.and_(pc.is_valid(text), pc.invert(known)))


def _decimal(text: pa.Array, target: pa.DataType) -> tuple[pa.Array, Misfit]:
    if _plain(text):
        return _parse(text, target, _NUMBER)
    step = decimal.Decimal(1).scaleb(-target.scale)
    limit = decimal.Decimal(1).scaleb(target.precision - target.scale)
    number = pc.match_substring_regex(text, f"^(?:{_NUMBER})$")
    exact: list[decimal.Decimal | None] = []
    for value, is_number in zip(text.to_pylist(), number.to_pylist(), strict=True):
        try:
            known = _EXACT.quantize(decimal.Decimal(value), step) if is_number else None
        except (decimal.Inexact, decimal.InvalidOperation):
            known = None
        exact.append(None if known is None or abs(known) >= limit else known)
    after = pa.array(exact, target)
    return _mark(after, None, pc.and_(pc.is_valid(text), pc.is_null(after)))


def _zoned(text: pa.Array, target: pa.DataType) -> tuple[pa.Array, Misfit]:
    """Text with an offset by its offset; text without one as UTC."""
    has_zone = pc.match_substring_regex(text, f"[T ]{_CLOCK}{_ZONE}$")
    nothing = pa.scalar(None, text.type)
    zoned, misfit = _parse(
        pc.if_else(has_zone, text, nothing), target, f"{_DAY}[T ]{_CLOCK}{_ZONE}"
    )
    plain = pc.if_else(has_zone, nothing, text)
    utc, misfit_utc = _parse(plain, pa.timestamp("us"), f"{_DAY}([T ]{_CLOCK})?")
    after = pc.coalesce(zoned, utc.cast(target))
    return _mark(after, misfit, misfit_utc)


def _parse(text: pa.Array, target: pa.DataType, pattern: str) -> tuple[pa.Array, Misfit]:
    """Parse what matches the pattern; what does not, or does not fit, is a misfit."""
    odd = pc.invert(pc.fill_null(pc.match_substring_regex(text, f"^(?:{pattern})$"), True))
    if not pc.any(odd).as_py():
        return _cast(text, target)
    after, misfit = _cast(pc.if_else(odd, pa.scalar(None, text.type), text), target)
    return _mark(after, misfit, odd)


def _cast(values: pa.Array, target: pa.DataType) -> tuple[pa.Array, Misfit]:
    """Arrow's own checked cast; on failure the misfits are cornered by halving."""
    try:
        return pc.cast(values, target, safe=True), None
    except pa.ArrowNotImplementedError:
        return _all_misfit(values, target)
    except pa.ArrowInvalid:
        pass
    if len(values) == 1:
        return _all_misfit(values, target)
    middle = len(values) // 2
    halves = [_cast(half, target) for half in (values[:middle], values[middle:])]
    misfit = [pa.array([False] * len(a)) if m is None else m for a, m in halves]
    return pa.concat_arrays([a for a, _ in halves]), pa.concat_arrays(misfit)


def _whole_days(values: pa.Array, target: pa.DataType) -> tuple[pa.Array, Misfit]:
    """A point in time is a date only at midnight."""
    plain = values.cast(pa.timestamp(values.type.unit))
    days = pc.cast(plain, target, safe=False)
    exact = pc.equal(days.cast(plain.type), plain)
    return _mark(days, None, pc.invert(pc.fill_null(exact, True)))


def _nested(values: pa.Array, target: pa.DataType) -> tuple[pa.Array, Misfit]:
    source = values.type
    if pa.types.is_null(source):
        return pa.nulls(len(values), target), None
    if pa.types.is_struct(source) and pa.types.is_struct(target):
        return _struct(values, target)
    if (pa.types.is_list(source) or pa.types.is_large_list(source)) and pa.types.is_list(target):
        return _list(values, target)
    if pa.types.is_map(source) and pa.types.is_map(target):
        return _cast(values, target)
    return _all_misfit(values, target)


def _struct(values: pa.StructArray, target: pa.StructType) -> tuple[pa.Array, Misfit]:
    """Field by field; a filled field that the target lacks makes a misfit."""
    known = {field.name: index for index, field in enumerate(values.type)}
    fields, misfit = [], None
    for field in target:
        index = known.pop(field.name, None)
        child = pa.nulls(len(values)) if index is None else pc.struct_field(values, [index])
        after, wrong = convert(child, field.type)
        fields.append(after)
        misfit = _either(misfit, wrong)
    for index in known.values():
        misfit = _either(misfit, pc.is_valid(pc.struct_field(values, [index])))
    after = pa.StructArray.from_arrays(fields, fields=list(target), mask=pc.is_null(values))
    return _mark(after, misfit, None)


def _list(values: pa.ListArray, target: pa.ListType) -> tuple[pa.Array, Misfit]:
    """Item by item; one misfit item makes the whole list a misfit."""
    items, wrong = convert(pc.list_flatten(values), target.value_type)
    lengths = pc.fill_null(pc.list_value_length(values), 0)
    ends = pc.cumulative_sum(lengths).cast(pa.int32())
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    after = pa.ListArray.from_arrays(offsets, items, type=target, mask=pc.is_null(values))
    if wrong is None:
        return after, None
    parents = pc.list_parent_indices(values).filter(wrong)
    places = pa.array(range(len(values)), parents.type)
    return _mark(after, None, pc.is_in(places, value_set=parents))


def _all_misfit(values: pa.Array, target: pa.DataType) -> tuple[pa.Array, Misfit]:
    misfit = pc.is_valid(values)
    return pa.nulls(len(values), target), misfit if pc.any(misfit).as_py() else None


def _either(one: Misfit, other: Misfit) -> Misfit:
    if one is None or other is None:
        return other if one is None else one
    return pc.or_(one, other)


def _mark(after: pa.Array, one: Misfit, other: Misfit) -> tuple[pa.Array, Misfit]:
    """NULL the misfits in `after`; None stands for 'no misfit at all'."""
    misfit = _either(one, other)
    if misfit is None or not pc.any(misfit).as_py():
        return after, None
    return pc.if_else(misfit, pa.scalar(None, after.type), after), misfit
