"""EDGAR's envelope: a header in SGML, then documents, some of them XML.

Belongs here: reading the header and finding the XML inside. Does not belong
here: the XML. A file that is plain XML passes as it is, with an empty header.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from pipelines.errors import FileRefused

_BEGINS = re.compile(
    rb"\s*(<SUBMISSION>|<SEC-DOCUMENT>|<SEC-HEADER>|<IMS-DOCUMENT>|<IMS-HEADER>|<DOCUMENT>"
    rb"|<ACCEPTANCE-DATETIME>|-----BEGIN PRIVACY)"
)
_TAG = re.compile(r"<(/?)([A-Z0-9-]+)>(.*)")
_FIELD = re.compile(r"(\t*)([^:<\t][^:<]*):[\t ]*(.*)")
_LARGEST = 64 << 20

Header = list[tuple[tuple[str, ...], str]]
"""(path of names, value) in the order of the header."""


@dataclass(frozen=True)
class Enclosed:
    """One XML document; `first_line` and `place` say where it stood."""

    xml: BinaryIO
    header: Header = field(default_factory=list)
    first_line: int = 1
    place: str = ""


class _Headed:
    """A stream whose first bytes were already taken."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        head, self._head = self._head, b""
        return head or self._stream.read(size)

    def lines(self) -> Iterator[bytes]:
        """Lines with their ends; what follows the last end is a line, too."""
        rest = b""
        while data := self.read(1 << 20):
            *whole, rest = (rest + data).split(b"\n")
            yield from (line + b"\n" for line in whole)
        if rest:
            yield rest


def unwrap(stream: BinaryIO, file: str) -> Iterator[Enclosed]:
    """The XML documents of a file, enveloped or plain."""
    head = stream.read(1 << 12)
    headed = _Headed(head, stream)
    if _BEGINS.match(head):
        yield from _documents(headed.lines(), file)
    else:
        yield Enclosed(cast("BinaryIO", headed))


def _documents(lines: Iterable[bytes], file: str) -> Iterator[Enclosed]:
    """Each `<XML>` inside a `<TEXT>`; other documents are no XML and are passed over."""
    head: list[str] = []
    header: Header | None = None
    about: Header = []
    document = 0
    inside: list[bytes] | None = None
    first_line = size = 0
    for number, line in enumerate(lines, 1):
        mark = line.strip()
        if inside is not None:
            if mark == b"</XML>":
                place = f"DOCUMENT[{document}]"
                yield Enclosed(
                    io.BytesIO(b"".join(inside)), [*(header or []), *about], first_line, place
                )
                inside = None
                continue
            size += len(line)
            if size > _LARGEST:
                raise FileRefused(f"{file} encloses XML of more than {_LARGEST >> 20} MB.")
            inside.append(line)
        elif mark == b"<DOCUMENT>":
            header = read_header(head) if header is None else header
            document, about = document + 1, []
        elif mark == b"<XML>":
            inside, first_line, size = [], number + 1, 0
        elif header is None:
            head.append(_text(line))
        elif (found := _TAG.fullmatch(_text(mark))) and found[3] and not found[1]:
            about.append((("DOCUMENT", found[2]), found[3]))
    if inside is not None:
        raise FileRefused(f"{file} breaks off inside the XML of document {document}.")


def read_header(lines: list[str]) -> Header:
    """Both spellings: `<CIK>0001` with closed groups, and `CIK:  0001` with indents."""
    closed = {found[2] for line in lines if (found := _TAG.match(line.strip())) and found[1]}
    entries: Header = []
    groups: list[str] = []
    for line in lines:
        text = line.rstrip()
        if tag := _TAG.match(text.strip()):
            ends, name, value = tag.groups()
            if ends and name in groups:
                del groups[groups.index(name) :]
            elif not ends and name in closed:
                groups.append(name)
            elif not ends:
                entries.append(((*groups, name), value.strip()))
        elif pair := _FIELD.fullmatch(text):
            indent, name, value = len(pair[1]), _name(pair[2]), pair[3].strip()
            above = [group for group in groups if group in closed]
            below = groups[len(above) :][:indent]
            groups = [*above, *below]
            if value:
                entries.append(((*groups, name), value))
            else:
                groups.append(name)
    return entries


def header_values(header: Header, path: str) -> list[str]:
    """The values whose path ends in `path` (`CIK`, `FILER/COMPANY-DATA/CIK`).

    Of several such paths the shortest counts, so `TYPE` is the submission's.
    """
    wanted = tuple(path.split("/"))
    found = [(names, value) for names, value in header if names[-len(wanted) :] == wanted]
    shortest = min((len(names) for names, _ in found), default=0)
    return [value for names, value in found if len(names) == shortest]


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def _name(label: str) -> str:
    return "-".join(label.upper().split())
