"""Every WSDL at hand is used or refused in words; none crashes, hangs or is half read."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from pipelines.errors import DeclarationError, RequestRefused
from tests.soap.recorded import PEERS, names, service

REFUSED = {
    "node-soap-wsdl/test/wsdl/attachments.wsdl": "Namespace prefix xmime",
    "node-soap-wsdl/test/wsdl/binding-exception.wsdl": "No namespace defined for 'wsdlt'",
    "node-soap-wsdl/test/wsdl/binding_document.wsdl": "No namespace defined for 'wsdlns'",
    "node-soap-wsdl/test/wsdl/connection/econnrefused.wsdl": "Namespace prefix xsd",
    "node-soap-wsdl/test/wsdl/default_namespace_soap12.wsdl": "Namespace prefix soap",
    "node-soap-wsdl/test/wsdl/extended_element.wsdl": "Unable to resolve type",
    "node-soap-wsdl/test/wsdl/fixedPath/netsuite.wsdl": "not in its own folder",
    "node-soap-wsdl/test/wsdl/marketo.wsdl": "Unable to resolve type",
    "node-soap-wsdl/test/wsdl/mergeWithAttributes/main.wsdl": "Namespace prefix xs",
    "node-soap-wsdl/test/wsdl/perf/order.wsdl": "Unable to resolve type",
    "node-soap-wsdl/test/wsdl/recursive/file.wsdl": "Premature end",
    "node-soap-wsdl/test/wsdl/recursive2.wsdl": "No definition",
    "node-soap-wsdl/test/wsdl/rpcexample.wsdl": "Unable to resolve attribute",
    "node-soap-wsdl/test/wsdl/schemas_without_targetnamespace.wsdl": "No namespace defined",
    "node-soap-wsdl/test/wsdl/strict/CyberSourceTransaction_1.26_3.wsdl": "schemaLocation",
    "node-soap-wsdl/test/wsdl/strict/ImportSample.wsdl": "Namespace prefix xsd",
    "node-soap-wsdl/test/wsdl/strict/Netsuite.wsdl": "not in its own folder",
    "node-soap-wsdl/test/wsdl/strict/npe.wsdl": "No namespace defined for 'wsdlns'",
    "node-soap-wsdl/test/wsdl/tnsImportConflict/bar.wsdl": "has no SOAP port",
    "node-soap-wsdl/test/wsdl/tnsImportConflict/root.wsdl": "has no SOAP port",
    "node-soap-wsdl/test/wsdl/typeof_null_extend_check.wsdl": "Unable to resolve type",
    "node-soap-wsdl/test/wsdl/ws-policy.wsdl": "Namespace prefix wsu",
    "node-soap-wsdl/test/wsdl/wsdlImport/overridden.wsdl": "has no SOAP port",
    "node-soap-wsdl/test/wsdl/wsdlImport/sub.wsdl": "has no SOAP port",
    "node-soap-wsdl/test/wsdl/wsdl_with_attributes.wsdl": "Namespace prefix s ",
    "node-soap-wsdl/test/wsdl/xsdinclude/xsd_include.wsdl": "Unable to resolve type",
    "node-soap-wsdl/test/wsdl/xsdinclude/xsd_include_inline_xmlns.wsdl": "No namespace defined",
    "zeep-wsdl/tests/integration/test_http_post.wsdl": "has no SOAP port",
    "zeep-wsdl/tests/wsdl_files/http.wsdl": "has no SOAP port",
    "zeep-wsdl/tests/wsdl_files/soap_import_2.wsdl": "has no SOAP port",
}
"""WSDL → what is wrong with it: most are cuttings, or use prefixes that nobody binds."""

FORBIDDEN = {
    # What they import lies on this machine's network, and nobody allowed it.
    "node-soap-wsdl/test/wsdl/strict/stockquote-url.wsdl",
    "node-soap-wsdl/test/wsdl/xsdinclude/xsd_include_http.wsdl",
}

NO_OPERATION = {
    # Their messages name elements that no schema declares.
    "node-soap-wsdl/test/wsdl/complex/registration-common.wsdl",
    "node-soap-wsdl/test/wsdl/complex/registration.wsdl",
    "node-soap-wsdl/test/wsdl/json_response.wsdl",
    "node-soap-wsdl/test/wsdl/missing_message_definition.wsdl",
    "node-soap-wsdl/test/wsdl/strict/stockquote.wsdl",
    "zeep-wsdl/tests/integration/recursive_schema_main.wsdl",
}

FOUND = [*names(PEERS, "node-soap-wsdl/**/*.wsdl"), *names(PEERS, "zeep-wsdl/**/*.wsdl")]


@pytest.mark.parametrize("name", FOUND)
def test_a_wsdl_is_used_or_refused(shared: Path, name: str) -> None:
    if name in FORBIDDEN:
        with pytest.raises(RequestRefused, match="not public"):
            service(PEERS / name)
        return
    if name in REFUSED:
        with pytest.raises(DeclarationError) as refused:
            service(PEERS / name)
        assert REFUSED[name] in str(refused.value)
        return
    described = service(PEERS / name, "http://service.example/")
    assert bool(described.operations) is (name not in NO_OPERATION)
    for operation in described.operations:
        described.places(operation, ())
        with suppress(DeclarationError):
            made = described.request(operation, {}).envelope
            assert made.find("{*}Body") is not None


def test_the_register_of_vat_numbers_is_described_whole(shared: Path) -> None:
    wsdl = shared / "specs" / "wsdl" / "eu-vies" / "checkVatService.wsdl"
    assert service(wsdl).operations == ("checkVat", "checkVatApprox")


def test_headers_of_the_envelope_are_made_as_the_wsdl_says(shared: Path) -> None:
    described = service(PEERS / "zeep-wsdl" / "tests" / "wsdl_files" / "soap_header.wsdl")
    asked = {"tickerSymbol": "QUIL"}
    headers = {"Authentication": {"username": "ada", "password": "x"}, "Token": {"value": "t"}}
    made = described.request("GetLastTradePrice", asked, headers).envelope
    assert made.findtext("{*}Header/{*}Authentication/username") == "ada"
    assert made.findtext("{*}Header/{*}Token/value") == "t"
    assert made.findtext("{*}Body/{*}TradePriceRequest/tickerSymbol") == "QUIL"
    with pytest.raises(DeclarationError, match="there is no Tokens"):
        described.request("GetLastTradePrice", asked, {"Tokens": {}})
