"""Undoing Content-Encoding, whole and within a cap.

Belongs here: gzip and deflate, the two that we ask for. Does not belong here:
archives that are the content itself.
"""

from __future__ import annotations

import zlib

from resources.http.failures import AnswerTooLarge, RequestFailed

_GZIP, _ZLIB, _BARE = 31, 15, -15
"""What zlib calls the three wrappings."""


def inflate(data: bytes, encoding: str, cap: int) -> bytes:
    """The body without its encodings, at most `cap` bytes.

    Raises RequestFailed if it is damaged or ends early, AnswerTooLarge.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name in ("gzip", "x-gzip"):
            data = _members(data, cap)
        elif name == "deflate":
            data = _deflated(data, cap)
        elif name not in ("", "identity"):
            raise RequestFailed(
                f"the answer is encoded as {name}, where gzip or deflate was asked for", "encoding"
            )
    return data


def too_large(found: str, cap: int) -> AnswerTooLarge:
    """The error for an answer over the cap."""
    return AnswerTooLarge(
        f"The answer is too large: {found}, and at most {cap:,} are taken. Ask for smaller pages, "
        "or raise max_body_bytes in the source's policy."
    )


def _members(data: bytes, cap: int) -> bytes:
    """Every member of a gzip body; zero bytes may pad its end."""
    whole: list[bytes] = []
    size = 0
    while True:
        piece, data = _one(data, _GZIP, cap - size)
        whole.append(piece)
        size += len(piece)
        data = data.lstrip(b"\0")
        if not data:
            return whole[0] if len(whole) == 1 else b"".join(whole)


def _deflated(data: bytes, cap: int) -> bytes:
    """Servers mean either wrapping by this name; the first byte tells which."""
    wrapped = len(data) > 1 and data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0
    return _one(data, _ZLIB if wrapped else _BARE, cap)[0]


def _one(data: bytes, wrapping: int, cap: int) -> tuple[bytes, bytes]:
    stream = zlib.decompressobj(wrapping)
    try:
        found = stream.decompress(data, cap + 1)
    except zlib.error:
        raise RequestFailed("the compressed answer is damaged", "encoding") from None
    if len(found) > cap:
        raise too_large(f"it grows over {cap:,} bytes when decompressed", cap)
    if not stream.eof:
        raise RequestFailed("the compressed answer ends early", "incomplete")
    return found, stream.unused_data
