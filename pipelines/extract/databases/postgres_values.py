"""From what the Postgres driver gives to exact Arrow values, a whole batch at once.

Belongs here: infinities, times out of range, decimals, lists. Does not belong here:
which column needs what (`postgres_types`), or what becomes of a row that doesn't fit.

A function here takes an array and gives the values, NULL where one has no place in the
warehouse, and which those are (None: all fit).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import texts

Settled: TypeAlias = "tuple[pa.Array, npt.NDArray[np.bool_] | None]"
Settle: TypeAlias = Callable[[pa.Array], Settled]

_MICROS = 10_957 * 86_400_000_000
"""From Postgres' epoch, 2000, to Unix', 1970."""
_DAYS = 10_957
_ENDLESS = 2**63 - 1 + _MICROS - 2**64
WRAPPED = (_ENDLESS, _ENDLESS + 1, 2**31 - 1 + _DAYS - 2**32, 2**31 - 1 + _DAYS + 1 - 2**32)
"""What the driver makes of timestamp ±infinity and date ±infinity."""
INFINITE = 2**63 - 1
FIRST_MICRO = -210_866_803_200_000_000
_FIRST_DAY = -2_440_588
"""Postgres' first day, 24 November 4714 BC; what is smaller has wrapped around."""


def as_is(values: pa.Array) -> Settled:
    """Types in which every value has its like."""
    return values, None


def utf8(values: pa.Array) -> Settled:
    """Texts of a server that doesn't look at their bytes."""
    raw = values.view(pa.binary())
    try:
        return pc.cast(raw, pa.string()), None
    except pa.ArrowInvalid:
        misfit = np.array([not _is_utf8(each) for each in raw.to_pylist()], bool)
        kept = pc.if_else(pa.array(misfit), pa.scalar(None, pa.binary()), raw)
        return pc.cast(kept, pa.string()), misfit


def timestamps(values: pa.Array) -> Settled:
    """±infinity as DuckDB writes it; from its infinity, in the year 294247, on: doesn't fit."""
    numbers = values.view(pa.int64())
    ends = pc.min_max(numbers)
    least, most = ends["min"].as_py(), ends["max"].as_py()
    if least is None or (least >= FIRST_MICRO and most < INFINITE):
        return values, None
    found = numbers.fill_null(0).to_numpy()
    mended = np.where(found == WRAPPED[0], INFINITE, found)
    mended = np.where(found == WRAPPED[1], -INFINITE, mended)
    beyond = (found < FIRST_MICRO) & (found != WRAPPED[0]) & (found != WRAPPED[1])
    misfit = beyond | (found == INFINITE)
    return _masked(values, mended, misfit)


def dates(values: pa.Array) -> Settled:
    """±infinity as DuckDB writes it; every other date of Postgres fits."""
    numbers = values.view(pa.int32())
    least = pc.min(numbers).as_py()
    if least is None or least >= _FIRST_DAY:
        return values, None
    found = numbers.fill_null(0).to_numpy()
    mended = np.where(found == WRAPPED[2], 2**31 - 1, found)
    mended = np.where(found == WRAPPED[3], -(2**31 - 1), mended).astype(np.int32)
    return _masked(values, mended, None)


def decimals(precision: int, scale: int) -> Settle:
    """Numbers that came as text; NaN has no place in a DECIMAL."""
    target = pa.decimal128(precision, scale)
    odd = texts(["nan", "inf", "-inf"])

    def settle(values: pa.Array) -> Settled:
        text = plain(values)
        try:
            return pc.cast(text, target), None
        except pa.ArrowInvalid:
            misfit = pc.is_in(text, odd)
            kept = pc.if_else(misfit, pa.scalar(None, text.type), text)
            return pc.cast(kept, target), misfit.to_numpy(zero_copy_only=False)

    return settle


def lists(inner: Settle) -> Settle:
    """Lists of which each element is settled; one that doesn't fit spoils its list."""

    def settle(values: pa.Array) -> Settled:
        members, misfit = inner(plain(values.values))
        offsets, validity = values.offsets, values.is_valid()
        made = pa.ListArray.from_arrays(
            offsets, members, mask=None if values.null_count == 0 else pc.invert(validity)
        )
        if misfit is None:
            return made, None
        before = np.concatenate([[0], np.cumsum(misfit)])
        ends = offsets.to_numpy()
        spoilt = before[ends[1:]] > before[ends[:-1]]
        kept = pc.if_else(pa.array(~spoilt), made, pa.scalar(None, made.type))
        return kept, spoilt

    return settle


def plain(values: pa.Array) -> pa.Array:
    """The array without the driver's marks on its type."""
    return values.storage if isinstance(values.type, pa.BaseExtensionType) else values


def _masked(
    values: pa.Array, mended: npt.NDArray[np.int64], misfit: npt.NDArray[np.bool_] | None
) -> Settled:
    absent = values.is_null().to_numpy(zero_copy_only=False)
    hidden = absent if misfit is None else absent | misfit
    some = misfit is not None and bool(misfit.any())
    return pa.array(mended, mask=hidden).view(values.type), misfit if some else None


def _is_utf8(raw: bytes | None) -> bool:
    try:
        return raw is None or raw.decode() is not None
    except UnicodeDecodeError:
        return False
