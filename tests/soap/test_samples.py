"""Recorded samples decode to what was recorded, or are refused for a reason given here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pipelines.errors import DeclarationError
from pipelines.extract.soap.decoding import AnswerRefused
from pipelines.extract.soap.envelopes import Fault, body_of
from tests.soap.recorded import (
    SAMPLES,
    arguments,
    body_tree,
    comparable,
    names,
    recorded_json,
    service,
)

WRONG_WSDL = {
    "Dummy__ref_element_should_have_correct_namespace": "simpletype",
    "Dummy__ref_element_should_have_correct_namespace_with_overrideElementKey": "simpletype",
    "Dummy__should_preserve_leading_and_trailing_whitespace_when_preserveWhitespace_is_true": (
        "Unable to resolve type {http://www.Dummy.com/Common/Types}DummyResult"
    ),
    "Dummy__should_remove_leading_and_trailing_whitespace_by_default": (
        "Unable to resolve type {http://www.Dummy.com/Common/Types}DummyResult"
    ),
    "Dummy__should_use_defined_xml_key_in_first_level_for_rpc": "Namespace prefix soap12",
    "Dummy__should_work_with_imported_schemas_that_have_aliases": (
        "Unable to resolve type {http://www.Dummy.com/Name/Types}requestType"
    ),
    "GetSubscription__should_handle_ref_minOccurs_and_maxOccurs": "Left out of it, as wrong",
    "RetrieveFareQuoteDateRange__should_handle_child_namespaces": "No schema available",
    "SetResource__should_correctly_set_element_if_complex-type_has_same_name": (
        "Left out of it, as wrong"
    ),
    "addPets__force_namespaces": "No namespace defined for 'xs'",
    "attachments__should_send_binary_data": "Namespace prefix xmime",
    "getAvailability__should_not_fail_without_children": "No namespace defined for 'auth'",
}
"""Sample → what is wrong in its WSDL."""

WRONG_ANSWER = {
    # In the wrong namespace, or in one where none is declared.
    "Dummy__should_add_prefix_for_unqualified_global_elements": "DummyResult",
    "Dummy__should_handle_inline_types": "SimpleBoolean",
    "execFile__valid_xml_generated_on_request_with_complex_type_element_form_default_missing": (
        "execFileResult was expected"
    ),
    "execFile__valid_xml_generated_on_request_with_complex_type_element_form_default_qualified": (
        "execFileResult was expected"
    ),
    "execFile__valid_xml_generated_on_request_with_complex_type_element_form_default_unqualified": (
        "execFileResult was expected"
    ),
    # ResultCode instead of ResponseCode.
    "addPrefix__should_add_namespace_on_output_message": "ResultCode",
    # A reference where binary data is declared.
    "getAttachments__should_handle_MTOM_response": "expects base64",
    "getAttachments__should_handle_not_MTOM_response": "expects base64",
}
"""Sample → why its answer isn't what its WSDL says."""

OTHER_ANSWER = {
    # It takes XML inside a text apart; to us a text is a text.
    "Dummy__should_handle_cdata_xml_in_response",
}

WRONG_REQUEST = {
    # Attributes, other XML, or names that the types don't have.
    "Dummy__should_add_prefix_for_unqualified_global_elements": "there is no @language",
    "Dummy__should_handle_attributes_in_request": "there is no @language",
    "Dummy__should_use_defined_xml_key": r"there is no \$xml",
    "Dummy__should_ignore_custom_defined_namespaces": "there is no DummyAccount",
    "Dummy__should_ignore_defined_namespaces": "there is no DummyAccount",
    "Dummy__should_use_defined_value_key": "there is no DummyAccount",
    "Message__Messages_suffixed_with_In_Out": "there is no bstrResourceId",
    "Message__Messages_suffixed_with_Input_Output": "there is no bstrResourceId",
    "Message__Messages_suffixed_with_Request_Response": "there is no bstrResourceId",
    "Message__overriding_namespace_prefix": "there is no s1:bstrResourceId",
    "getMessage__does_not_use_schema_xmlns": "there is no Body",
    "getMessage__force_use_schema_xmlns": "there is no Body",
}
"""Sample → why its arguments don't fit its WSDL."""

OTHER_REQUEST = {
    # None for an element that isn't nillable: left out, where `xsi:nil` was recorded.
    "Dummy__should_escape_xml",
    "Dummy__should_parse_nil",
    # A nillable part that was left out in the recording, and is nil with us.
    "RetrieveCustomerDetails__returning_a_date_should_parse_the_date",
    # Recorded in another namespace than the WSDL's.
    "addPrefix__should_add_namespace_on_output_message",
    "getAttachments__should_handle_MTOM_response",
    "getAttachments__should_handle_not_MTOM_response",
    # Its binding names no namespace for the wrapper; the recording takes the WSDL's.
    "NoParams__add_correct_namespace_for_operations_without_parameters",
    # The recording is no XML with namespaces.
    "GET_DATA__should_work_with_more_deeply_nested_XML_messages_and_without_security",
}

FOUND = names(SAMPLES, "*")
ANSWERED = [
    name for name in FOUND if name not in WRONG_WSDL and (SAMPLES / name / "response.xml").exists()
]


@pytest.mark.parametrize("name", ANSWERED)
def test_an_answer_is_what_was_recorded_or_is_refused(shared: Path, name: str) -> None:
    folder = SAMPLES / name
    answer = (folder / "response.xml").read_bytes()
    head = recorded_json(folder, "responseHttpHeader.json") or {}
    described = service(folder / "soap.wsdl")

    def decoded() -> Any:
        body = body_of(answer, head.get("content-type", ""))
        assert not isinstance(body, Fault)
        return described.decode(name.split("__")[0], body)

    if name in WRONG_ANSWER:
        with pytest.raises(AnswerRefused, match=WRONG_ANSWER[name]):
            decoded()
        return
    found = comparable(decoded())
    wanted = comparable(arguments(recorded_json(folder, "response.json")))
    if name in OTHER_ANSWER:
        text = found["DummyResult"]["DummyList"]["DummyElement"]["#text"]
        assert "Humpty" in text
        assert found != wanted
        return
    assert json.dumps(found, sort_keys=True) == json.dumps(wanted, sort_keys=True)


@pytest.mark.parametrize("name", FOUND)
def test_a_request_is_what_was_recorded_or_cannot_be_made(shared: Path, name: str) -> None:
    folder = SAMPLES / name
    operation = name.split("__")[0]
    if name in WRONG_WSDL:
        with pytest.raises(DeclarationError) as refused:
            service(folder / "soap.wsdl").request(operation, {})
        assert WRONG_WSDL[name] in str(refused.value)
        return
    asked = arguments(recorded_json(folder, "request.json") or {})
    described = service(folder / "soap.wsdl", "http://service.example/")
    if name in WRONG_REQUEST:
        with pytest.raises(DeclarationError, match=WRONG_REQUEST[name]):
            described.request(operation, asked)
        return
    made = etree.tostring(described.request(operation, asked).envelope)
    if name in OTHER_REQUEST:
        assert operation.encode() in made
        return
    recorded = (folder / "request.xml").read_bytes()
    assert body_tree(made) == body_tree(recorded)
