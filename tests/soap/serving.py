"""A SOAP service on this machine, scripted: what it answers, and what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lxml import etree

from pipelines.extract.readers import Surroundings
from pipelines.extract.soap.reader import SoapReader
from pipelines.spec import PulledStream, Soap, Source
from resources.http import Policy
from resources.secrets import Given
from resources.settings import Settings

SPACE = "urn:example:ledger"
QUICK = Policy(first_wait_s=0.01, longest_wait_s=0.05, connect_s=2, read_s=2, total_s=3)

WSDL = """<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:soap="http://schemas.xmlsoap.org/wsdl/{soap}/"
    xmlns:t="urn:example:ledger" targetNamespace="urn:example:ledger">
  <types>{types}</types>
  <message name="In"><part name="p" element="t:Entries"/></message>
  <message name="Out"><part name="p" element="t:EntriesResponse"/></message>
  <portType name="Port">
    <operation name="Entries"><input message="t:In"/><output message="t:Out"/></operation>
  </portType>
  <binding name="Binding" type="t:Port">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="Entries">
      <soap:operation soapAction="urn:entries"/>
      <input><soap:body use="literal"/></input><output><soap:body use="literal"/></output>
    </operation>
  </binding>
  <service name="Service"><port name="Port" binding="t:Binding">
    <soap:address location="{address}/ledger"/>
  </port></service>
</definitions>"""

TYPES = """<xs:schema targetNamespace="urn:example:ledger" elementFormDefault="qualified">
  <xs:element name="Entries"><xs:complexType><xs:sequence>
    <xs:element name="since" type="xs:date" minOccurs="0"/>
    <xs:element name="until" type="xs:date" minOccurs="0"/>
    <xs:element name="account" type="xs:string" minOccurs="0"/>
    <xs:element name="filter" minOccurs="0"><xs:complexType>
      <xs:sequence><xs:element name="year" type="xs:int"/></xs:sequence>
      <xs:attribute name="kind" type="xs:string"/>
    </xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="EntriesResponse"><xs:complexType><xs:sequence>
    <xs:element name="list" minOccurs="0"><xs:complexType><xs:sequence>
      <xs:element name="entry" minOccurs="0" maxOccurs="unbounded" type="t:Entry"
          xmlns:t="urn:example:ledger"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
  <xs:complexType name="Entry"><xs:sequence>
    <xs:element name="id" type="xs:long"/>
    <xs:element name="amount" type="xs:decimal" minOccurs="0" nillable="true"/>
    <xs:element name="text" type="xs:string" minOccurs="0"/>
  </xs:sequence><xs:attribute name="currency" type="xs:string"/></xs:complexType>
</xs:schema>"""


def envelope(inner: str, space: str = "http://schemas.xmlsoap.org/soap/envelope/") -> bytes:
    """An envelope around a body."""
    return f'<e:Envelope xmlns:e="{space}"><e:Body>{inner}</e:Body></e:Envelope>'.encode()


def entries(inner: str) -> bytes:
    """An answer with these entries."""
    return envelope(f'<EntriesResponse xmlns="{SPACE}"><list>{inner}</list></EntriesResponse>')


def fault(text: str, code: str = "Server", detail: str = "") -> bytes:
    """A fault of SOAP 1.1."""
    told = f"<detail>{detail}</detail>" if detail else ""
    inner = f"<faultcode>e:{code}</faultcode><faultstring>{text}</faultstring>{told}"
    return envelope(f"<e:Fault>{inner}</e:Fault>")


Answer = Callable[[etree._Element], tuple[int, bytes]]


@dataclass
class Ledger:
    """The service while it runs. `answer` may be replaced; `asked` are its envelopes."""

    address: str
    answer: Answer
    asked: list[etree._Element] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    documents: dict[str, bytes] = field(default_factory=dict)


@contextmanager
def ledger(answer: Answer | bytes, *, soap: str = "soap", types: str = TYPES) -> Iterator[Ledger]:
    """Serve the WSDL and the operation on a free port of this machine."""
    fixed = answer if isinstance(answer, bytes) else b""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    made = Ledger(address, (lambda _: (200, fixed)) if isinstance(answer, bytes) else answer)
    wsdl = WSDL.format(soap=soap, types=types, address=address)
    made.documents["/ledger.wsdl"] = wsdl.encode()
    server.ledger = made  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        found: Ledger = self.server.ledger  # type: ignore[attr-defined]
        document = found.documents.get(self.path)
        self._send(404 if document is None else 200, document or b"")

    def do_POST(self) -> None:
        found: Ledger = self.server.ledger  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = etree.fromstring(body, etree.XMLParser(resolve_entities=False))
        found.asked.append(asked)
        found.headers.append({name.lower(): value for name, value in self.headers.items()})
        self._send(*found.answer(asked))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


STREAM = PulledStream(name="entries", of="Entries", description="Entries of a ledger.")


@contextmanager
def reading(
    settings: Settings, connection: Soap, instead: dict[str, str] | None = None, **more: Any
) -> Iterator[SoapReader]:
    """A reader of the connection, impatient and allowed to ask this machine."""
    source = Source(
        name="ledger",
        description="A ledger.",
        owner="data@headwater.example",
        connection=connection,
        streams=(STREAM,),
    )
    allowed = settings.model_copy(update={"allow_hosts": ("127.0.0.1",)})
    around = Surroundings(source, allowed, Given(None, instead), {})
    reader = SoapReader(connection, around, policy=more.pop("policy", QUICK), **more)
    try:
        yield reader
    finally:
        reader.close()


def of(served: Ledger, operation: dict[str, Any] | None = None, **more: Any) -> Soap:
    """A connection to the service; `operation` is what is declared of Entries."""
    declared = {"records": "list/entry", **(operation or {})}
    return Soap(wsdl=f"{served.address}/ledger.wsdl", operations={"Entries": declared}, **more)


def records(reader: SoapReader, state: dict[str, Any] | None = None) -> list[Any]:
    """All records of the stream."""
    return [record for page in reader.read(STREAM, state or {}) for record in page.records]
