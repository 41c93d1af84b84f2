"""Bytes of an answer become values: JSON, JSON lines, CSV, XML, packed or not.

Belongs here: one decoder for each Decoder component of the vocabulary, and the
limits on what packed bytes may grow to. Does not belong here: finding the
records inside the values (extraction), or the answer's status and headers.

Nothing is skipped in silence: a line or a body that cannot be decoded ends the
read with a SourceError, for otherwise rows would be missing and nobody told.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import orjson

from pipelines.errors import DeclarationError, FileRefused, SourceError

Decode = Callable[[bytes], Iterator[Any]]
"""All values in one body: each object of a JSON list, each line, each row."""

MAX_UNPACKED = 1 << 30
MAX_MEMBERS = 10_000
_SHOWN = 200
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20
_LONG = b"0" * 17
"""Sixteen digits with a point: what a float may not hold as it is written."""
_DIGITS = bytes(ord("0") if chr(byte) in "0123456789." else ord(" ") for byte in range(256))
_INEXACT = re.compile(rb"[\[:,\s]-?(?:\d{19,}|(?=\d*\.)[\d.]{17,}|(?=\d+[eE])\d{17,})")


def compile_decoder(component: Mapping[str, Any] | None) -> Decode:
    """The decoder that a component declares; JSON where none is declared."""
    if component is None:
        return _json
    kind = component["type"]
    maker = _MAKERS.get(kind)
    if maker is None:
        raise DeclarationError(
            f"{kind} is no decoder that is read here. Known: {', '.join(sorted(_MAKERS))}."
        )
    return maker(component)


def _json(body: bytes) -> Iterator[Any]:
    value = load_json(body)
    return iter(value) if isinstance(value, list) else iter((value,))


def load_json(body: bytes) -> Any:
    """The value of one JSON document; an empty body is an empty object.

    A number that a float can't hold as it is written is a Decimal.
    """
    if not body.strip():
        return {}
    try:
        if _LONG in body.translate(_DIGITS) and _INEXACT.search(body):
            return json.loads(body, parse_float=_exact)
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _load_lenient(body, error)
    except (ValueError, RecursionError) as error:
        raise _no_json(body, error) from None


def _exact(literal: str) -> float | Decimal:
    return float(literal) if len(literal) < len(_LONG) else Decimal(literal)


def _load_lenient(body: bytes, first: orjson.JSONDecodeError) -> Any:
    """NaN, Infinity and byte order marks, which are no JSON but which vendors send."""
    try:
        return json.loads(body, parse_float=_exact)
    except (ValueError, RecursionError):
        raise _no_json(body, first) from None


def _no_json(body: bytes, error: Exception) -> SourceError:
    return SourceError(
        f"The answer is not JSON ({error}). It begins with {shown(body)}. A page of HTML here "
        "often means a login or a wrong address; other formats need their own decoder."
    )


def shown(body: bytes) -> str:
    """The beginning of a body, for messages."""
    return repr(body[:_SHOWN].decode("utf-8", "replace"))


def _json_lines(body: bytes) -> Iterator[Any]:
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield load_json(line)
        except SourceError:
            raise SourceError(
                f"Line {number} of the answer is not JSON: {shown(line)}. Expected one JSON value "
                "a line; the answer may be cut short, so nothing of it was taken."
            ) from None


def _make_items(component: Mapping[str, Any]) -> Decode:
    steps = [*str(component["items_path"]).split("."), "item"]
    encoding = str(component.get("encoding") or "utf-8")

    def items(body: bytes) -> Iterator[Any]:
        recoded = body if encoding.lower() == "utf-8" else body.decode(encoding).encode()
        yield from _at(load_json(recoded), steps)

    return items


def _at(value: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        yield value
    elif steps[0] == "item" and isinstance(value, list):
        for item in value:
            yield from _at(item, steps[1:])
    elif isinstance(value, dict) and steps[0] in value:
        yield from _at(value[steps[0]], steps[1:])


def _make_csv(component: Mapping[str, Any]) -> Decode:
    encoding = str(component.get("encoding") or "utf-8")
    delimiter = str(component.get("delimiter") or ",")
    if delimiter.startswith("\\"):
        delimiter = delimiter.encode().decode("unicode_escape")
    nulls = frozenset(component.get("set_values_to_none") or ())

    def rows(body: bytes) -> Iterator[Any]:
        try:
            text = io.TextIOWrapper(io.BytesIO(body), encoding=encoding, newline="")
            for row in csv.DictReader(text, delimiter=delimiter, restkey="_extra"):
                if nulls:
                    yield {
                        name: None if isinstance(value, str) and value in nulls else value
                        for name, value in row.items()
                    }
                else:
                    yield row
        except (csv.Error, UnicodeDecodeError) as error:
            raise SourceError(
                f"The answer is not CSV in {encoding} with {delimiter!r} between fields: {error}. "
                f"It begins with {shown(body)}."
            ) from None

    return rows


def _xml(body: bytes) -> Iterator[Any]:
    from pipelines.extract.declarative.runtime.xml_values import document

    if not body.strip():
        yield {}
        return
    try:
        yield document(body)
    except FileRefused as error:
        raise SourceError(f"{error} It begins with {shown(body)}.") from None


def _lines(body: bytes) -> Iterator[Any]:
    for line in body.splitlines():
        yield {"record": line.decode("utf-8", "replace")}


def _make_gzip(component: Mapping[str, Any]) -> Decode:
    inner = compile_decoder(component["decoder"])

    def unpacked(body: bytes) -> Iterator[Any]:
        yield from inner(_gunzip(body) if body.startswith(_GZIP) else body)

    return unpacked


def _gunzip(body: bytes) -> bytes:
    """All members of a gzip body; SourceError when damaged, cut short or too large."""
    parts: list[bytes] = []
    size, rest = 0, body
    try:
        while rest:
            member = zlib.decompressobj(wbits=31)
            while not member.eof:
                block = member.decompress(rest, _BLOCK)
                rest = member.unconsumed_tail or member.unused_data
                size += len(block)
                _check_size(size)
                parts.append(block)
                if not block and not rest and not member.eof:
                    raise SourceError("The gzip answer is cut short. It will be fetched again.")
            rest = member.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise SourceError(f"The gzip answer is damaged: {error}.") from None
    return b"".join(parts)


def _check_size(size: int) -> None:
    if size > MAX_UNPACKED:
        raise SourceError(
            f"The answer unpacks to more than {MAX_UNPACKED} bytes, which is the limit. Ask the "
            "source for smaller pages or a shorter step."
        )


def _make_zip(component: Mapping[str, Any]) -> Decode:
    inner = compile_decoder(component["decoder"])

    def members(body: bytes) -> Iterator[Any]:
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                infos = [info for info in archive.infolist() if not info.is_dir()]
                if len(infos) > MAX_MEMBERS:
                    raise SourceError(
                        f"The zip answer holds {len(infos)} files; at most {MAX_MEMBERS} are read."
                    )
                _check_size(sum(info.file_size for info in infos))
                for info in infos:
                    yield from inner(archive.read(info))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as error:
            raise SourceError(
                f"The answer is no zip archive that can be read: {error}. It begins with "
                f"{shown(body)}."
            ) from None

    return members


_NOTHING = frozenset(
    ("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
     "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null")
)  # fmt: skip
"""What stands for nothing in a downloaded table, unless the manifest wants it kept."""


def _make_table(component: Mapping[str, Any]) -> Decode:
    """A CSV table, packed or not, as jobs make it ready; every value is text or null."""
    nothing = frozenset(("",)) if component.get("preserve_na_values") else _NOTHING

    def rows(body: bytes) -> Iterator[Any]:
        body = _unpacked(body).replace(b"\0", b"")
        table = csv.reader(io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline=""))
        try:
            names = _distinct(next(table, []))
            for row in table:
                if len(row) > len(names):
                    raise SourceError(
                        f"Line {table.line_num} of the downloaded table has {len(row)} fields, "
                        f"and its head {len(names)}. Nothing of it was taken."
                    )
                if row:
                    padded = itertools.zip_longest(names, row, fillvalue="")
                    yield {name: None if v in nothing else v for name, v in padded}
        except (csv.Error, UnicodeDecodeError) as error:
            raise SourceError(
                f"The download is no CSV table in UTF-8: {error}. It begins with {shown(body)}."
            ) from None

    return rows


def _unpacked(body: bytes) -> bytes:
    return _gunzip(body) if body.startswith(_GZIP) else body


def _distinct(names: list[str]) -> list[str]:
    """The names of a head; one that is there again gets a number, so that none is lost."""
    times: dict[str, int] = {}
    made = []
    for name in names:
        count = times.get(name, 0)
        times[name] = count + 1
        made.append(f"{name}.{count}" if count else name)
    return made


_MAKERS: dict[str, Callable[[Mapping[str, Any]], Decode]] = {
    "JsonDecoder": lambda _: _json,
    "JsonlDecoder": lambda _: _json_lines,
    "JsonItemsDecoder": _make_items,
    "CsvDecoder": _make_csv,
    "XmlDecoder": lambda _: _xml,
    "IterableDecoder": lambda _: _lines,
    "GzipDecoder": _make_gzip,
    "ZipfileDecoder": _make_zip,
    "ResponseToFileExtractor": _make_table,
}
