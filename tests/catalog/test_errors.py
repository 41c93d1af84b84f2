"""Declarations that are wrong together: misplaced, twice there, in a circle."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.catalog.load import load_catalog
from pipelines.errors import DeclarationError
from tests.catalog.declared import GOOD, MODEL, ORDERS, RULE, SOURCE, problems, write

PLACED = {
    "model beside the layers": ({"models/orders.sql": MODEL}, "must lie in one of models/staging/"),
    "file of another kind": (
        {"models/core/x.yaml": "a: 1"},
        "Got a .yaml file; expected .sql or .py",
    ),
    "capital letters": ({"models/core/Orders.sql": MODEL}, "expected small letters"),
    "misspelt folder": ({"model/core/x.sql": MODEL}, "Did you mean models?"),
    "two models of one table": (
        {"models/staging/sub/orders.sql": MODEL},
        "The table staging.orders is declared by",
    ),
    "two sources of one name": ({"sources/other.py": SOURCE}, "The source shop is declared by"),
}


@pytest.mark.parametrize("name", PLACED)
def test_a_misplaced_file_is_named(tmp_path: Path, name: str) -> None:
    files, expected = PLACED[name]
    assert expected in problems(tmp_path, files)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = problems(
        tmp_path,
        {
            "sources/shop.py": SOURCE.replace("team:data", "nobody"),
            ORDERS: MODEL.replace("key: [id]\n", ""),
            "checks/unpaid.sql": RULE.replace("warning", "grave"),
        },
    )
    assert text.startswith("3 problems in 3 files")


def test_models_that_read_each_other_are_shown_as_a_circle(tmp_path: Path) -> None:
    circle = MODEL.replace("raw.shop__orders", "core.b")
    files = {
        "models/core/a.sql": circle,
        "models/core/b.sql": circle.replace("core.b", "core.a"),
    }
    text = problems(tmp_path, files)
    assert "read each other: core." in text
    assert "core.a → core.b" in text


def test_a_table_of_two_folders_overrides_nothing(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", GOOD), tmp_path / "b"
    write(second, {ORDERS: MODEL})
    with pytest.raises(DeclarationError) as caught:
        load_catalog([first, second], built_in=False)
    assert f"{first}/{ORDERS}" in str(caught.value)
    assert f"{second}/{ORDERS}" in str(caught.value)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"There is no such folder.*HEADWATER_ASSETS"):
        load_catalog([tmp_path / "nope"], built_in=False)
