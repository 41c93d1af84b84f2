"""Words as companies write them, made comparable.

Belongs here: folding case, accents and signs away. Does not belong here: what any
word means.
"""

from __future__ import annotations

import re
import unicodedata

_FOOTNOTE = re.compile(r"(?:\s*(?:\*+|[¹²³⁴⁵⁶⁷⁸⁹]+|\(\d\)|\[\d\]))+\s*$")
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile("[’`´ʼ]")


def fold(text: str) -> str:
    """Lower case, without accents, one kind of apostrophe, single spaces."""
    text = _APOSTROPHE.sub("'", text).replace("ß", "ss")
    for letter, spelled in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        text = text.replace(letter, spelled).replace(letter.upper(), spelled)
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in apart if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def words(text: str) -> tuple[str, ...]:
    """The words of a text, folded; signs between them are left out, footnotes too."""
    return tuple(_WORD.findall(fold(_FOOTNOTE.sub("", text)).replace("'", "")))
