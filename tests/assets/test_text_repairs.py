"""Spoilt texts come back as they were meant, and sound ones are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.staging.crunchbase__text_repairs import (
    ENCODED_TWICE,
    LETTER_LOST,
    repair_text,
)


@pytest.mark.parametrize(
    ("spoilt", "meant"),
    [
        ("NestlÃ© Health Science", "Nestlé Health Science"),
        ("Readerâ€™s Digest", "Reader’s Digest"),
        ("InsideAxisâ„¢", "InsideAxis™"),
        ("agÃ¡mi Systems", "agámi Systems"),
        ("Oâ€™Brienâ€™s", "O’Brien’s"),
        ("ðŸ’¸", "💸"),
    ],
)
def test_two_wrong_encodings_are_undone(spoilt: str, meant: str) -> None:
    assert repair_text(spoilt) == (meant, ENCODED_TWICE)


@pytest.mark.parametrize(
    ("spoilt", "left"),
    [("BerkÃ_na Wireless", "Berk_na Wireless"), ("DalÂ_las", "Dal_las"), ("â€_so", "_so")],
)
def test_a_lost_letter_is_told_and_not_guessed(spoilt: str, left: str) -> None:
    assert repair_text(spoilt) == (left, LETTER_LOST)


@pytest.mark.parametrize(
    "sound",
    ["Furnésh", "IntelliCell™", "Jack and Jake’s", "SÃO PAULO", "_Shwrüm", "Café", "", "#NAME?"],
)
def test_sound_texts_are_left_alone(sound: str) -> None:
    assert repair_text(sound) == (sound, None)


_IN_1252 = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], min_codepoint=32)


def _spoil(text: str) -> str | None:
    try:
        return text.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return None


@given(st.text(_IN_1252, max_size=30))
def test_whatever_was_spoilt_comes_back(text: str) -> None:
    spoilt = _spoil(text)
    if spoilt is None or repair_text(text)[1] is not None:
        return  # cannot have been spoilt like this, or looks spoilt from the start
    repaired, repair = repair_text(spoilt)
    if repair == LETTER_LOST:
        return  # the text itself had Ã_ in it
    assert repaired == text
    assert (repair is None) == (spoilt == text)


@given(st.text(max_size=40))
def test_no_mojibake_survives(text: str) -> None:
    spoilt = _spoil(text)
    once = repair_text(spoilt)[0] if spoilt is not None else text
    assert "Ã_" not in once
    assert "â€_" not in once


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_plain_text_is_never_touched(text: str) -> None:
    assert repair_text(text) == (text, None)
