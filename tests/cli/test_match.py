"""`headwater match`: what waits is shown, and what a person decides holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Headwater
from tests.orchestration.conftest import write

MODEL = """/*
description: Companies of two made-up systems.
owner: data@fund.example
key: [source, source_id]
columns:
  source: System.
  source_id: Id in it.
  name: Name.
  country_code: Country.
*/
SELECT source, source_id, name, country_code
FROM (
    VALUES
        ('crm', '1', 'Acme Robotics', 'US'),
        ('crm', '2', 'Roe Coffee', 'GB'),
        ('crm', '3', 'Doe Payments', NULL),
        ('books', 'a', 'ACME ROBOTICS, INC.', NULL),
        ('books', 'b', 'Zeplo Foods', 'DE'),
        ('books', 'c', 'Quorum Mining', 'SE')
) AS told(source, source_id, name, country_code)
"""


@pytest.fixture
def fund(tmp_path: Path) -> str:
    """A fund's declarations: one table of records."""
    write(tmp_path / "assets", {"models/staging/made__org_records.sql": MODEL})
    return str(tmp_path / "assets")


def test_what_waits_is_listed_decided_and_shown(headwater: Headwater, fund: str) -> None:
    def ask(*arguments: str) -> Any:
        done = headwater("match", *arguments, "--json", HEADWATER_ASSETS=fund)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    ran = headwater("run", "staging.made__org_records", "core.org_xref", HEADWATER_ASSETS=fund)
    assert ran.returncode == 0, ran.stdout.decode() + ran.stderr.decode()
    (pair,) = ask("list")
    assert {pair["left"]["record_id"], pair["right"]["record_id"]} == {"crm:1", "books:a"}
    assert pair["reason"] == "unsure"
    assert ask("accept", "crm:1", "books:a", "--by", "ada", "--note", "one bank account")[
        "decisions"
    ] == [1]
    assert ask("list") == []
    found = ask("show", "crm:1")
    assert [row["record_id"] for row in found["records"]] == ["books:a", "crm:1"]
    assert found["decisions"][0]["note"] == "one bank account"
    assert ask("show", found["org_id"]) == found
    assert ask("split", "crm:1", "--by", "ada")["decisions"] == [2]
    assert [row["record_id"] for row in ask("show", "crm:1")["records"]] == ["crm:1"]
    model = ask("model")
    assert model["records"] == 6
    assert 0 < model["queue_threshold"] < model["match_threshold"] < 1
    shown = headwater("match", "show", "crm:1", HEADWATER_ASSETS=fund)
    assert b"rejected" in shown.stdout


def test_a_record_that_there_is_not_is_told_with_what_to_do(
    headwater: Headwater, fund: str
) -> None:
    done = headwater("match", "accept", "crm:1", "books:a", HEADWATER_ASSETS=fund)
    assert done.returncode == 2
    assert b"headwater match run" in done.stderr
