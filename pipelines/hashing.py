"""The hash that says whether bytes are the ones that were read or written: BLAKE3.

Belongs here: which hash the content of source files and of landing packages is known
by. Does not belong here: hashes of declarations and names, which nobody waits for.

It is a cryptographic hash as SHA-256 is, at a quarter of its time, and every byte that
is loaded is hashed twice: as it came and as it lies in the package.
"""

from __future__ import annotations

from typing import BinaryIO

from blake3 import blake3

__all__ = ["blake3", "digest"]
_BLOCK = 1 << 20


def digest(stream: BinaryIO) -> str:
    """64 hexadecimal digits over what is left of a stream."""
    found = blake3()
    while block := stream.read(_BLOCK):
        found.update(block)
    return found.hexdigest()
