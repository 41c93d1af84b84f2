"""Every rate at which dated flows are worth nothing: all of them, not the first found.

Belongs here: isolating the roots of a net present value. Does not belong here: what
a missing or a second root means (`returns`).

With x = ln(1 + rate) and t in years, NPV(x) is the sum of c * exp(-t * x). It has no
more roots than its coefficients, by t, have changes of sign (Descartes' rule of signs
for exponential sums). Times exp(s * x), with s between the times of one such change,
it has the same roots, and its derivative one change less: so the derivative's roots,
found first, cut the axis into pieces on each of which NPV has at most one root.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, expm1, fsum, log

LOWEST, HIGHEST = -0.99999, 1e9
"""Rates a year between which is searched. Nearer to -1 a float no longer tells rates apart."""

Terms = Sequence[tuple[float, float]]
"""(years, coefficient), years ascending."""


def scaled(terms: Terms, x: float) -> tuple[float, float]:
    """NPV at x and the sum of its parts' sizes, both times one positive factor.

    The factor keeps the largest part from overflowing; signs and the ratio of the two
    are those of the unscaled sums.
    """
    highest = max(-years * x for years, _ in terms)
    parts = [c * exp(-years * x - highest) for years, c in terms]
    return fsum(parts), fsum(map(abs, parts))


def rates(terms: Terms) -> list[float]:
    """All rates between LOWEST and HIGHEST at which the terms' NPV is 0, ascending.

    Raises ValueError where there is no term.
    """
    return [expm1(x) for x in _roots(terms, log(1 + LOWEST), log(1 + HIGHEST))]


def _roots(terms: Terms, low: float, high: float) -> list[float]:
    change = next(
        (i for i in range(1, len(terms)) if (terms[i - 1][1] < 0) != (terms[i][1] < 0)), None
    )
    if change is None:
        return []
    middle = (terms[change - 1][0] + terms[change][0]) / 2
    slope = [(years - middle, (middle - years) * c) for years, c in terms]
    cuts = [low, *_roots(slope, low, high), high]
    found: list[float] = []
    for left, right in pairwise(cuts):
        root = _between(lambda x: scaled(terms, x)[0], left, right)
        if root is not None and (not found or root - found[-1] > 1e-12):
            found.append(root)
    return found


def _between(value: Callable[[float], float], left: float, right: float) -> float | None:
    """The root of a function that is monotone in between, by halving; None without one."""
    at_left, at_right = value(left), value(right)
    if at_left == 0:
        return left
    if at_right == 0:
        return right
    if (at_left < 0) == (at_right < 0):
        return None
    while True:
        middle = (left + right) / 2
        if middle in (left, right):
            return middle
        at_middle = value(middle)
        if at_middle == 0:
            return middle
        if (at_middle < 0) == (at_left < 0):
            left = middle
        else:
            right = middle
