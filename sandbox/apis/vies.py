"""The European Union's register of VAT numbers, as a SOAP service.

Belongs here: its WSDL, validations of numbers of the made-up companies, and its
faults. Does not belong here: which companies there are.

A request that isn't as the WSDL says is a fault of the client. The numbers that the
service's own test address knows (100, 201, 301 …) answer here as they do there.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from xml.sax.saxutils import escape

from lxml import etree

from sandbox.standin import NOW, Asked, Reply, StandIn
from sandbox.universe import Company, Universe
from sandbox.words import ALPHA2

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SPACE = "urn:ec.europa.eu:taxud:vies:services:checkVat"
TYPES = f"{SPACE}:types"
_XML = {"Content-Type": "text/xml; charset=UTF-8"}
_STATES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "EL",
        "ES",
        "FI",
        "FR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "XI",
    ]
)
_SILENT = frozenset({"DE", "ES"})
"""Member states that give no name and no address."""

FAULTS = {
    "201": "INVALID_INPUT",
    "202": "INVALID_REQUESTER_INFO",
    "300": "SERVICE_UNAVAILABLE",
    "301": "MS_UNAVAILABLE",
    "302": "TIMEOUT",
    "400": "VAT_BLOCKED",
    "401": "IP_BLOCKED",
    "500": "GLOBAL_MAX_CONCURRENT_REQ",
    "501": "GLOBAL_MAX_CONCURRENT_REQ_TIME",
    "600": "MS_MAX_CONCURRENT_REQ",
    "601": "MS_MAX_CONCURRENT_REQ_TIME",
}
"""Numbers that always answer with a fault, in whatever member state."""

WSDL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:s="{space}" xmlns:t="{types}"
    targetNamespace="{space}">
  <types>
    <xs:schema targetNamespace="{types}" elementFormDefault="qualified"
        attributeFormDefault="qualified">
      <xs:element name="checkVat">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="countryCode" type="xs:string"/>
            <xs:element name="vatNumber" type="xs:string"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:element name="checkVatResponse">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="countryCode" type="xs:string"/>
            <xs:element name="vatNumber" type="xs:string"/>
            <xs:element name="requestDate" type="xs:date"/>
            <xs:element name="valid" type="xs:boolean"/>
            <xs:element name="name" type="xs:string" minOccurs="0" nillable="true"/>
            <xs:element name="address" type="xs:string" minOccurs="0" nillable="true"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
    </xs:schema>
  </types>
  <message name="checkVatRequest"><part name="parameters" element="t:checkVat"/></message>
  <message name="checkVatResponse"><part name="parameters" element="t:checkVatResponse"/></message>
  <portType name="checkVatPortType">
    <operation name="checkVat">
      <input message="s:checkVatRequest"/>
      <output message="s:checkVatResponse"/>
    </operation>
  </portType>
  <binding name="checkVatBinding" type="s:checkVatPortType">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="checkVat">
      <soap:operation soapAction=""/>
      <input><soap:body use="literal"/></input>
      <output><soap:body use="literal"/></output>
    </operation>
  </binding>
  <service name="checkVatService">
    <port name="checkVatPort" binding="s:checkVatBinding">
      <soap:address location="{address}/checkVatService"/>
    </port>
  </service>
</definitions>
"""


class Vies(StandIn):
    """`/checkVatService.wsdl`, and POST to `/checkVatService`.

    `busy` says how often a member state refuses before it answers: {"FR": 2}.
    """

    name = "vies"

    def __init__(self, universe: Universe, now: datetime = NOW) -> None:
        super().__init__(universe, now)
        self.busy: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.numbers = {
            vat_number(company): company
            for company in universe.companies
            if ALPHA2.get(company.country, "") in _STATES
        }

    def environment(self, address: str) -> Mapping[str, str]:
        """Some of the companies' numbers, one that is not valid, one that can't be known."""
        known = sorted(f"{state}{number}" for state, number in self.numbers)
        return {
            "VIES_WSDL": f"{address}/{self.name}/checkVatService.wsdl",
            "VIES_URL": f"{address}/{self.name}/checkVatService",
            "VIES_VAT_NUMBERS": ", ".join([*known[:6], *known[-6:], "FR00999999999", "AT301"]),
        }

    def answer(self, asked: Asked) -> Reply:
        """The WSDL, an answer, or a fault."""
        match asked.method, asked.parts:
            case "GET", ("checkVatService.wsdl",):
                wsdl = WSDL.format(space=SPACE, types=TYPES, address=escape(asked.address))
                return Reply(200, _XML, wsdl.encode())
            case "POST", ("checkVatService",):
                return self._check(asked.body)
        return Reply(404, {"Content-Type": "text/html"}, b"<html>Not Found</html>")

    def refuse(self, status: int, wait_s: float) -> Reply:  # noqa: ARG002
        """The service says it is busy in a fault, and knows no waiting times."""
        return Reply(status, _XML, _fault("SERVER_BUSY"))

    def _check(self, body: bytes) -> Reply:
        question = _question(body)
        if question is None:
            return Reply(500, _XML, _fault("The request is not as the WSDL says.", "Client"))
        state, number = question
        if number in FAULTS:
            return Reply(200, _XML, _fault(FAULTS[number]))
        if state not in _STATES or not number:
            return Reply(200, _XML, _fault("INVALID_INPUT"))
        with self._lock:
            self.busy[state] -= 1
            if self.busy[state] >= 0:
                return Reply(200, _XML, _fault("MS_MAX_CONCURRENT_REQ"))
        company = self.numbers.get((state, number))
        return Reply(200, _XML, _answer(state, number, company, self.now.date()))


def make(universe: Universe) -> Vies:
    """The stand-in in this world."""
    return Vies(universe)


def vat_number(company: Company) -> tuple[str, str]:
    """Member state and number of a company: nine digits, in France two more before them."""
    state = ALPHA2[company.country]
    number = f"{810_000_000 + company.number * 137:09d}"
    return state, f"{company.number % 97:02d}{number}" if state == "FR" else number


def _question(body: bytes) -> tuple[str, str] | None:
    """What is asked for; None where the request isn't as the WSDL says."""
    try:
        envelope = etree.fromstring(body, etree.XMLParser(resolve_entities=False))
    except etree.XMLSyntaxError:
        return None
    found = envelope.find(f"{{{_SOAP}}}Body/{{{TYPES}}}checkVat")
    names = [] if found is None else [child.tag for child in found]
    if found is None or names != [f"{{{TYPES}}}countryCode", f"{{{TYPES}}}vatNumber"]:
        return None
    state, number = (child.text or "" for child in found)
    return state, number


def _answer(state: str, number: str, company: Company | None, day: date) -> bytes:
    name = address = "---"
    if company is not None and state not in _SILENT:
        name, address = company.legal_name.upper(), f"1 MAIN STREET\n{company.city.upper()}"
    return _envelope(
        f'<checkVatResponse xmlns="{TYPES}"><countryCode>{escape(state)}</countryCode>'
        f"<vatNumber>{escape(number)}</vatNumber><requestDate>{day}+01:00</requestDate>"
        f"<valid>{'true' if company else 'false'}</valid><name>{escape(name)}</name>"
        f"<address>{escape(address)}</address></checkVatResponse>"
    )


def _fault(text: str, code: str = "Server") -> bytes:
    return _envelope(
        f"<e:Fault><faultcode>e:{code}</faultcode><faultstring>{text}</faultstring></e:Fault>"
    )


def _envelope(inner: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="{_SOAP}">'
        f"<e:Body>{inner}</e:Body></e:Envelope>"
    ).encode()
