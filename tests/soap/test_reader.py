"""Reading operations of a service over HTTP: arguments, windows, faults, credentials."""

from __future__ import annotations

import base64
import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.errors import (
    ConfigurationError,
    CredentialsRefused,
    DeclarationError,
    NotConfigured,
    RequestRefused,
    SourceUnavailable,
)
from pipelines.extract.soap.decoding import AnswerRefused
from pipelines.spec import Setting
from resources.settings import Settings
from tests.soap.serving import STREAM, entries, envelope, fault, ledger, of, reading, records

ONE = "<entry currency='EUR'><id>1</id><amount>12.340</amount></entry>"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"


def test_records_are_found_by_their_path_with_exact_values(settings: Settings) -> None:
    answer = entries(ONE + "<entry><id>2</id><amount/><text/></entry>")
    with ledger(answer) as served, reading(settings, of(served)) as reader:
        assert records(reader) == [
            {"@currency": "EUR", "id": 1, "amount": Decimal("12.340")},
            {"id": 2, "amount": None, "text": ""},
        ]
        assert served.headers[0]["soapaction"] == '"urn:entries"'


def test_soap_1_2_is_spoken_where_the_wsdl_says_so(settings: Settings) -> None:
    inner = f"<EntriesResponse xmlns='urn:example:ledger'><list>{ONE}</list></EntriesResponse>"
    answer = envelope(inner, SOAP_12)
    with ledger(answer, soap="soap12") as served, reading(settings, of(served)) as reader:
        assert len(records(reader)) == 1
        assert served.asked[0].tag == f"{{{SOAP_12}}}Envelope"
        assert "application/soap+xml" in served.headers[0]["content-type"]


def test_no_entry_is_no_record_and_no_error(settings: Settings) -> None:
    answer = envelope("<EntriesResponse xmlns='urn:example:ledger'/>")
    with ledger(answer) as served, reading(settings, of(served)) as reader:
        assert records(reader) == []


def test_a_path_that_the_wsdl_does_not_know_is_not_taken_for_no_records(
    settings: Settings,
) -> None:
    with (
        ledger(entries(ONE)) as served,
        reading(settings, of(served, {"records": "list/entri"})) as reader,
        pytest.raises(DeclarationError, match=r"has no entri there\. It has: entry"),
    ):
        records(reader)


def test_arguments_lists_and_settings_make_the_requests(settings: Settings) -> None:
    declared = {
        "arguments": {"filter": {"@kind": "all", "year": 2026}},
        "each": [{"account": "A"}, {"account": Setting(env="LEDGER_ACCOUNT")}],
        "keep": ("account",),
    }
    with (
        ledger(entries(ONE)) as served,
        reading(settings, of(served, declared), {"LEDGER_ACCOUNT": "B & C"}) as reader,
    ):
        assert [record["account"] for record in records(reader)] == ["A", "B & C"]
        found = served.asked[0].find(".//{urn:example:ledger}filter")
        assert found is not None
        assert found.get("kind") == "all"
        assert found.findtext("{urn:example:ledger}year") == "2026"


def test_values_in_a_setting_are_taken_apart(settings: Settings) -> None:
    each = {"values": Setting(env="LEDGER_ACCOUNTS"), "pattern": r"(?P<account>\w+)"}
    with ledger(entries(ONE)) as served:
        with reading(settings, of(served, {"each": each}), {"LEDGER_ACCOUNTS": "A, B,,C "}) as one:
            assert len(records(one)) == 3
        with (
            reading(settings, of(served, {"each": each}), {"LEDGER_ACCOUNTS": "A, B-2"}) as other,
            pytest.raises(ConfigurationError, match="'B-2'"),
        ):
            records(other)


def test_a_missing_setting_leaves_the_source_unconfigured(settings: Settings) -> None:
    each = {
        "values": Setting(env="LEDGER_ACCOUNTS", description="Accounts."),
        "pattern": "(?P<a>.)",
    }
    with (
        ledger(entries(ONE)) as served,
        pytest.raises(NotConfigured, match="LEDGER_ACCOUNTS"),
        reading(settings, of(served, {"each": each})),
    ):
        pass


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"arguments": {"nobody": 1}}, "there is no nobody"),
        ({"argument": {}}, "argument"),
        ({"operation": "Entrys"}, "has no operation Entrys. It has: Entries"),
        ({"faults": {"X": "ignore"}}, "'ignore'"),
        ({"each": {"values": "A"}}, "pattern"),
        ({"window": {"from": "since"}}, "to"),
    ],
)
def test_a_declaration_that_can_not_be_meant_is_refused(
    settings: Settings, declared: dict[str, Any], said: str
) -> None:
    with (
        ledger(entries(ONE)) as served,
        reading(settings, of(served, declared)) as reader,
        pytest.raises(DeclarationError, match=said),
    ):
        reader.check()


WINDOW = {"from": "since", "to": "until", "start": "2026-01-01", "days": 10, "again": 1}


def test_a_window_goes_on_where_the_last_run_ended(settings: Settings) -> None:
    with ledger(entries(ONE)) as served:
        declared = of(served, {"window": WINDOW, "each": [{"account": "A"}, {"account": "B"}]})
        with reading(settings, declared, today=lambda: date(2026, 1, 15)) as reader:
            states = [page.state for page in reader.read(STREAM, {})]
        last = {"day": "2026-01-15"}
        assert states == [None, {"day": "2026-01-11"}, None, last, last]
        served.asked.clear()
        with reading(settings, declared, today=lambda: date(2026, 1, 16)) as reader:
            records(reader, {"day": "2026-01-15"})
        since = [asked.findtext(".//{urn:example:ledger}since") for asked in served.asked]
        until = [asked.findtext(".//{urn:example:ledger}until") for asked in served.asked]
        assert since == ["2026-01-14", "2026-01-14"]
        assert until == ["2026-01-16", "2026-01-16"]


def test_a_state_from_the_future_asks_for_today(settings: Settings) -> None:
    with ledger(entries(ONE)) as served:
        declared = of(served, {"window": WINDOW})
        with reading(settings, declared, today=lambda: date(2026, 1, 15)) as reader:
            pages = list(reader.read(STREAM, {"day": "2999-01-01"}))
        assert len(served.asked) == 1
        assert pages[-1].state == {"day": "2026-01-15"}


def test_a_fault_that_passes_is_asked_again(settings: Settings) -> None:
    answers = iter([(500, fault("busy")), (200, fault("busy")), (200, entries(ONE))])
    with (
        ledger(lambda _: next(answers)) as served,
        reading(settings, of(served)) as reader,
    ):
        assert len(records(reader)) == 1


def test_a_fault_that_stays_says_its_code_and_text(settings: Settings) -> None:
    with (
        ledger(lambda _: (500, fault("The books are closed", detail="<why>audit</why>"))) as served,
        reading(settings, of(served)) as reader,
        pytest.raises(SourceUnavailable, match=r"The books are closed.*e:Server.*audit"),
    ):
        records(reader)


def test_a_fault_that_is_the_clients_is_not_asked_again(settings: Settings) -> None:
    with ledger(lambda _: (500, fault("No such account", "Client"))) as served:
        with (
            reading(settings, of(served)) as reader,
            pytest.raises(RequestRefused, match="No such account"),
        ):
            records(reader)
        assert len(served.asked) == 1


def test_refused_credentials_are_told_apart(settings: Settings) -> None:
    with (
        ledger(lambda _: (500, fault("Who are you?", "FailedAuthentication"))) as served,
        reading(settings, of(served)) as reader,
        pytest.raises(CredentialsRefused, match="Who are you"),
    ):
        records(reader)


def test_a_declared_fault_may_be_a_record(settings: Settings) -> None:
    def answer(asked: Any) -> tuple[int, bytes]:
        account = asked.findtext(".//{urn:example:ledger}account")
        return (200, entries(ONE)) if account == "A" else (200, fault("CLOSED"))

    declared = {
        "each": [{"account": "A"}, {"account": "B"}],
        "keep": ("account",),
        "faults": {"CLOSED": "retry, record"},
    }
    with ledger(answer) as served, reading(settings, of(served, declared)) as reader:
        found = records(reader)
        assert found[1] == {"account": "B", "fault": "CLOSED"}
        assert len(served.asked) == 1 + 3


@pytest.mark.parametrize(
    "answer",
    [
        b"<html><body>Sign in</body></html>",
        b"",
        entries(ONE)[:-20],
        entries(ONE.replace("12.340", "12,34")),
        entries(ONE.replace("<id>1", "<id>1</id><id>2")),
        entries(ONE.replace("</entry>", "<extra>1</extra></entry>")),
        entries(ONE.replace("currency", "unit")),
        envelope("<Other xmlns='urn:example:ledger'/>"),
        b"<!DOCTYPE e [<!ENTITY x 'y'>]>" + entries(ONE),
    ],
)
def test_an_answer_that_is_not_as_declared_is_refused_whole(
    settings: Settings, answer: bytes
) -> None:
    with (
        ledger(answer) as served,
        reading(settings, of(served)) as reader,
        pytest.raises(AnswerRefused, match="Entries"),
    ):
        records(reader)


SECURITY = {
    "username": "ada",
    "password": Setting(env="LEDGER_PASSWORD", secret=True, description="The password."),
    "timestamp": True,
}


def test_the_user_token_is_sent_as_text(settings: Settings) -> None:
    with (
        ledger(entries(ONE)) as served,
        reading(settings, of(served, security=SECURITY), {"LEDGER_PASSWORD": "s3cret"}) as reader,
    ):
        records(reader)
        asked = served.asked[0]
        assert asked.findtext(".//{*}UsernameToken/{*}Username") == "ada"
        assert asked.findtext(".//{*}UsernameToken/{*}Password") == "s3cret"
        assert asked.find(".//{*}Timestamp/{*}Expires") is not None


def test_the_digest_is_that_of_nonce_time_and_password(settings: Settings) -> None:
    with (
        ledger(entries(ONE)) as served,
        reading(
            settings,
            of(served, security={**SECURITY, "digest": True}),
            {"LEDGER_PASSWORD": "s3cret"},
        ) as reader,
    ):
        records(reader)
        token = served.asked[0].find(".//{*}UsernameToken")
        assert token is not None
        nonce = base64.b64decode(token.findtext("{*}Nonce") or "")
        created = (token.findtext("{*}Created") or "").encode()
        digest = hashlib.sha1(nonce + created + b"s3cret").digest()
        assert token.findtext("{*}Password") == base64.b64encode(digest).decode()


def test_a_password_is_in_no_error_and_no_description(settings: Settings) -> None:
    with (
        ledger(lambda _: (500, fault("Wrong: s3cret", "Client"))) as served,
        reading(settings, of(served, security=SECURITY), {"LEDGER_PASSWORD": "s3cret"}) as reader,
    ):
        with pytest.raises(RequestRefused) as refused:
            records(reader)
        assert "s3cret" not in str(refused.value)
        assert "Wrong: ***" in str(refused.value)


def test_schemas_of_the_wsdl_are_fetched_through_the_guard(settings: Settings) -> None:
    elsewhere = (
        "<xs:schema targetNamespace='urn:a'><xs:import namespace='urn:b' "
        "schemaLocation='http://169.254.169.254/latest/meta-data'/></xs:schema>"
    )
    with (
        ledger(entries(ONE), types=elsewhere) as served,
        reading(settings, of(served)) as reader,
        pytest.raises(RequestRefused, match=r"169\.254\.169\.254"),
    ):
        records(reader)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "/etc/passwd", "../../etc/passwd"])
def test_a_wsdl_from_the_network_reads_no_file(settings: Settings, location: str) -> None:
    local = (
        f"<xs:schema targetNamespace='urn:a'><xs:import namespace='urn:b' "
        f"schemaLocation='{location}'/></xs:schema>"
    )
    with (
        ledger(entries(ONE), types=local) as served,
        reading(settings, of(served)) as reader,
        pytest.raises(Exception, match=r"not in its own folder|404|Not Found|nothing at"),
    ):
        records(reader)


def test_a_wsdl_with_entities_is_refused(settings: Settings) -> None:
    with ledger(entries(ONE)) as served:
        bomb = b"<!DOCTYPE d [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>"
        served.documents["/ledger.wsdl"] = bomb + served.documents["/ledger.wsdl"]
        with (
            reading(settings, of(served)) as reader,
            pytest.raises(DeclarationError, match="can't be used"),
        ):
            reader.check()


def test_discovery_tells_the_columns_that_the_wsdl_declares(settings: Settings) -> None:
    with ledger(entries(ONE)) as served, reading(settings, of(served)) as reader:
        assert reader.discover()[0].columns == {
            "id": "BIGINT",
            "amount": "",
            "text": "VARCHAR",
            "@currency": "VARCHAR",
        }
        assert "Entries" in reader.check()
