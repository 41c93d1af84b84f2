"""What a Python model runs decides when it is built again, not its own file alone."""

from __future__ import annotations

from pathlib import Path

from pipelines.transform.stale import python_code


def test_a_changed_formula_changes_the_models_that_use_it(tmp_path: Path) -> None:
    formula = tmp_path / "pipelines" / "finance" / "irr.py"
    formula.parent.mkdir(parents=True)
    formula.write_text("RATE = 1\n")
    user, other = tmp_path / "user.py", tmp_path / "other.py"
    user.write_text("from pipelines.finance.irr import RATE\n")
    other.write_text("RATE = 3  # not that of pipelines.finance\n")
    before = python_code(user, tmp_path), python_code(other, tmp_path)
    formula.write_text("RATE = 2\n")
    assert python_code(user, tmp_path) != before[0]
    assert python_code(other, tmp_path) == before[1]
