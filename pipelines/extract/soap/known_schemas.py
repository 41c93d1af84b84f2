"""Schemas that WSDLs import from standards bodies, as far as they matter here.

Belongs here: the encoding of arrays in SOAP 1.1, and the attributes of XML itself.
Does not belong here: any vendor's schema.
"""

from __future__ import annotations

_ENCODING = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:tns="http://schemas.xmlsoap.org/soap/encoding/"
    targetNamespace="http://schemas.xmlsoap.org/soap/encoding/">
  <xs:attribute name="arrayType" type="xs:string"/>
  <xs:attribute name="offset" type="xs:string"/>
  <xs:attributeGroup name="commonAttributes">
    <xs:attribute name="id" type="xs:ID"/>
    <xs:attribute name="href" type="xs:anyURI"/>
    <xs:anyAttribute namespace="##other" processContents="lax"/>
  </xs:attributeGroup>
  <xs:attributeGroup name="arrayAttributes">
    <xs:attribute ref="tns:arrayType"/>
    <xs:attribute ref="tns:offset"/>
  </xs:attributeGroup>
  <xs:group name="Array">
    <xs:sequence>
      <xs:any namespace="##any" minOccurs="0" maxOccurs="unbounded" processContents="lax"/>
    </xs:sequence>
  </xs:group>
  <xs:complexType name="Array">
    <xs:group ref="tns:Array" minOccurs="0"/>
    <xs:attributeGroup ref="tns:arrayAttributes"/>
    <xs:attributeGroup ref="tns:commonAttributes"/>
  </xs:complexType>
  <xs:element name="Array" type="tns:Array"/>
  %s
</xs:schema>
"""
_SIMPLE = [
    "string",
    "boolean",
    "decimal",
    "float",
    "double",
    "duration",
    "dateTime",
    "time",
    "date",
    "hexBinary",
    "base64Binary",
    "anyURI",
    "QName",
    "normalizedString",
    "token",
    "language",
    "integer",
    "long",
    "int",
    "short",
    "byte",
    "nonNegativeInteger",
    "unsignedLong",
    "unsignedInt",
    "unsignedShort",
    "unsignedByte",
    "positiveInteger",
    "nonPositiveInteger",
    "negativeInteger",
]
_TYPES = "".join(
    f'<xs:simpleType name="{name}"><xs:restriction base="xs:{name}"/></xs:simpleType>'
    for name in _SIMPLE
) + ('<xs:simpleType name="base64"><xs:restriction base="xs:base64Binary"/></xs:simpleType>')

_XML = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
    targetNamespace="http://www.w3.org/XML/1998/namespace">
  <xs:attribute name="lang" type="xs:string"/>
  <xs:attribute name="space" type="xs:string"/>
  <xs:attribute name="base" type="xs:anyURI"/>
  <xs:attribute name="id" type="xs:ID"/>
  <xs:attributeGroup name="specialAttrs">
    <xs:attribute ref="xml:base"/>
    <xs:attribute ref="xml:lang"/>
    <xs:attribute ref="xml:space"/>
    <xs:attribute ref="xml:id"/>
  </xs:attributeGroup>
</xs:schema>
"""

KNOWN = {
    "http://schemas.xmlsoap.org/soap/encoding/": _ENCODING % _TYPES.encode(),
    "http://www.w3.org/XML/1998/namespace": _XML,
    "http://www.w3.org/2001/xml.xsd": _XML,
}
"""Address → document; these are never asked for."""
