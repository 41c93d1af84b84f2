"""The model: learned from the records alone, the same each time, and right."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
import pytest

from pipelines.matching.blocking import write_keys, write_pairs
from pipelines.matching.clusters import Edge, Member, cluster
from pipelines.matching.model import MatchModel
from pipelines.matching.scoring import write_scores, write_shares
from pipelines.matching.training import train
from tests.matching.made_up import Row, pairwise, records_in, world


@pytest.fixture(scope="module")
def bench() -> Iterator[duckdb.DuckDBPyConnection]:
    """The made-up firm's records, cleaned."""
    connection = duckdb.connect()
    records_in(connection, world()[0])
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def model(bench: duckdb.DuckDBPyConnection) -> MatchModel:
    return train(bench, "records")


def scored(connection: duckdb.DuckDBPyConnection, model: MatchModel) -> list[Edge]:
    """The edges among the table `records`."""
    connection.execute("CREATE OR REPLACE TEMP TABLE crowded (kind VARCHAR, key VARCHAR)")
    write_keys(connection, "records", "keys")
    write_pairs(connection, "keys", "crowded", "pairs")
    write_shares(connection, model)
    write_scores(connection, model, "records", "pairs")
    query = "SELECT left_id, right_id, score, is_sure, apart FROM scores"
    return [Edge(*row) for row in connection.execute(query).fetchall()]


def score_of(model: MatchModel, one: Row, other: Row) -> Edge | None:
    """The edge between two records by themselves; None where nothing speaks for it."""
    connection = duckdb.connect()
    records_in(connection, [{"source_id": "1", **one}, {"source_id": "2", **other}])
    found = scored(connection, model)
    connection.close()
    return found[0] if found else None


def test_matching_finds_the_made_up_firms_companies_over_all_its_systems(
    bench: duckdb.DuckDBPyConnection, model: MatchModel
) -> None:
    rows, truth = world()
    members = {
        f"{row['source']}:{row['source_id']}": Member(
            row["source"],
            f"{row['source']}:{row['source_id']}",
            row.get("lei"),
            row.get("cik"),
            f"GB:{row['company_number']}" if row.get("company_number") else None,
        )
        for row in rows
    }
    made, _ = cluster(members, scored(bench, model), [], model.match)
    precision, recall = pairwise(made.groups(), truth)
    assert precision >= 0.99
    assert recall >= 0.95


def test_training_twice_learns_the_same(
    bench: duckdb.DuckDBPyConnection, model: MatchModel
) -> None:
    assert train(bench, "records") == model


def test_a_model_survives_being_stored(model: MatchModel) -> None:
    assert MatchModel.from_json(json.loads(json.dumps(model.to_json()))) == model


def test_the_parameters_are_probabilities_and_tell_what_was_learned(model: MatchModel) -> None:
    for name in model.m:
        assert sum(model.m[name]) == pytest.approx(1, abs=1e-4)
        assert sum(model.u[name]) == pytest.approx(1, abs=1e-4)
    assert {"name", "domain", "city", "country"} <= set(model.learned)
    assert all(row["bits"] == row["bits"] for row in model.rows())


ACME = {"source": "a", "name": "Acme Robotics", "websites": ["acme.com"]}


def test_a_rename_with_nothing_in_common_is_found_by_its_domain(model: MatchModel) -> None:
    tag = {"source": "a", "name": "BrightTag", "websites": ["brighttag.com"], "city": "Chicago"}
    signal = {"source": "b", "name": "Signal", "websites": ["brighttag.com"], "city": "Chicago"}
    found = score_of(model, tag, signal)
    assert found is not None
    assert found.score >= model.queue


def test_a_former_name_joins_a_rename(model: MatchModel) -> None:
    tag = {"source": "a", "name": "BrightTag", "city": "Chicago"}
    signal = {"source": "b", "name": "Signal (formerly BrightTag)", "city": "Chicago"}
    assert score_of(model, tag, signal) is not None


def test_a_slug_reused_by_another_firm_joins_nothing(model: MatchModel) -> None:
    page = {"vendor_ids": ["crunchbase:bebo"]}
    old = {"source": "a", "name": "Bebo", "founded_year": 2005, "country_code": "US", **page}
    new = {"source": "b", "name": "Zeplo", "founded_year": 2018, "country_code": "IN", **page}
    found = score_of(model, old, new)
    assert found is None or found.score < model.match


def test_a_slug_and_name_that_went_to_another_firm_join_nothing(model: MatchModel) -> None:
    page = {"name": "Bebo", "vendor_ids": ["crunchbase:bebo"]}
    old = {"source": "a", "founded_year": 2005, "country_code": "US", **page}
    new = {"source": "b", "founded_year": 2019, "country_code": "US", **page}
    found = score_of(model, old, new)
    assert found is None or found.apart


def test_a_rename_that_is_told_counts_although_the_domain_is_new(model: MatchModel) -> None:
    place = {"city": "Chicago", "country_code": "US", "founded_year": 2009}
    old = {"source": "a", "name": "BrightTag", "websites": ["brighttag.com"], **place}
    new = {"source": "b", "name": "Signal", "other_names": ["BrightTag Inc"], **place}
    found = score_of(model, old, {**new, "websites": ["signal.co"]})
    assert found is not None
    assert found.score >= model.queue


def test_one_name_with_two_domains_is_no_match(model: MatchModel) -> None:
    found = score_of(model, ACME, {**ACME, "source": "b", "websites": ["acme-robotics.de"]})
    assert found is None or found.score < model.match


def test_a_lost_name_joins_nothing(model: MatchModel) -> None:
    one = {"source": "a", "name": "#NAME?", "country_code": "US"}
    assert score_of(model, one, {**one, "source": "b"}) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme Fund II LP", "Acme Fund III LP"),
        ("Acme Fund I, a series of Roll Up Vehicles, LP", "Acme Fund I, LP"),
        ("SPV 12, a series of Roe Vehicles LLC", "SPV 12, a series of Doe Vehicles LLC"),
    ],
)
def test_vehicles_of_one_family_are_kept_apart(model: MatchModel, one: str, other: str) -> None:
    site = {"websites": ["acme.com"]}
    found = score_of(
        model, {"source": "a", "name": one, **site}, {"source": "b", "name": other, **site}
    )
    assert found is None or found.apart
