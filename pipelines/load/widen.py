"""Which type holds every value of two others.

Belongs here: the rules of widening, type against type. Does not belong here:
looking at values, or changing a table (see `evolve`).

The rules: a type of which only nulls were seen gives way to any; integers grow
to the larger, to a decimal past 64 bits; decimals grow by digits on either side
of the point up to 38; dates become timestamps, timestamps become UTC; structs
gain fields; lists and maps widen inside. What fits nowhere else becomes text.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as pt

_DIGITS = 38
_TEXT = pa.string()
_BITS_OF_A_DOUBLE = 53


def widen(one: pa.DataType, other: pa.DataType, *, floats: bool = True) -> pa.DataType:
    """The type that both can be turned into without loss.

    64-bit integers and whole decimals meet doubles in a double, which holds
    them up to 2^53 only: whoever has the values checks them, and asks again
    with `floats=False`, which makes that pair text.
    """
    if one.equals(other) or pt.is_null(other):
        return one
    if pt.is_null(one):
        return other
    return _nested(one, other, floats) or _number(one, other, floats) or _time(one, other) or _TEXT


def is_risky(one: pa.DataType, wide: pa.DataType) -> bool:
    """Whether turning `one` into `wide` can lose digits, so values must be checked."""
    if pt.is_struct(one) and pt.is_struct(wide):
        return any(is_risky(field.type, wide.field(field.name).type) for field in one)
    if pt.is_list(one) and pt.is_list(wide):
        return is_risky(one.value_type, wide.value_type)
    if pt.is_map(one) and pt.is_map(wide):
        inside = is_risky(one.key_type, wide.key_type)
        return inside or is_risky(one.item_type, wide.item_type)
    if pt.is_float64(wide):
        return bool(
            (pt.is_integer(one) and one.bit_width > _BITS_OF_A_DOUBLE) or pt.is_decimal(one)
        )
    return False


def grows_in_place(one: pa.DataType, wide: pa.DataType, *, nulls: bool = False) -> bool:
    """Whether `wide` only adds struct fields to `one`, at any depth.

    With `nulls`, a type of which only nulls were seen may also become another.
    """
    if nulls and pt.is_null(one):
        return True
    if pt.is_struct(one) and pt.is_struct(wide):
        new = {field.name: field.type for field in wide}
        return all(f.name in new and grows_in_place(f.type, new[f.name], nulls=nulls) for f in one)
    if pt.is_list(one) and pt.is_list(wide):
        return grows_in_place(one.value_type, wide.value_type, nulls=nulls)
    return bool(one.equals(wide))


def _nested(one: pa.DataType, other: pa.DataType, floats: bool) -> pa.DataType | None:
    if pt.is_list(one) and pt.is_list(other):
        return pa.list_(widen(one.value_type, other.value_type, floats=floats))
    if pt.is_map(one) and pt.is_map(other):
        key = widen(one.key_type, other.key_type, floats=floats)
        return pa.map_(key, widen(one.item_type, other.item_type, floats=floats))
    if pt.is_struct(one) and pt.is_struct(other):
        fields = {field.name: field.type for field in one}
        for field in other:
            known = fields.get(field.name, pa.null())
            fields[field.name] = widen(known, field.type, floats=floats)
        return pa.struct(list(fields.items()))
    return None


def _number(one: pa.DataType, other: pa.DataType, floats: bool) -> pa.DataType | None:
    if not (_is_number(one) and _is_number(other)):
        return None
    if pt.is_floating(one) or pt.is_floating(other):
        return _float(one, other, floats)
    if pt.is_integer(one) and pt.is_integer(other):
        return _integer(one, other)
    before, after = (max(pair) for pair in zip(_digits(one), _digits(other), strict=True))
    return pa.decimal128(before + after, after) if before + after <= _DIGITS else _TEXT


def _float(one: pa.DataType, other: pa.DataType, floats: bool) -> pa.DataType:
    for number in (one, other):
        if pt.is_decimal(number) and number.scale > 0:
            return _TEXT
        if is_risky(number, pa.float64()) and not floats:
            return _TEXT
    return pa.float64()


def _integer(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    signed = pt.is_signed_integer(one) or pt.is_signed_integer(other)
    # An unsigned integer needs one bit more where a sign must fit as well.
    bits = max(n.bit_width + (signed and pt.is_unsigned_integer(n)) for n in (one, other))
    choices = (
        [pa.int8(), pa.int16(), pa.int32(), pa.int64()]
        if signed
        else [pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
    )
    return next((t for t in choices if t.bit_width >= bits), pa.decimal128(_DIGITS, 0))


def _digits(number: pa.DataType) -> tuple[int, int]:
    """Digits before and behind the point."""
    if pt.is_decimal(number):
        return number.precision - number.scale, number.scale
    return len(str(2**number.bit_width)), 0


def _is_number(kind: pa.DataType) -> bool:
    return bool(pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind))


def _time(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    steps = [pa.date32(), pa.timestamp("us"), pa.timestamp("us", tz="UTC")]
    if one in steps and other in steps:
        return steps[max(steps.index(one), steps.index(other))]
    return None
