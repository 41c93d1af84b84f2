"""GLEIF: pages, updates since the last run, and faults on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.errors import RequestRefused, SourceError
from sandbox.identities import identities
from tests.connectors.contract import NOW, POLICY, UNIVERSE, Bench, Fault, bench


@pytest.fixture
def gleif() -> Iterator[Bench]:
    with bench("gleif") as made:
        yield made


def test_every_entity_of_the_world_arrives_with_its_registration(gleif: Bench) -> None:
    found = {record["lei"]: record for record in gleif.read("lei_records")}
    told = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    known = {
        one["id"]: one["attributes"]
        for one in gleif.stand_in.records  # type: ignore[attr-defined]
        if one["attributes"]["registration"]["lastUpdateDate"] <= told
    }
    assert set(found) == set(known)
    assert len(found) < sum(1 for who in identities(UNIVERSE).companies if who.lei)
    for lei, record in found.items():
        assert record["entity"] == known[lei]["entity"]
        assert record["registration"] == known[lei]["registration"]
    assert len([e for e in gleif.running.requests if "page[number]" in e.asked.query]) >= 2


def test_only_what_was_updated_meanwhile_is_read_again(gleif: Bench) -> None:
    first = gleif.pages("lei_records")
    before = {record["lei"] for page in first for record in page.records}
    gleif.stand_in.now += timedelta(days=14)
    new = gleif.read("lei_records", first[-1].state)
    assert 1 < len(new) < 40
    assert sum(record["lei"] in before for record in new) <= 1


@pytest.mark.parametrize("kind", ["overlap", "reorder"])
def test_pages_that_overlap_or_come_in_another_order_lose_nothing(gleif: Bench, kind: str) -> None:
    whole = {record["lei"] for record in gleif.read("lei_records")}
    gleif.hit(Fault(kind, path="/gleif/lei-records", after=1))  # type: ignore[arg-type]
    assert {record["lei"] for record in gleif.read("lei_records")} == whole
    assert any(entry.fault for entry in gleif.running.requests)


def test_an_answer_that_stalls_is_asked_for_again(gleif: Bench) -> None:
    whole = {record["lei"] for record in gleif.read("lei_records")}
    gleif.policy = replace(POLICY, read_s=0.3)
    gleif.hit(Fault("stall", after=1, seconds=20))
    assert {record["lei"] for record in gleif.read("lei_records")} == whole


def test_a_window_with_too_many_records_ends_the_run_and_says_what_to_do(gleif: Bench) -> None:
    gleif.environment["GLEIF_PAGE_SIZE"] = "201"
    with pytest.raises(RequestRefused, match="GLEIF_WINDOW"):
        gleif.read("lei_records")


def test_the_registers_own_limit_is_kept(gleif: Bench) -> None:
    gleif.hit(Fault("too_many", times=20))
    with pytest.raises(SourceError, match="429"):
        gleif.read("lei_records")
    assert len(gleif.running.requests) <= 8
