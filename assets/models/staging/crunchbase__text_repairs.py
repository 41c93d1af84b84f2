"""Spoilt texts of the Crunchbase export, each beside what it was before.

The export's UTF-8 was once read as Windows-1252 and then saved as Mac Roman, so
that an é became Ã©. That is undone exactly. Where Mac Roman lacked a character
(the ¤ of Ã¤, say) the export holds "_" in its place, and which letter it was is
lost: the text keeps a "_" for it, and the repair says so.

SQL can't turn characters back into bytes of another encoding, hence Python.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyarrow as pa

from pipelines.spec import Check, Column, Model

MODEL = Model(
    table="",
    description=(
        "One row a different text of the export that is not plain ASCII and that was spoilt by "
        "two wrong encodings, with the text as it was meant. The staging models look their names "
        "and places up here, so each repair is a row that can be read."
    ),
    owner="data@headwater.example",
    key=("text_raw",),
    columns={
        "text_raw": Column(description="The text as the export has it."),
        "text": Column(description="The text as it was meant, as far as it can be known."),
        "repair": Column(description="What was done, in a sentence."),
    },
    inputs=("raw.crunchbase__companies", "raw.crunchbase__rounds", "raw.crunchbase__acquisitions"),
    checks=(
        Check(
            expectation="expect_column_values_to_not_match_regex",
            arguments={"column": "text", "regex": "[ÃÂ][\u0080-¿_]|â€"},
            description="No text is left in two wrong encodings.",
        ),
    ),
)

ENCODED_TWICE = "encoded twice: read as Windows-1252, it was UTF-8"
LETTER_LOST = "encoded twice and a letter lost: _ stands for it"

_COLUMNS = {
    "raw.crunchbase__companies": ("name", "region", "city"),
    "raw.crunchbase__rounds": ("company_name", "company_region", "company_city"),
    "raw.crunchbase__acquisitions": (
        "company_name",
        "company_region",
        "company_city",
        "acquirer_name",
        "acquirer_region",
        "acquirer_city",
    ),
}


def _byte_of() -> dict[str, int]:
    """Character → the Windows-1252 byte it stands for, 0x80 and above."""
    table = {}
    for byte in range(0x80, 0x100):
        try:
            table[bytes([byte]).decode("cp1252")] = byte
        except UnicodeDecodeError:
            table[chr(byte)] = byte  # the five bytes that Windows leaves undefined
    return table


_BYTE_OF = _byte_of()


def _class(low: int, high: int) -> str:
    return "[" + re.escape("".join(c for c, b in _BYTE_OF.items() if low <= b <= high)) + "]"


_NEXT = _class(0x80, 0xBF)
_SPOILT = re.compile(
    f"{_class(0xC2, 0xDF)}{_NEXT}|{_class(0xE0, 0xEF)}{_NEXT}{{2}}|{_class(0xF0, 0xF4)}{_NEXT}{{3}}"
)
_LOST = re.compile("[ÃÂ]_|â€_")


def _meant(found: re.Match[str]) -> str:
    try:
        return bytes(_BYTE_OF[character] for character in found[0]).decode("utf-8")
    except UnicodeDecodeError:
        return found[0]


def repair_text(text: str) -> tuple[str, str | None]:
    """The text as it was meant, and what was done (None when it was in order)."""
    meant = _SPOILT.sub(_meant, text)
    known = _LOST.sub("_", meant)
    if known != meant:
        return known, LETTER_LOST
    return known, None if known == text else ENCODED_TWICE


def build(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """One row a spoilt text, ordered by the text."""
    texts: set[str] = set()
    for table, columns in _COLUMNS.items():
        for column in columns:
            texts.update(text for text in inputs[table][column].unique().to_pylist() if text)
    rows = []
    for text in sorted(t for t in texts if not t.isascii()):
        meant, repair = repair_text(text)
        if repair is not None:
            rows.append({"text_raw": text, "text": meant, "repair": repair})
    kinds = [(name, pa.string()) for name in ("text_raw", "text", "repair")]
    return pa.Table.from_pylist(rows, schema=pa.schema(kinds))
