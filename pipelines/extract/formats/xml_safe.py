"""The one place that makes an XML parser, so that every parser is a safe one.

Belongs here: the parser's settings, what is refused, and the walk over records.
Does not belong here: what becomes of a record.

No entity is resolved, nothing is fetched, no DTD is read, and libxml2's limits
on depth and size stay on. A document that declares entities is refused: without
them its text would silently lack something.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO, cast

from lxml import etree

from pipelines.errors import DeclarationError, FileRefused

_BLANK = b" \t\r\n"
_LAST_SURE_LINE = 65_534


class _Trimmed:
    """The stream without blank lines before the document, which the grammar forbids."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._begun = False
        self.lines = 0

    def read(self, size: int = -1) -> bytes:
        while not self._begun and (data := self._stream.read(size)):
            rest = data.lstrip(_BLANK)
            self.lines += data[: len(data) - len(rest)].count(b"\n")
            if rest:
                self._begun = True
                return rest
        return self._stream.read(size)


class Records:
    """The record elements of one document, streamed; `root` once all are read.

    Elements matched earlier are emptied, so memory holds one record and what
    stands around the records; with `keep` nothing is emptied.
    """

    def __init__(
        self, stream: BinaryIO, file: str, steps: Sequence[str], *, keep: bool = False
    ) -> None:
        self._source = _Trimmed(stream)
        self._file = file
        self._steps = steps
        self._keep = keep
        self._places: dict[int, tuple[etree._Element, int]] = {}
        self.root: etree._Element | None = None

    def __iter__(self) -> Iterator[tuple[etree._Element, int | None, str]]:
        """(element, line, path) of each record; FileRefused on what is no XML."""
        name = self._steps[-1]
        events = etree.iterparse(
            cast("BinaryIO", self._source),
            events=("end",),
            tag="*" if name == "*" else f"{{*}}{name}",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        before: etree._Element | None = None
        try:
            for _, element in events:
                if before is None:
                    self._refuse_entities(element)
                if not self._matches(element):
                    continue
                yield element, self._line(element), self._path(element)
                if not self._keep:
                    before = self._empty(element, before)
        except etree.XMLSyntaxError as error:
            raise FileRefused(f"{self._file} is not well-formed XML: {error.msg}.") from None
        self.root = events.root
        self._refuse_entities(events.root)

    def _empty(self, element: etree._Element, before: etree._Element | None) -> etree._Element:
        """Empty the record at hand and drop the one before; that one is safe to drop."""
        element.clear(keep_tail=True)  # type: ignore[call-arg]
        parent = None if before is None else before.getparent()
        if before is not None and parent is not None:
            parent.remove(before)
        return element

    def _line(self, element: etree._Element) -> int | None:
        line = cast("int | None", element.sourceline)
        return line + self._source.lines if line and line <= _LAST_SURE_LINE else None

    def _refuse_entities(self, element: etree._Element) -> None:
        dtd = element.getroottree().docinfo.internalDTD
        if dtd is not None and next(dtd.iterentities(), None):  # type: ignore[attr-defined]
            raise FileRefused(
                f"{self._file} declares XML entities, which are not read: they can stand for "
                "files of this machine or for any amount of text. Have them expanded first."
            )

    def _matches(self, element: etree._Element) -> bool:
        steps = self._steps
        names = [local(element), *(local(above) for above in element.iterancestors())][::-1]
        anywhere = steps[0] == ""
        steps = steps[1:] if anywhere else steps
        if len(names) < len(steps) or (not anywhere and len(names) != len(steps)):
            return False
        tail = names[-len(steps) :]
        return all(step in ("*", name) for step, name in zip(steps, tail, strict=True))

    def _path(self, element: etree._Element) -> str:
        """`/root/items[1]/item[3]`, counted though earlier items may be gone."""
        line = [element, *element.iterancestors()][::-1]
        parts = [f"/{local(line[0])}"]
        for depth, at in enumerate(line[1:]):
            known, number = self._places.get(depth, (None, 0))
            if at is not known:
                number = self._number(at, known, number)
                self._places[depth] = (at, number)
            parts.append(f"/{local(at)}[{number}]")
        return "".join(parts)

    def _number(self, at: etree._Element, known: etree._Element | None, number: int) -> int:
        """Which of its name `at` is below its parent, counted on from `known`."""
        name = local(at)
        passed = 1
        for sibling in at.itersiblings(preceding=True):
            if sibling is known and local(sibling) == name:
                return number + passed
            passed += local(sibling) == name
        return passed


def local(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return str(etree.QName(element).localname)


def record_steps(path: str) -> tuple[str, ...]:
    """The steps of a record path: `/a/b`, `a/*/b` or `//b` (then a first step "")."""
    anywhere = path.startswith("//")
    steps = path.removeprefix("//" if anywhere else "/").split("/")
    if not all(
        step == "*" or step.replace("-", "_").replace(".", "_").isidentifier() for step in steps
    ):
        raise DeclarationError(
            f"{path!r} is no path to records in XML. Expected names or * between slashes, such as "
            "/feed/entry, or //entry for every entry wherever it stands."
        )
    return ("", *steps) if anywhere else tuple(steps)
