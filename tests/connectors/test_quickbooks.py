"""QuickBooks: queries that say what they mean, deletions, and tokens that rotate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipelines.errors import CredentialsRefused, RequestRefused
from sandbox.apis._books import books
from sandbox.apis._dealflow import until
from sandbox.apis.quickbooks import QuickBooks
from sandbox.standin import Asked, Reply
from tests.connectors.contract import NOW, UNIVERSE, Bench, Fault, bench

BOOKS = books(UNIVERSE)
_DAY = timedelta(days=1)


@pytest.fixture
def quickbooks() -> Iterator[Bench]:
    with bench("quickbooks", stand_in=QuickBooks(UNIVERSE)) as made:
        yield made


def world(made: Bench) -> QuickBooks:
    assert isinstance(made.stand_in, QuickBooks)
    return made.stand_in


def deleted(document: Any, now: datetime) -> bool:
    return bool(document.number % 15 == 0 and document.created_at + _DAY <= now)


def test_invoices_and_bills_are_those_of_the_firm_to_the_cent(quickbooks: Bench) -> None:
    for stream, of_vendors in (("invoices", False), ("bills", True)):
        found = {one["Id"]: one for one in quickbooks.read(stream)}
        held = [
            one
            for one in until(BOOKS.documents, NOW)
            if one.party.is_vendor is of_vendors and not deleted(one, NOW)
        ]
        assert len(found) == len(held) > 100
        for document in held:
            told = found[str(10_000 + document.number)]
            assert Decimal(str(told["TotalAmt"])) * 100 == document.cents
            lines = sum(Decimal(str(line["Amount"])) for line in told["Line"])
            assert lines * 100 == document.cents
            changed = datetime.fromisoformat(told["LastUpdatedTime"])
            assert changed == document.updated_at(NOW)


def test_who_is_no_longer_in_use_comes_too(quickbooks: Bench) -> None:
    vendors = quickbooks.read("vendors")
    assert {one["DisplayName"] for one in vendors} == {
        one.name for one in BOOKS.parties if one.is_vendor
    }
    assert {one["Active"] for one in vendors} == {True, False}


def test_entries_balance(quickbooks: Bench) -> None:
    entries = quickbooks.read("journal_entries")
    assert len(entries) == len(until(BOOKS.entries, NOW))
    for entry in entries:
        sides = {"Debit": Decimal(0), "Credit": Decimal(0)}
        for line in entry["Line"]:
            side = line["JournalEntryLineDetail"]["PostingType"]
            sides[side] += Decimal(str(line["Amount"]))
        assert sides["Debit"] == sides["Credit"] > 0


class SmallPages(QuickBooks):
    """Finds no more than 200 rows for a query, as if these were 1,000."""

    def _query(self, text: str) -> Reply:
        head, _, rest = text.partition(" STARTPOSITION ")
        start = (int(rest.split()[0]) - 1) // 5 + 1
        reply = super()._query(f"{head} STARTPOSITION {start} MAXRESULTS 200")
        found = reply.body["QueryResponse"].get("Invoice", [])
        if len(found) == 200:
            reply.body["QueryResponse"]["Invoice"] = [row for row in found for _ in range(5)]
        return reply


def test_pages_go_on_behind_the_last_position() -> None:
    with bench("quickbooks", stand_in=SmallPages(UNIVERSE)) as made:
        found = {one["Id"] for one in made.read("invoices")}
        queries = [e.asked.get("query") for e in made.running.requests if e.asked.get("query")]
    held = [one for one in until(BOOKS.documents, NOW) if not one.party.is_vendor]
    assert len(found) == sum(not deleted(one, NOW) for one in held)
    positions = [query.partition("STARTPOSITION ")[2].split()[0] for query in queries]
    assert positions[:3] == ["1", "1001", "2001"]


def test_only_what_changed_meanwhile_is_asked_for_again(quickbooks: Bench) -> None:
    first = quickbooks.pages("invoices")
    later = NOW + timedelta(days=6)
    quickbooks.stand_in.now = later
    again = {one["Id"] for one in quickbooks.read("invoices", first[-1].state)}
    changed = {
        str(10_000 + one.number)
        for one in until(BOOKS.documents, later)
        if not one.party.is_vendor and one.updated_at(later) > NOW and not deleted(one, later)
    }
    assert changed <= again
    assert len(again) <= len(changed) + 2


def test_deletions_of_the_last_weeks_come_from_the_change_feed(quickbooks: Bench) -> None:
    first = quickbooks.pages("deletions")
    found = {(r["entity"], r["Id"]) for page in first for r in page.records}
    since = NOW - timedelta(days=28)
    expected = {
        ("Bill" if one.party.is_vendor else "Invoice", str(10_000 + one.number))
        for one in BOOKS.documents
        if deleted(one, NOW) and one.created_at + _DAY > since
    }
    assert expected <= found
    quickbooks.stand_in.now = later = NOW + timedelta(days=12)
    address = quickbooks.running.address
    quickbooks.environment |= quickbooks.stand_in.environment(address)
    again = {(r["entity"], r["Id"]) for r in quickbooks.read("deletions", first[-1].state)}
    gone = {
        str(10_000 + one.number)
        for one in BOOKS.documents
        if deleted(one, later) and not deleted(one, NOW)
    }
    assert gone
    assert gone <= {number for _, number in again}
    assert len(again) <= len(gone) + 2


class Busy(QuickBooks):
    """A company in which more changed than the feed tells."""

    def _changes(self, asked: Asked) -> Reply:
        part = {asked.get("entities"): [], "startPosition": 1, "maxResults": 1000}
        return Reply(body={"CDCResponse": [{"QueryResponse": [part]}]})


def test_a_change_feed_that_is_cut_off_is_no_whole_one() -> None:
    refused = pytest.raises(RequestRefused, match="1,000 changes of one entity or more")
    with bench("quickbooks", stand_in=Busy(UNIVERSE)) as made, refused:
        made.read("deletions")


def test_what_the_vendor_says_of_a_wrong_question_is_told(quickbooks: Bench) -> None:
    quickbooks.environment["QUICKBOOKS_DELETION_DAYS"] = "9000"
    with pytest.raises(RequestRefused, match="changedSince must lie within the last 30 days"):
        quickbooks.read("deletions")


@pytest.mark.parametrize(
    "kind", ["too_many", "unavailable", "server_error", "reset", "truncated", "reorder"]
)
def test_a_fault_loses_nothing(quickbooks: Bench, kind: str) -> None:
    whole = {record["Id"] for record in quickbooks.read("payments")}
    quickbooks.hit(Fault(kind, path="/quickbooks/v3"))  # type: ignore[arg-type]
    assert {record["Id"] for record in quickbooks.read("payments")} == whole
    assert any(entry.fault for entry in quickbooks.running.requests)


def test_a_token_that_expired_is_renewed_once_and_its_successor_is_kept(quickbooks: Bench) -> None:
    tokens = world(quickbooks).tokens
    whole = quickbooks.read("accounts")
    for granted in (2, 3):
        tokens.expire()
        assert quickbooks.read("accounts") == whole
        assert tokens.granted == granted
    sent = [
        entry.asked.form()["refresh_token"]
        for entry in quickbooks.running.requests
        if entry.asked.path.startswith("/oauth2")
    ]
    assert len(set(sent)) == len(sent) == 3
    assert [entry.status for entry in quickbooks.running.requests].count(401) == 2


def test_a_refresh_token_that_is_refused_is_told_in_sentences_and_not_shown(
    quickbooks: Bench,
) -> None:
    quickbooks.environment["QUICKBOOKS_REFRESH_TOKEN"] = "a-token-of-yesterday"
    with pytest.raises(CredentialsRefused, match="The OAuth server refused") as caught:
        quickbooks.read("accounts")
    assert "Sign in to this source anew" in str(caught.value)
    assert "yesterday" not in str(caught.value)
