"""The files of a made-up venture firm, for the first run and the tests.

Belongs here: putting the writers together. Does not belong here: what any one
system writes. The same companies occur in every system, under slightly other
names and identities, and every file has the layout of the real one.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.accelerator import write_directory
from sandbox.cap_tables import write_cap_tables
from sandbox.filings import write_filings
from sandbox.forms import write_forms
from sandbox.market import write_market_data
from sandbox.rates import write_rates
from sandbox.reporting import write_reporting
from sandbox.universe import FIRM, make_universe
from sandbox.workbooks import write_workbooks

__all__ = ["FIRM", "write_firm"]


def write_firm(folder: Path, seed: int = 7) -> None:
    """Write the firm's files below `folder`; the same seed gives the same bytes."""
    universe = make_universe(seed)
    for writer in (
        write_market_data,
        write_directory,
        write_rates,
        write_forms,
        write_filings,
        write_cap_tables,
        write_workbooks,
        write_reporting,
    ):
        writer(folder, universe)
