"""Damaged answers and WSDLs end in errors of ours, whatever is damaged."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.errors import DeclarationError, SourceError
from pipelines.extract.soap.decoding import AnswerRefused
from pipelines.extract.soap.envelopes import Fault, body_of, parse
from pipelines.extract.soap.service import Service
from tests.soap.recorded import service
from tests.soap.serving import TYPES, WSDL, entries, fault

ANSWER = entries(
    '<entry currency="EUR" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><id>1</id>'
    '<amount i:nil="true"/><text>a &amp; b</text></entry><entry><id>2</id></entry>'
)
DOCUMENT = WSDL.format(soap="soap", types=TYPES, address="http://service.example").encode()
PIECES = st.sampled_from(
    [
        *(b"", b"<", b">", b"&", b'"', b"\x00", b"\xff", b"]]>", b"&x;", b"--x\r\n"),
        *(b"<!DOCTYPE a>", b"<?pi?>", b"<!-- -->", b"<e:Fault/>", b"<entry/>"),
        *(b"xsi:type='a:b'", b"href='#a'", b"id='a'"),
    ]
)
EDITS = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 30), PIECES), min_size=1, max_size=4
)
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Service:
    wsdl = tmp_path_factory.mktemp("soap") / "ledger.wsdl"
    wsdl.write_bytes(DOCUMENT)
    return service(wsdl)


def edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """The bytes with pieces replaced."""
    for at, length, piece in edits:
        start = at % (len(data) + 1)
        data = data[:start] + piece + data[start + length :]
    return data


@given(edits=EDITS)
@example(edits=[(0, 2000, b"")])
@QUIET
def test_a_damaged_answer_is_decoded_or_refused(
    described: Service, edits: list[tuple[int, int, bytes]]
) -> None:
    with suppress(AnswerRefused):
        body = body_of(edited(ANSWER, edits))
        if not isinstance(body, Fault):
            described.decode("Entries", body)


@given(edits=EDITS)
@QUIET
def test_a_damaged_fault_is_a_fault_or_refused(edits: list[tuple[int, int, bytes]]) -> None:
    with suppress(AnswerRefused):
        body_of(edited(fault("No", "Client", "<why>key</why>"), edits))


@given(edits=EDITS)
@settings(QUIET, max_examples=60)
def test_a_damaged_wsdl_is_used_or_refused(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, int, bytes]]
) -> None:
    wsdl: Path = tmp_path_factory.mktemp("soap") / "ledger.wsdl"
    wsdl.write_bytes(edited(DOCUMENT, edits))
    with suppress(DeclarationError, SourceError):
        found = service(wsdl)
        for operation in found.operations:
            found.request(operation, {})


def test_entities_never_stand_for_files_or_any_amount_of_text(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    for document in (
        f"<!DOCTYPE a [<!ENTITY x SYSTEM 'file://{secret}'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY x 'yyyy'><!ENTITY z '&x;&x;&x;'>]><a>&z;</a>",
        f"<!DOCTYPE a SYSTEM 'file://{secret}'><a/>",
    ):
        with pytest.raises(AnswerRefused, match="document type"):
            parse(document.encode())
