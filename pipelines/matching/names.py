"""Names of organizations, made comparable.

    read_name("Quillfen Fund II, a series of Quillfen Ventures, LP")
    → key "quillfenfundii", numerals ("2",), series_of "quillfenventures"

Belongs here: letters, punctuation, legal forms, former names, vehicles, placeholders.
Does not belong here: how alike two names are (`model`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii

from pipelines.matching.words import Words, legal_forms, listed

_SERIES = re.compile(r"^(?P<own>.+?)[,;\s]+an?\s+(?:\w+\s+)?series\s+of\s+(?P<of>.+)$", re.I)
_SERIES_FIRST = re.compile(r"^(?P<own>series\s+\S+(?:\s+\S+)?)\s+of\s+(?P<of>.+)$", re.I)
_ALSO = re.compile(
    r"(?:[,;(\[]\s*now(?:\s+known\s+as)?|[,;(\[\s]+(?:formerly(?:\s+known\s+as)?|previously(?:\s+known\s+as)?|f\s*/\s*k\s*/\s*a|fka|"
    r"a\s*/\s*k\s*/\s*a|aka|d\s*/\s*b\s*/\s*a|dba|doing\s+business\s+as|trading\s+as|t\s*/\s*a))"
    r"(?:[.:]\s*|\s+)(?P<other>[^)\]]+)[)\]]?",
    re.I,
)
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_BATCH = re.compile(r"^yc\b|^y combinator\b|^(?:yc )?[wsfx]\d{2}$")
_MARKS = re.compile("[™®©℠]")
_INITIALS = re.compile(r"\b((?:[a-z]\.){2,}|[a-z](?:\.[a-z])+)(?=[^a-z]|$)")
_SITE = re.compile(r"\b([a-z0-9-]{2,})\.(?:com|net|org|io|ai|co|app|dev|xyz)\b")
_APOSTROPHES = re.compile(r"['`´’‘]")
_OTHER = re.compile(r"[^a-z0-9]+")
_ROMAN = {
    roman: str(number)
    for number, roman in enumerate(
        [
            "i",
            "ii",
            "iii",
            "iv",
            "v",
            "vi",
            "vii",
            "viii",
            "ix",
            "x",
            "xi",
            "xii",
            "xiii",
            "xiv",
            "xv",
            "xvi",
            "xvii",
            "xviii",
            "xix",
            "xx",
        ],
        1,
    )
}


@dataclass(frozen=True)
class Name:
    """One name in comparable form.

    `key` are its words without legal form, run together: "Face Book, Inc." and
    "facebook" have the same. `short` leaves descriptors such as "technologies" at the
    end out as well. `numerals` tell the members of a numbered family apart ("II" and
    "2" are the same). `series_of` is the key of what a vehicle is a series of. A
    placeholder has an empty key. `others` are former and trading names found inside.
    """

    key: str
    words: Words
    short: str
    numerals: Words
    series_of: str | None
    is_placeholder: bool
    others: Words


@lru_cache(maxsize=50_000)
def read_name(text: str | None) -> Name:
    """The name in comparable form; None and blanks are placeholders."""
    whole = unicodedata.normalize("NFKC", _MARKS.sub(" ", text or "")).strip()
    others = tuple(found["other"].strip(" ,.;") for found in _ALSO.finditer(whole))
    main = _ALSO.sub("", whole).strip() or whole
    vehicle = _SERIES.match(main) or _SERIES_FIRST.match(main)
    own = vehicle["own"] if vehicle else main
    words = _without_forms(_words(own))
    if not words or _is_placeholder(main, words):
        return Name("", (), "", (), None, True, others)
    return Name(
        key="".join(words),
        words=words,
        short="".join(_without_descriptors(words)),
        numerals=numerals(words),
        series_of=read_name(vehicle["of"]).key if vehicle else None,
        is_placeholder=False,
        others=others,
    )


def _words(text: str) -> Words:
    for form in legal_forms().written:
        text = text.replace(form, " ")
    if not text.isascii():
        # Pictures would be spelled out ("money with wings").
        text = "".join(" " if unicodedata.category(c) == "So" else c for c in text)
    latin = anyascii(_BRACKETS.sub(_kept, text)).lower()
    latin = _INITIALS.sub(lambda found: found[0].replace(".", ""), latin)
    latin = _SITE.sub(r"\1", _APOSTROPHES.sub("", latin)).replace("&", " and ")
    words = tuple(_OTHER.sub(" ", latin).split())
    return words[1:] if len(words) > 1 and words[0] == "the" else words


def _kept(found: re.Match[str]) -> str:
    """What a pair of brackets leaves: nothing of a remark, else what is inside."""
    inside = found[1] if found[1] is not None else found[2]
    plain = _OTHER.sub(" ", anyascii(inside).lower()).strip()
    remark = plain in listed("words.yaml", "notes") or _BATCH.match(plain)
    return " " if remark else f" {inside} "


def _without_forms(words: Words) -> Words:
    forms = legal_forms()
    changed = True
    while changed:
        changed = False
        for length in range(min(forms.longest, len(words) - 1), 0, -1):
            if words[-length:] in forms.last:
                words, changed = words[:-length], True
            elif words[:length] in forms.first:
                words, changed = words[length:], True
            if changed:
                break
    return words[:-1] if len(words) > 1 and words[-1] == "and" else words


def _without_descriptors(words: Words) -> Words:
    descriptors = listed("words.yaml", "descriptors")
    while len(words) > 1 and words[-1] in descriptors:
        words = words[:-1]
    return words


def numerals(words: Words) -> Words:
    """Numbers among the words, Roman ones (never the first word) as Arabic, in order."""
    found = []
    for place, word in enumerate(words):
        if word.isdigit():
            found.append(word.lstrip("0") or "0")
        elif place and word in _ROMAN:
            found.append(_ROMAN[word])
    return tuple(found)


def _is_placeholder(main: str, words: Words) -> bool:
    if main.startswith("#") and main.rstrip("?!").isupper():
        return main.endswith(("?", "!")) or "/" in main
    return " ".join(words) in listed("words.yaml", "placeholders")
