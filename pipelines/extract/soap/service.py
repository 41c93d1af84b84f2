"""A service as its WSDL describes it: operations, their requests, their answers.

Belongs here: loading the WSDL through zeep, finding an operation, making the request's
envelope and decoding the answer's body. Does not belong here: sending.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.settings import Settings as ZeepSettings
from zeep.wsa import WsAddressingPlugin
from zeep.wsdl import Document
from zeep.wsdl.bindings import Soap12Binding
from zeep.wsdl.bindings.soap import SoapBinding
from zeep.wsdl.messages import RpcMessage

from pipelines.errors import DeclarationError, HeadwaterError
from pipelines.extract.soap.arguments import arguments_for
from pipelines.extract.soap.decoding import AnswerRefused, Decoder
from pipelines.extract.soap.documents import Documents
from pipelines.extract.soap.shapes import Shape, is_simple


@dataclass(frozen=True)
class Message:
    """A request ready to be sent."""

    address: str
    envelope: etree._Element
    headers: Mapping[str, str]


class Service:
    """The operations of one port."""

    def __init__(
        self, wsdl: str, documents: Documents, *, port: str = "", address: str = ""
    ) -> None:
        """DeclarationError for a WSDL that can't be used; SourceError if it can't be had."""
        self._wsdl = wsdl
        try:
            settings = ZeepSettings(forbid_dtd=True, forbid_entities=True, force_https=False)
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                self._document = Document(wsdl, cast("Any", documents), settings=settings)
            self._left_out = [str(one.message) for one in told]
        except HeadwaterError:
            raise
        except RecursionError:
            raise self._unusable("it refers to itself without end") from None
        except Exception as error:  # noqa: BLE001  (zeep ends on broken documents in any way)
            raise self._unusable(f"{type(error).__name__}: {str(error)[:300]}") from None
        self._binding, self._address = self._port(port, address)
        self._decoder = Decoder(self._document.types)

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of the port's operations."""
        return tuple(self._binding.all())

    def request(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        headers: Mapping[str, Any] | None = None,
    ) -> Message:
        """The envelope that asks for the operation; DeclarationError if it can't be made."""
        found = self._operation(operation)
        if not self._address:
            raise DeclarationError(
                f"The WSDL {self._wsdl} names no address of its service. Declare `address`."
            )
        if found.input is None:
            raise DeclarationError(
                f"{operation} of the WSDL {self._wsdl} is not for asking: it only ever tells."
            )
        try:
            body = found.input.body
            values = arguments_for(body.type, arguments) if body is not None else {}
            if headers:
                values["_soapheaders"] = arguments_for(found.input.header.type, headers)
            made = found.create(**values)
            self._binding._set_http_headers(made, found)  # noqa: SLF001
            envelope, sent = made.content, made.headers
            if found.abstract.wsa_action:
                envelope, sent = cast("Any", WsAddressingPlugin()).egress(
                    envelope, sent, found, {"address": self._address}
                )
        except (ZeepError, TypeError, ValueError, AttributeError) as error:
            raise DeclarationError(
                f"The arguments {', '.join(arguments) or '(none)'} don't make a request of "
                f"{operation}: {error}. It takes {self._signature(found)}."
            ) from None
        etree.cleanup_namespaces(envelope)
        return Message(self._address, envelope, dict(sent))

    def decode(self, operation: str, body: etree._Element) -> dict[str, Any]:
        """What the answer's body says, by the names of its parts or elements."""
        found = self._operation(operation)
        output = found.output
        declared = getattr(output, "body", None)
        # Elements with an id beside the answer are what its references stand for.
        every = list(body.iterchildren("*"))
        children = every[:1] + [child for child in every[1:] if child.get("id") is None]
        if declared is None:
            if children and any(len(child) or child.text for child in children):
                raise AnswerRefused(
                    f"{operation} answered with {etree.QName(children[0]).localname}, and its WSDL "
                    "declares no answer."
                )
            return {}
        if output._is_body_wrapped:  # noqa: SLF001
            return _named(self._decoder.decode(body, declared.type))
        if len(children) != 1:
            raise AnswerRefused(
                f"The body of the answer to {operation} holds {len(children)} elements; one was "
                "expected."
            )
        element = children[0]
        if not isinstance(output, RpcMessage) and element.tag != declared.qname.text:
            raise AnswerRefused(
                f"{operation} answered with {element.tag}; {declared.qname.text} was expected."
            )
        return _named(self._decoder.decode(element, declared.type))

    def places(self, operation: str, steps: tuple[str, ...]) -> tuple[Any, Shape | None]:
        """The type of what the steps lead to, and its shape unless it is simple.

        DeclarationError for a step that the WSDL knows nothing of. (None, None) where the
        WSDL leaves open what stands there.
        """
        found = self._operation(operation)
        declared = getattr(found.output, "body", None)
        at: Any = None if declared is None else declared.type
        for step in steps:
            if at is None or is_simple(at) or not hasattr(at, "elements"):
                return None, None
            shape = self._decoder.shape(at)
            inner = {child.key: child.type for child in shape.children.values()}
            if step not in inner:
                if shape.open or shape.array:
                    return None, None
                raise DeclarationError(
                    f"The records of {operation} are declared at {'/'.join(steps)}, and the WSDL "
                    f"has no {step} there. It has: {', '.join(inner) or 'nothing'}."
                )
            at = inner[step]
        if at is None or not hasattr(at, "elements"):
            return at, None
        return at, self._decoder.shape(at)

    def _operation(self, name: str) -> Any:
        try:
            return self._binding.get(name)
        except (KeyError, ValueError):
            raise DeclarationError(
                f"The WSDL {self._wsdl} has no operation {name}. It has: "
                f"{', '.join(self.operations) or 'none'}.{self._told()}"
            ) from None

    def _told(self) -> str:
        """What zeep left out of the WSDL because it is wrong there."""
        return f" Left out of it, as wrong: {'; '.join(self._left_out)}." if self._left_out else ""

    def _port(self, wanted: str, address: str) -> tuple[Any, str]:
        """The binding to use, SOAP 1.2 last, and the address of its service."""
        ports = [
            (name, port.binding, (port.binding_options or {}).get("address") or "")
            for service in self._document.services.values()
            for name, port in service.ports.items()
            if isinstance(port.binding, SoapBinding)
        ]
        if not ports:
            # Some WSDLs leave the service out; then a binding and an address will do.
            ports = [
                (str(etree.QName(name).localname), binding, "")
                for name, binding in self._document.bindings.items()
                if isinstance(binding, SoapBinding)
            ]
        named = [entry for entry in ports if wanted in ("", entry[0])]
        named.sort(key=lambda entry: isinstance(entry[1], Soap12Binding))
        if not named:
            raise DeclarationError(
                f"The WSDL {self._wsdl} has no SOAP port {wanted}. It has: "
                f"{', '.join(name for name, _, _ in ports) or 'none'}."
            )
        _, binding, found = named[0]
        return binding, address or found

    def _signature(self, operation: Any) -> str:
        try:
            return str(operation.input.signature()) or "none"
        except Exception:  # noqa: BLE001  (only a hint; zeep fails on some types here)
            return "what its WSDL says"

    def _unusable(self, why: str) -> DeclarationError:
        return DeclarationError(
            f"The WSDL {self._wsdl} can't be used: {why}. Check that it is whole, and that what it "
            "imports is there."
        )


def _named(value: Any) -> dict[str, Any]:
    """The answer as an object; a simple one under the name `value`."""
    if isinstance(value, dict):
        return value
    return {} if value is None else {"value": value}
