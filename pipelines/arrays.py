"""Small Arrow values, made without pyarrow's look at Python objects.

Belongs here: the few constants that reading and landing need for every page.
Does not belong here: converting data. pyarrow imports pandas as soon as it is
given any Python value, which takes longer than loading a small file; so what
every load does keeps to these.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def texts(values: Sequence[str]) -> pa.StringArray:
    """Several texts."""
    encoded = [value.encode() for value in values]
    ends = accumulate((len(each) for each in encoded), initial=0)
    offsets = b"".join(end.to_bytes(4, "little") for end in ends)
    return pa.StringArray.from_buffers(
        len(encoded), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))
    )


def text(value: str) -> pa.StringScalar:
    """One text."""
    return texts([value])[0]


def truth(value: bool) -> pa.BooleanScalar:
    """True or false."""
    bits = pa.py_buffer(bytes([value]))
    return pa.Array.from_buffers(pa.bool_(), 1, [None, bits])[0]


def repeated(value: str, count: int) -> pa.DictionaryArray:
    """The same text `count` times, kept once."""
    zeros = pa.Array.from_buffers(pa.int32(), count, [None, pa.py_buffer(bytes(4 * count))])
    return pa.DictionaryArray.from_arrays(zeros, texts([value]))


def int64(numbers: npt.NDArray[np.int64]) -> pa.Int64Array:
    """The numbers, not copied."""
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def numbers(values: pa.Int64Array) -> npt.NDArray[np.int64]:
    """The values of an array without nulls, not copied."""
    return np.frombuffer(values.buffers()[1], np.int64, len(values), 8 * values.offset)
