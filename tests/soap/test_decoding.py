"""What elements become: lists, nil, arrays, references, anything; and what would be lost."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.extract.soap.decoding import AnswerRefused
from pipelines.extract.soap.envelopes import Fault, body_of
from tests.soap.recorded import service
from tests.soap.serving import WSDL, envelope, fault

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
T = 'xmlns="urn:example:ledger" xmlns:t="urn:example:ledger"'

RPC = """<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:rpc"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:w="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:rpc">
  <types><xs:schema targetNamespace="urn:rpc" xmlns:e="http://schemas.xmlsoap.org/soap/encoding/">
    <xs:complexType name="Item"><xs:sequence>
      <xs:element name="id" type="xs:int"/><xs:element name="next" type="t:Item" minOccurs="0"/>
    </xs:sequence></xs:complexType>
    <xs:complexType name="Items"><xs:complexContent><xs:restriction base="e:Array">
      <xs:attribute ref="e:arrayType" w:arrayType="t:Item[]"/>
    </xs:restriction></xs:complexContent></xs:complexType>
  </xs:schema></types>
  <message name="In"><part name="n" type="xs:int"/></message>
  <message name="Out"><part name="items" type="t:Items"/><part name="total" type="xs:int"/>
  </message>
  <portType name="Port">
    <operation name="List"><input message="t:In"/><output message="t:Out"/></operation>
  </portType>
  <binding name="Binding" type="t:Port">
    <soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="List"><soap:operation soapAction=""/>
      <input><soap:body use="encoded" namespace="urn:rpc"
        encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/></input>
      <output><soap:body use="encoded" namespace="urn:rpc"
        encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/></output>
    </operation>
  </binding>
  <service name="S"><port name="P" binding="t:Binding">
    <soap:address location="http://service.example/"/></port></service>
</definitions>"""


def schema(inner: str, more: str = "") -> str:
    """Types with an answer of these children."""
    return (
        '<xs:schema targetNamespace="urn:example:ledger" elementFormDefault="qualified" '
        'xmlns:t="urn:example:ledger"><xs:element name="Entries"><xs:complexType/></xs:element>'
        f'<xs:element name="EntriesResponse">{inner}</xs:element>{more}</xs:schema>'
    )


def sequence(inner: str) -> str:
    """A complex type with a sequence."""
    return f"<xs:complexType><xs:sequence>{inner}</xs:sequence></xs:complexType>"


def decoded(folder: Path, types: str, inner: str) -> Any:
    """An answer with these children, decoded by these types."""
    wsdl = folder / "service.wsdl"
    wsdl.write_text(WSDL.format(soap="soap", types=types, address="http://service.example"))
    body = body_of(envelope(f"<t:EntriesResponse {T} {XSI} {XS}>{inner}</t:EntriesResponse>"))
    assert not isinstance(body, Fault)
    return service(wsdl).decode("Entries", body)


def rpc(folder: Path, inner: str) -> Any:
    """An encoded answer, decoded."""
    wsdl = folder / "rpc.wsdl"
    wsdl.write_text(RPC)
    body = body_of(
        envelope(inner).replace(
            b"<e:Body>",
            b'<e:Body xmlns:c="http://schemas.xmlsoap.org/soap/encoding/" xmlns:r="urn:rpc" '
            + f"{XSI} {XS}>".encode(),
        )
    )
    assert not isinstance(body, Fault)
    return service(wsdl).decode("List", body)


def test_what_may_repeat_is_a_list_and_what_is_absent_has_no_key(tmp_path: Path) -> None:
    types = schema(
        sequence(
            '<xs:element name="a" type="xs:int" maxOccurs="unbounded" minOccurs="0"/>'
            '<xs:element name="b" type="xs:int" minOccurs="0"/>'
            '<xs:element name="c" type="xs:string" nillable="true" minOccurs="0"/>'
        )
    )
    assert decoded(tmp_path, types, "<a>1</a>") == {"a": [1]}
    found = decoded(tmp_path, types, '<c xsi:nil="true"/>')
    assert found == {"c": None}
    assert decoded(tmp_path, types, "<c/>") == {"c": ""}
    assert decoded(tmp_path, types, "<b/>") == {"b": None}


def test_a_choice_that_may_repeat_gives_lists(tmp_path: Path) -> None:
    choice = (
        '<xs:complexType><xs:choice maxOccurs="unbounded"><xs:element name="a" type="xs:int"/>'
        '<xs:element name="b" type="xs:int"/></xs:choice></xs:complexType>'
    )
    assert decoded(tmp_path, schema(choice), "<a>1</a><b>2</b><a>3</a>") == {"a": [1, 3], "b": [2]}


def test_the_branches_of_a_choice_stay_single(tmp_path: Path) -> None:
    branches = (
        "<xs:complexType><xs:choice>"
        '<xs:sequence><xs:element name="a" type="xs:int"/></xs:sequence>'
        '<xs:sequence><xs:element name="a" type="xs:int"/><xs:element name="b" type="xs:int"/>'
        "</xs:sequence></xs:choice></xs:complexType>"
    )
    assert decoded(tmp_path, schema(branches), "<a>1</a><b>2</b>") == {"a": 1, "b": 2}


def test_text_beside_attributes_has_a_name(tmp_path: Path) -> None:
    money = sequence('<xs:element name="sum" type="t:Money"/>')
    more = (
        '<xs:complexType name="Money"><xs:simpleContent><xs:extension base="xs:decimal">'
        '<xs:attribute name="currency" type="xs:string"/>'
        '<xs:attribute name="digits" type="xs:int"/>'
        "</xs:extension></xs:simpleContent></xs:complexType>"
    )
    found = decoded(tmp_path, schema(money, more), '<sum currency="EUR" digits="2">1.10</sum>')
    assert found == {"sum": {"@currency": "EUR", "@digits": 2, "#text": Decimal("1.10")}}
    with pytest.raises(AnswerRefused, match="@digits holds 'two'"):
        decoded(tmp_path, schema(money, more), '<sum digits="two">1.10</sum>')


def test_an_extended_type_is_told_by_the_element(tmp_path: Path) -> None:
    types = schema(
        sequence('<xs:element name="who" type="t:Party"/>'),
        '<xs:complexType name="Party"><xs:sequence><xs:element name="name" type="xs:string"/>'
        '</xs:sequence></xs:complexType><xs:complexType name="Person"><xs:complexContent>'
        '<xs:extension base="t:Party"><xs:sequence><xs:element name="born" type="xs:date"/>'
        "</xs:sequence></xs:extension></xs:complexContent></xs:complexType>",
    )
    inner = "<name>Ada</name><born>1815-12-10</born>"
    found = decoded(tmp_path, types, f'<who xsi:type="t:Person">{inner}</who>')
    assert found == {"who": {"name": "Ada", "born": "1815-12-10"}}
    with pytest.raises(AnswerRefused, match="born"):
        decoded(tmp_path, types, f"<who>{inner}</who>")
    with pytest.raises(AnswerRefused, match="type t:Robot"):
        decoded(tmp_path, types, f'<who xsi:type="t:Robot">{inner}</who>')


def test_what_stands_where_anything_may_is_kept(tmp_path: Path) -> None:
    types = schema(
        sequence('<xs:any maxOccurs="unbounded" minOccurs="0" processContents="lax"/>'),
        '<xs:element name="count" type="xs:int"/>',
    )
    inner = (
        '<t:count>7</t:count><o:x xmlns:o="urn:o" a="1"><o:y>1</o:y><o:y>2</o:y></o:x>'
        '<o:z xmlns:o="urn:o" xsi:type="xs:decimal">1.50</o:z>'
    )
    assert decoded(tmp_path, types, inner) == {
        "count": 7,
        "x": {"@a": "1", "y": ["1", "2"]},
        "z": Decimal("1.50"),
    }


def test_text_between_elements_is_not_lost(tmp_path: Path) -> None:
    types = schema(sequence('<xs:element name="b" type="xs:int"/>'))
    assert decoded(tmp_path, types, "before<b>1</b>") == {"b": 1, "#text": "before"}


def test_same_names_in_two_namespaces_do_not_meet(tmp_path: Path) -> None:
    types = schema(
        sequence(
            '<xs:element name="id" type="xs:int"/><xs:element name="id" type="xs:int" '
            'form="unqualified"/>'
        )
    )
    found = decoded(tmp_path, types, '<id>1</id><id xmlns="">2</id>')
    assert found == {"{urn:example:ledger}id": 1, "id": 2}


def test_a_list_type_is_a_list_and_a_union_takes_what_fits(tmp_path: Path) -> None:
    types = schema(
        sequence('<xs:element name="l" type="t:L"/><xs:element name="u" type="t:U"/>'),
        '<xs:simpleType name="L"><xs:list itemType="xs:int"/></xs:simpleType>'
        '<xs:simpleType name="U"><xs:union memberTypes="xs:int xs:date"/></xs:simpleType>',
    )
    found = decoded(tmp_path, types, "<l>1 2  3</l><u>2026-01-31</u>")
    assert found == {"l": [1, 2, 3], "u": "2026-01-31"}
    with pytest.raises(AnswerRefused, match="union"):
        decoded(tmp_path, types, "<l/><u>soon</u>")


def test_encoded_arrays_and_references_are_followed(tmp_path: Path) -> None:
    inner = (
        '<r:ListResponse><items c:arrayType="r:Item[2]"><Item href="#a"/>'
        '<Item><id xsi:type="xs:int">2</id></Item></items><total>2</total></r:ListResponse>'
        '<multiRef id="a"><id href="#one"/></multiRef><multiRef id="one">1</multiRef>'
    )
    assert rpc(tmp_path, inner) == {"items": [{"id": 1}, {"id": 2}], "total": 2}


def test_a_reference_to_what_stands_around_it_ends(tmp_path: Path) -> None:
    inner = (
        '<r:ListResponse><items><Item href="#a"/></items></r:ListResponse>'
        '<multiRef id="a"><id>1</id><next href="#a"/></multiRef>'
    )
    with pytest.raises(AnswerRefused, match="around it"):
        rpc(tmp_path, inner)


def test_references_do_not_multiply_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.extract.soap.decoding._MOST_VALUES", 10_000)
    refs = "".join(
        f'<multiRef id="r{n}" c:arrayType="xs:anyType[]">'
        f'<i href="#r{n + 1}"/><i href="#r{n + 1}"/></multiRef>'
        for n in range(40)
    )
    inner = (
        '<r:ListResponse><items c:arrayType="xs:anyType[]"><Item href="#r0"/></items>'
        f'</r:ListResponse>{refs}<multiRef id="r40">x</multiRef>'
    )
    with pytest.raises(AnswerRefused, match="10,000 values"):
        rpc(tmp_path, inner)


def test_a_reference_to_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnswerRefused, match="#gone, which is not there"):
        rpc(tmp_path, '<r:ListResponse><items><Item href="#gone"/></items></r:ListResponse>')


def test_depth_has_an_end(tmp_path: Path) -> None:
    types = schema(sequence('<xs:any processContents="lax"/>'))
    with pytest.raises(AnswerRefused, match="levels deep"):
        decoded(tmp_path, types, "<d>" * 150 + "</d>" * 150)
    with pytest.raises(AnswerRefused, match="not well-formed"):
        decoded(tmp_path, types, "<d>" * 5000 + "</d>" * 5000)


def test_attachments_stand_where_the_answer_refers_to_them(tmp_path: Path) -> None:
    types = schema(sequence('<xs:element name="file" type="xs:base64Binary"/>'))
    include = '<i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:one"/>'
    xml = envelope(f"<t:EntriesResponse {T}><file>{include}</file></t:EntriesResponse>")
    answer = (
        b"--B\r\nContent-Type: application/xop+xml\r\nContent-ID: <root>\r\n\r\n"
        + xml
        + b"\r\n--B\r\nContent-ID: <one>\r\n\r\n\x00\xff\r\n\n\r\n--B--\r\n"
    )
    wsdl = tmp_path / "service.wsdl"
    wsdl.write_text(WSDL.format(soap="soap", types=types, address="http://service.example"))
    body = body_of(answer, 'multipart/related; boundary="B"; start="<root>"')
    assert not isinstance(body, Fault)
    assert service(wsdl).decode("Entries", body) == {"file": "AP8NCgo="}


def test_faults_of_both_versions_keep_code_and_text() -> None:
    old = body_of(fault("No", "Client.Auth", "<why>key</why>"))
    assert old == Fault("e:Client.Auth", "No", "key")
    space = "http://www.w3.org/2003/05/soap-envelope"
    new = body_of(
        envelope(
            "<e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>m:Late</e:Value>"
            "</e:Subcode></e:Code><e:Reason><e:Text xml:lang='en'>Too late</e:Text></e:Reason>"
            "</e:Fault>",
            space,
        )
    )
    assert new == Fault("e:Sender/m:Late", "Too late")
    assert isinstance(new, Fault)
    assert set(new.names) == {"Too late", "Sender", "Late"}


def test_a_data_set_with_its_own_schema_is_kept_as_it_stands(tmp_path: Path) -> None:
    types = schema(sequence('<xs:any maxOccurs="2" processContents="lax"/>'))
    inner = (
        '<xs:schema id="Set"><xs:element name="Row"/></xs:schema>'
        '<d:diffgram xmlns:d="urn:d" xmlns=""><Set><Row d:id="r1"><n>1</n></Row>'
        '<Row d:id="r2"><n>2</n></Row></Set></d:diffgram>'
    )
    found = decoded(tmp_path, types, inner)
    rows = [{"@id": "r1", "n": "1"}, {"@id": "r2", "n": "2"}]
    assert found["diffgram"] == {"Set": {"Row": rows}}
    assert found["schema"]["element"] == {"@name": "Row"}
