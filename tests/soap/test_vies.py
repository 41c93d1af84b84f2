"""The register of VAT numbers: valid, not valid and not known stay apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from assets.sources.vies import CHECKS, SOURCE
from pipelines.errors import RequestRefused, SourceUnavailable
from pipelines.extract.readers import Surroundings
from pipelines.extract.soap.reader import SoapReader
from pipelines.spec import Soap
from resources.secrets import Given
from resources.settings import Settings
from sandbox.apis.vies import FAULTS, SPACE, TYPES, WSDL, Vies, make
from sandbox.faults import Fault
from sandbox.server import Running, serving
from sandbox.universe import make_universe
from tests.soap.recorded import service
from tests.soap.serving import QUICK


@pytest.fixture
def register() -> Iterator[tuple[Vies, Running]]:
    """The stand-in while it is served."""
    stand_in = make(make_universe(7))
    with serving([stand_in]) as running:
        yield stand_in, running


def read(settings: Settings, running: Running, numbers: str) -> list[Any]:
    """What the source says of these numbers."""
    assert isinstance(SOURCE.connection, Soap)
    given = Given(None, {**running.environment, "VIES_VAT_NUMBERS": numbers})
    allowed = settings.model_copy(update={"allow_hosts": ("127.0.0.1",)})
    around = Surroundings(SOURCE, allowed, given, {})
    reader = SoapReader(SOURCE.connection, around, policy=QUICK)
    try:
        return [record for page in reader.read(CHECKS, {}) for record in page.records]
    finally:
        reader.close()


def french(stand_in: Vies) -> str:
    """A valid number of a member state that gives names."""
    return next(f"{state}{number}" for state, number in stand_in.numbers if state == "FR")


def test_a_valid_number_has_its_owner(settings: Settings, register: tuple[Vies, Running]) -> None:
    stand_in, running = register
    number = french(stand_in)
    (record,) = read(settings, running, number)
    owner = stand_in.numbers["FR", number[2:]]
    assert record["valid"] is True
    assert record["name"] == owner.legal_name.upper()
    assert record["requestDate"] == "2026-04-13+01:00"


def test_not_valid_is_an_answer_and_no_fault(
    settings: Settings, register: tuple[Vies, Running]
) -> None:
    (record,) = read(settings, register[1], "FR00999999999")
    assert record["valid"] is False
    assert "fault" not in record


@pytest.mark.parametrize(
    "number", ["201", "301", "302", "400", "600", "601"], ids=lambda number: FAULTS[number]
)
def test_a_fault_of_one_number_lets_the_others_pass(
    settings: Settings, register: tuple[Vies, Running], number: str
) -> None:
    stand_in, running = register
    found = read(settings, running, f"AT{number}, {french(stand_in)}")
    assert found[0] == {"countryCode": "AT", "vatNumber": number, "fault": FAULTS[number]}
    assert found[1]["valid"] is True


@pytest.mark.parametrize("number", ["300", "500", "501"], ids=lambda number: FAULTS[number])
def test_a_service_that_is_down_ends_the_run_for_now(
    settings: Settings, register: tuple[Vies, Running], number: str
) -> None:
    with pytest.raises(SourceUnavailable, match=FAULTS[number]):
        read(settings, register[1], f"AT{number}")


@pytest.mark.parametrize("number", ["202", "401"], ids=lambda number: FAULTS[number])
def test_being_refused_is_not_tried_again(
    settings: Settings, register: tuple[Vies, Running], number: str
) -> None:
    with pytest.raises(RequestRefused, match=FAULTS[number]):
        read(settings, register[1], f"AT{number}")
    asked = [entry for entry in register[1].asked("vies") if entry.asked.method == "POST"]
    assert len(asked) == 1


def test_a_busy_member_state_is_asked_again(
    settings: Settings, register: tuple[Vies, Running]
) -> None:
    stand_in, running = register
    stand_in.busy["FR"] = 2
    (record,) = read(settings, running, french(stand_in))
    assert record["valid"] is True


@pytest.mark.parametrize("kind", ["too_many", "server_error", "unavailable", "reset", "truncated"])
def test_faults_on_the_way_lose_no_number(
    settings: Settings, register: tuple[Vies, Running], kind: Any
) -> None:
    stand_in, running = register
    running.faults.add(Fault(kind, path="/vies/checkVatService", after=1, times=1))
    found = read(settings, running, f"{french(stand_in)}, FR00999999999, DE12")
    assert [record["valid"] for record in found] == [True, False, False]


def test_the_stand_in_describes_itself_as_the_register_does(
    shared: Path, tmp_path: Path, register: tuple[Vies, Running]
) -> None:
    ours = tmp_path / "checkVatService.wsdl"
    ours.write_text(WSDL.format(space=SPACE, types=TYPES, address="http://service.example"))
    theirs = shared / "specs" / "wsdl" / "eu-vies" / "checkVatService.wsdl"
    asked = {"countryCode": "AT", "vatNumber": "U12345678"}
    made = [
        etree.tostring(service(wsdl, "http://x.example").request("checkVat", asked).envelope)
        for wsdl in (ours, theirs)
    ]
    assert made[0] == made[1]
    shapes = [service(wsdl).places("checkVat", ())[1] for wsdl in (ours, theirs)]
    assert shapes[0] is not None
    assert shapes[1] is not None
    assert list(shapes[0].children) == list(shapes[1].children)
