"""Identities that a register gave: comparable where they are valid, else none.

Belongs here: LEI, CIK, numbers of company registers. Does not belong here: ids that a
vendor gave, which are compared as they are.
"""

from __future__ import annotations

import re

_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}")
_NUMBER = re.compile(r"[^A-Z0-9]+")
_NO_NUMBER = frozenset({"", "NA", "NONE", "NULL", "NAN", "UNKNOWN"})


def lei(text: str | None) -> str | None:
    """A legal entity identifier whose check digits are right (ISO 17442: 1 modulo 97)."""
    code = (text or "").strip().upper()
    if not _LEI.fullmatch(code):
        return None
    return code if int("".join(str(int(c, 36)) for c in code)) % 97 == 1 else None


def cik(text: str | int | None) -> str | None:
    """A central index key as ten digits; zero is nobody's."""
    digits = str(text if text is not None else "").strip().upper().removeprefix("CIK").lstrip("0")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10:
        return None
    return digits.zfill(10)


def company_number(register: str | None, number: str | None) -> str | None:
    """A number in a company register, as register:number; None where either is missing.

    Registers are named by country (GB, DE). British numbers have eight characters, so
    that 123456 and 00123456 are the same; elsewhere zeros in front are kept.
    """
    place = (register or "").strip().upper()
    plain = _NUMBER.sub("", (number or "").upper())
    if not place or plain in _NO_NUMBER or not plain.strip("0"):
        return None
    if place == "GB" and plain.isdigit():
        plain = plain.zfill(8)
    return f"{place}:{plain}"
