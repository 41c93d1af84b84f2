"""Telling the encoding of a text file from its first bytes, or refusing to guess.

Belongs here: byte-order marks, the test for UTF-8, and when a guess is safe.
Does not belong here: decoding the file.

A byte-order mark decides, then strict UTF-8. The old 8-bit encodings cannot be
told apart by their bytes, so a guess counts only if every encoding that is
possible at all gives the same text; otherwise the file is refused and the
message shows what each candidate would make of it.
"""

from __future__ import annotations

import codecs

from pipelines.errors import DeclarationError, FileRefused

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY_SHARE = 0.3
_GUESS_FROM = 64 << 10
_MAX_CHAOS = 0.1
_UNMARKED = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}


def detect(sample: bytes, declared: str | None, label: str) -> tuple[str, int]:
    """The name of Python's codec, and how many bytes its byte-order mark takes.

    DeclarationError for a declared name that Python does not know; FileRefused
    where mark and declaration differ, the file is binary, or no guess is safe.
    """
    mark, marked = next(((m, name) for m, name in _MARKS if sample.startswith(m)), (b"", None))
    if declared is not None:
        name = _known(declared)
        if marked and not marked.startswith(name.removesuffix("-sig")):
            raise FileRefused(
                f"{label} begins with the byte-order mark of {marked}, but its stream declares the "
                f"encoding {declared}. Expected the two to agree: correct or drop the declaration."
            )
        return marked or _UNMARKED.get(name, name), len(mark)
    if marked:
        return marked, len(mark)
    if sixteen := _unmarked_utf16(sample, label):
        return sixteen, 0
    if _is_utf8(sample):
        return "utf-8", 0
    return _guess(sample, label), 0


def _known(declared: str) -> str:
    try:
        "".encode(declared)
        return codecs.lookup(declared).name
    except LookupError:
        raise DeclarationError(
            f"The declared encoding {declared!r} is not known. Expected a name such as utf-8, "
            "cp1252, latin-1, mac_roman or utf-16."
        ) from None


def _unmarked_utf16(sample: bytes, label: str) -> str | None:
    """Mostly ASCII in UTF-16 has a NUL in every other byte; other NULs are odd."""
    head = sample[: 4096 & ~1]
    if not head or head.count(0) < _BINARY_SHARE * len(head):
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 10 * even:
        return "utf-16-le"
    if even > 10 * odd:
        return "utf-16-be"
    raise FileRefused(
        f"{label} is no text: {head.count(0)} of its first {len(head)} bytes are NUL. Expected "
        "delimited text; check which format the file has."
    )


def _is_utf8(sample: bytes) -> bool:
    """Strictly UTF-8; or so full of valid sequences that the rest is damage.

    Text in an 8-bit encoding hardly ever forms a valid sequence by chance.
    """
    decoder = codecs.getincrementaldecoder("utf-8")
    try:
        decoder("strict").decode(sample)
        return True
    except UnicodeDecodeError:
        text = decoder("replace").decode(sample)
    damaged = text.count("\ufffd")
    valid = sum(character > "\x7f" for character in text) - damaged
    return valid > 10 * damaged


def _guess(sample: bytes, label: str) -> str:
    import charset_normalizer

    lines = sample[: sample.rfind(b"\n") + 1 or len(sample)].splitlines(keepends=True)
    telling = [line for line in lines if not line.isascii()]
    evidence = b"".join(telling)[:_GUESS_FROM] or sample
    matches = list(charset_normalizer.from_bytes(evidence))
    if matches and matches[0].chaos < _MAX_CHAOS and len({str(match) for match in matches}) == 1:
        return str(matches[0].encoding)
    names = list(dict.fromkeys(["cp1252", "mac_roman", *(match.encoding for match in matches[:4])]))
    shown = _around_the_first(telling[0]) if telling else b""
    read_as = "; ".join(f"{name} reads {shown.decode(name, 'replace')!r}" for name in names)
    raise FileRefused(
        f"{label} is not UTF-8 and has no byte-order mark, and its bytes fit several encodings: "
        f"{read_as}. Declare the right one as the format's encoding."
    )


def _around_the_first(line: bytes) -> bytes:
    """A piece of the line about its first byte that is no ASCII."""
    place = next(i for i, byte in enumerate(line) if byte > 0x7F)
    return line[max(0, place - 15) : place + 25].strip()
