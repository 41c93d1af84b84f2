"""Fixtures of the tests of declarations."""

from __future__ import annotations

import pytest

from tests.assets.bench import Bench


@pytest.fixture
def bench() -> Bench:
    """A bench of its own for each test."""
    return Bench()
