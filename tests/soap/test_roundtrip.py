"""What is written into a request is read back from an answer of the same type."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipelines.extract.soap.envelopes import Fault, body_of
from pipelines.extract.soap.service import Service
from tests.soap.recorded import service
from tests.soap.serving import SPACE, WSDL

TYPES = """<xs:schema targetNamespace="urn:example:ledger" elementFormDefault="qualified"
    xmlns:t="urn:example:ledger">
  <xs:element name="Entries" type="t:All"/><xs:element name="EntriesResponse" type="t:All"/>
  <xs:complexType name="All"><xs:sequence>
    <xs:element name="text" type="xs:string" minOccurs="0"/>
    <xs:element name="amount" type="xs:decimal" minOccurs="0" nillable="true"/>
    <xs:element name="whole" type="xs:integer" minOccurs="0"/>
    <xs:element name="open" type="xs:boolean" minOccurs="0"/>
    <xs:element name="ratio" type="xs:double" minOccurs="0"/>
    <xs:element name="day" type="xs:date" minOccurs="0"/>
    <xs:element name="tags" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
    <xs:element name="money" minOccurs="0"><xs:complexType><xs:simpleContent>
      <xs:extension base="xs:decimal">
        <xs:attribute name="currency" type="xs:string"/>
      </xs:extension>
    </xs:simpleContent></xs:complexType></xs:element>
    <xs:element name="inner" type="t:All" minOccurs="0"/>
  </xs:sequence></xs:complexType>
</xs:schema>"""

# Characters that XML can hold, and that its line ends don't change.
TEXTS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn", "Cc"]), max_size=20)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False).map(lambda d: Decimal(f"{d:f}"))
LEAF = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXTS,
        "amount": DECIMALS | st.none(),
        "whole": st.integers(),
        "open": st.booleans(),
        "ratio": st.floats(allow_nan=False, allow_infinity=False),
        "day": st.dates().map(str),
        "tags": st.lists(TEXTS, min_size=1, max_size=3),
        "money": st.fixed_dictionaries({"@currency": TEXTS, "#text": DECIMALS}),
    },
)
VALUES = LEAF | st.builds(lambda outer, inner: {**outer, "inner": inner}, LEAF, LEAF)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Service:
    wsdl = tmp_path_factory.mktemp("soap") / "all.wsdl"
    wsdl.write_text(WSDL.format(soap="soap", types=TYPES, address="http://service.example"))
    return service(wsdl)


@given(values=VALUES)
@settings(max_examples=200, deadline=None)
def test_values_come_back_as_they_went(described: Service, values: dict[str, Any]) -> None:
    asked = etree.tostring(described.request("Entries", values).envelope)
    envelope = etree.fromstring(asked, etree.XMLParser(resolve_entities=False))
    element = envelope.find(f".//{{{SPACE}}}Entries")
    assert element is not None
    element.tag = f"{{{SPACE}}}EntriesResponse"
    body = body_of(etree.tostring(envelope))
    assert not isinstance(body, Fault)
    assert described.decode("Entries", body) == values
