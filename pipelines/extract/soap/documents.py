"""Where WSDLs and the schemas that they import are fetched from.

Belongs here: zeep's way to documents, through our HTTP client or from files beside
the WSDL, and the two schemas that are known without asking. Does not belong here:
requests of operations; zeep makes none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from lxml import etree
from zeep.loader import absolute_location

from pipelines.errors import DeclarationError
from pipelines.extract.soap.decoding import AnswerRefused
from pipelines.extract.soap.envelopes import parse
from pipelines.extract.soap.known_schemas import KNOWN
from resources.http import HttpClient, Request

_IMPORT = "{http://www.w3.org/2001/XMLSchema}import"
_MOST_DOCUMENTS = 500
_MOST_BYTES = 32 * 2**20


class Documents:
    """Loads documents for zeep, which asks for `load` alone.

    A WSDL from the network may import from the network only; one from a file also
    files in its folder and below. An import that names another namespace than that of
    the schema it points to is taken to mean the schema's own, as most tools do.
    """

    def __init__(self, wsdl: str, client: HttpClient) -> None:
        self._client = client
        self._known = dict(KNOWN)
        self._folder: Path | None = None
        if not _remote(wsdl):
            path = _path(wsdl)
            if not path.is_absolute():
                raise DeclarationError(
                    f"The WSDL {wsdl} is neither an address nor the absolute path of a file. For a "
                    'file beside the source write str(Path(__file__).with_name("name.wsdl")).'
                )
            self._folder = path.resolve().parent

    def load(self, url: str) -> bytes:
        """The document's bytes; SourceError when it can't be had."""
        return self._mended(url, self._fetched(url))

    def _fetched(self, url: str) -> bytes:
        if url in self._known:
            return self._known[url]
        if len(self._known) > _MOST_DOCUMENTS:
            raise DeclarationError(
                f"The WSDL imports more than {_MOST_DOCUMENTS} documents. Check its imports."
            )
        data = self._asked(url) if _remote(url) else self._read(url)
        self._known[url] = data
        if sum(map(len, self._known.values())) > _MOST_BYTES:
            raise DeclarationError(
                f"The WSDL with what it imports has more than {_MOST_BYTES:,} bytes, at {url}. "
                "Check its imports."
            )
        return data

    def _mended(self, url: str, data: bytes) -> bytes:
        """The document with the namespace that each imported schema really has."""
        root = _root(data)
        if root is None:
            return data
        changed = False
        for node in root.iter(_IMPORT):
            named, location = node.get("namespace"), node.get("schemaLocation")
            imported = _root(self._fetched(_beside(location, url))) if location else None
            own = None if imported is None else imported.get("targetNamespace")
            if named and own and named != own:
                node.set("namespace", own)
                changed = True
        return etree.tostring(root) if changed else data

    def _asked(self, url: str) -> bytes:
        return self._client.send(Request(url=url, headers={"Accept": "text/xml, */*"})).body

    def _read(self, url: str) -> bytes:
        path = _path(url).resolve()
        if self._folder is None or not path.is_relative_to(self._folder):
            raise DeclarationError(
                f"The WSDL imports the file {url}, which is not in its own folder. Put it there."
            )
        try:
            return path.read_bytes()
        except OSError as error:
            raise DeclarationError(
                f"{path} could not be read: {error.strerror}. The WSDL needs it."
            ) from None


def _beside(location: str, url: str) -> str:
    """A location as it is seen from another document, by the same rule as zeep's."""
    return str(cast("Any", absolute_location)(location, url))


def _root(data: bytes) -> etree._Element | None:
    """The document's root; None for what is no safe XML, which zeep then refuses."""
    try:
        return parse(data)
    except AnswerRefused:
        return None


def _remote(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https")


def _path(url: str) -> Path:
    return Path(unquote(urlsplit(url).path)) if url.startswith("file:") else Path(url)
