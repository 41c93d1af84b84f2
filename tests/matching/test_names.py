"""Names: what one company is called must come out equal, and two companies unequal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.matching.names import read_name

SAME = [
    ("Face Book, Inc.", "facebook"),
    ("QUILABEX TECHNOLOGIES LTD", "Quilabex Technologies, Inc."),
    ("Vaskørn GmbH & Co. KG", "vaskorn"),
    ("Fosk’s Larder", "FOSK'S LARDER, LTD."),
    ("Zorr™ Labs", "zorr labs"),
    ("Яндекс ООО", "ООО Яндекс"),
    ("株式会社メルカリ", "メルカリ"),
    ("Foo Sp. z o.o.", "FOO"),
    ("Acme S.à r.l.", "acme"),
    ("Amazon.com, Inc.", "Amazon"),
    ("AB Volvo", "Volvo"),
    ("The Gap, Inc.", "Gap"),
    ("Teskelune (stealth)", "teskelune"),
    ("Procter & Gamble Co", "Procter and Gamble"),
    ("Mercado Libre S.A. de C.V.", "Mercado Libre"),
    ("Grab Holdings Pte. Ltd.", "Grab Holdings"),
    ("Wispandric 💸", "Wispandric"),
]
DIFFERENT = [
    ("Acme Holdings", "Acme"),
    ("Acme Capital", "Acme"),
    ("Quillfen Fund II", "Quillfen Fund III"),
    ("Teskabex", "Teskastiq"),
    ("Incorporated", "Limited"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_name_written_twice_has_one_key(one: str, other: str) -> None:
    assert read_name(one).key == read_name(other).key != ""


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_names_of_two_companies_keep_two_keys(one: str, other: str) -> None:
    assert read_name(one).key != read_name(other).key


@pytest.mark.parametrize(
    "text", ["#NAME?", "#N/A", "#REF!", "N/A", "none", "", None, "  ", "TBD", "-"]
)
def test_a_lost_name_matches_nothing(text: str | None) -> None:
    name = read_name(text)
    assert name.is_placeholder
    assert name.key == ""


@pytest.mark.parametrize("text", ["#waywire", "NA-KD", "Nullify", "None of the Above LLC"])
def test_an_odd_name_is_still_a_name(text: str) -> None:
    assert not read_name(text).is_placeholder


@pytest.mark.parametrize(
    ("text", "key", "others"),
    [
        ("Signal f/k/a BrightTag, Inc.", "signal", ("BrightTag, Inc",)),
        ("Signal (formerly BrightTag)", "signal", ("BrightTag",)),
        ("BrightTag (now Signal)", "brighttag", ("Signal",)),
        ("Doe Ventures LLC d/b/a Roe Coffee", "doeventures", ("Roe Coffee",)),
        ("Do It Now Labs", "doitnowlabs", ()),
    ],
)
def test_former_and_trading_names_are_names_of_their_own(
    text: str, key: str, others: tuple[str, ...]
) -> None:
    name = read_name(text)
    assert (name.key, name.others) == (key, others)


def test_a_vehicle_is_not_the_firm_that_it_is_a_series_of() -> None:
    vehicle = read_name("Quillfen Fund II, a series of Quillfen Ventures, LP")
    assert (vehicle.key, vehicle.series_of) == ("quillfenfundii", "quillfenventures")
    assert vehicle.numerals == ("2",)
    assert read_name("Quillfen Fund 2").numerals == ("2",)
    assert read_name("Quillfen Ventures, LP").series_of is None


def test_a_name_that_is_all_legal_form_is_kept() -> None:
    assert read_name("Inc.").key == "inc"


@given(st.text(max_size=60))
def test_any_text_has_a_key_of_small_letters_and_digits(text: str) -> None:
    name = read_name(text)
    assert (
        name.key == ""
        or (name.key.isascii() and name.key.isalnum() and name.key.islower())
        or name.key.isdigit()
    )
    assert name.is_placeholder == (name.key == "")


@given(st.sampled_from([one for one, _ in SAME]), st.sampled_from(["", "  ", ", ", "."]))
def test_trailing_punctuation_changes_nothing(name: str, tail: str) -> None:
    assert read_name(name + tail).key == read_name(name).key
