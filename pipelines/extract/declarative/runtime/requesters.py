"""From a HttpRequester and the scope of a page to the request to be sent.

Belongs here: address, method, declared parameters, headers and bodies. Does not
belong here: sending, judging, or what authenticators and paginators add.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import orjson

from pipelines.errors import DeclarationError, SourceError
from pipelines.extract.declarative.interpolation import compile_mapping, compile_text
from pipelines.extract.declarative.runtime.options import Parts, Values, merge
from pipelines.extract.declarative.runtime.scope import Scope
from resources.http.message import Request

Evaluate = Callable[[Mapping[str, Any]], Any]


class Requester:
    """Makes the requests of one HttpRequester component."""

    def __init__(self, component: Mapping[str, Any]) -> None:
        if component["type"] != "HttpRequester":
            raise DeclarationError(
                f"{component['type']} is no requester that runs here; expected HttpRequester."
            )
        parameters = component.get("$parameters") or {}
        self.method = str(component.get("http_method") or "GET").upper()
        self._base = compile_text(str(component.get("url_base") or ""), parameters)
        self._url = compile_text(str(component.get("url") or ""), parameters)
        self._path = compile_text(str(component.get("path") or ""), parameters)
        declared = _with_body(component)
        self._declared = {
            place: _compile_values(declared[name], parameters, _KINDS.get(place))
            for place, name in _FIELDS.items()
            if declared.get(name)
        }

    def request(self, scope: Scope, added: Sequence[Parts] = (), page_url: str = "") -> Request:
        """The request of one page.

        `added` are the parts of other components; `page_url` is the paginator's
        address of the page, absolute or relative, in place of the path.
        """
        url = self._address(scope, page_url)
        parts = merge([self._own(scope), *added])
        if isinstance(parts.header, str) or isinstance(parts.request_parameter, str):
            raise DeclarationError(
                "Headers and parameters of a request must be fields; an expression in their place "
                "gave text."
            )
        body, kind = _body(parts)
        headers = {str(name): str(value) for name, value in parts.header.items()}
        if kind and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = kind
        return Request(
            method=self.method,
            url=url,
            headers=headers,
            params=_params(url, parts.request_parameter),
            body=body,
        )

    def base(self, scope: Scope) -> str:
        """The address below which the pages of this scope lie."""
        return str(self._base(scope) or "") or str(self._url(scope) or "")

    def _address(self, scope: Scope, page_url: str) -> str:
        path = page_url or str(self._path(scope) or "").lstrip("/")
        base = self.base(scope)
        url = base if not path else urljoin(base if base.endswith("/") else f"{base}/", path)
        if page_url:
            _refuse_stranger(base, url)
        return url

    def _own(self, scope: Scope) -> Parts:
        own = Parts()
        for place, evaluate in self._declared.items():
            values = evaluate(scope)
            if isinstance(values, dict):
                values = {name: value for name, value in values.items() if value is not None}
            elif values is None or not isinstance(values, str):
                values = {}
            setattr(own, place, values)
        return own


_FIELDS = {
    "request_parameter": "request_parameters",
    "header": "request_headers",
    "body_data": "request_body_data",
    "body_json": "request_body_json",
}
_KINDS = {"request_parameter": (str, list), "body_data": (str, list)}
"""What a template may give at these places; all else is sent as its text."""
_BODIES = {
    "RequestBodyPlainText": "request_body_data",
    "RequestBodyUrlEncodedForm": "request_body_data",
    "RequestBodyJsonObject": "request_body_json",
    "RequestBodyGraphQL": "request_body_json",
}


def _with_body(component: Mapping[str, Any]) -> dict[str, Any]:
    """The component's four parts, with `request_body` put where its type belongs."""
    declared = {name: component.get(name) for name in _FIELDS.values()}
    if isinstance(declared["request_parameters"], Mapping):
        declared["request_parameters"] = {
            name: value
            for name, value in declared["request_parameters"].items()
            if not isinstance(value, Mapping)  # QueryProperties, which the reader adds
        }
    body = component.get("request_body")
    if isinstance(body, Mapping):
        name = _BODIES.get(str(body.get("type")))
        if name is None:
            raise DeclarationError(
                f"{body.get('type')} is no request body. Known: {', '.join(sorted(_BODIES))}."
            )
        declared[name] = body["value"]
        if isinstance(body["value"], Mapping):
            declared[name] = {
                key: value
                for key, value in body["value"].items()
                if value is not None and key not in ("type", "$parameters")
            }
    if declared["request_body_data"] and declared["request_body_json"]:
        raise DeclarationError(
            "The requester declares both request_body_data and request_body_json; a request has "
            "one body. Leave one out."
        )
    return declared


def _compile_values(
    declared: Any, parameters: Mapping[str, Any], kinds: tuple[type, ...] | None
) -> Evaluate:
    if isinstance(declared, Mapping):
        plain = {key: value for key, value in declared.items() if key != "$parameters"}
        return compile_mapping(plain, parameters, valid_types=kinds)
    return compile_text(str(declared), parameters)


def _body(parts: Parts) -> tuple[bytes | None, str | None]:
    """(the body, its media type)."""
    if parts.body_json and parts.body_data:
        raise DeclarationError(
            "One component adds to the request's JSON body and another to its form. Use one kind "
            "of inject_into for all of them."
        )
    if parts.body_json:
        text = parts.body_json
        return (text.encode() if isinstance(text, str) else orjson.dumps(text)), "application/json"
    if isinstance(parts.body_data, str) and parts.body_data:
        return parts.body_data.encode(), None
    if parts.body_data:
        form = urlencode(_strings(parts.body_data), doseq=True)
        return form.encode(), "application/x-www-form-urlencoded"
    return None, None


def _params(url: str, params: Values) -> dict[str, str | list[str]]:
    """The parameters as strings, without those that the address already carries."""
    known = parse_qs(urlsplit(url).query)
    return {
        name: value
        for name, value in _strings(params).items()
        if known.get(name, [None])[0] != value
    }


def _strings(values: Values) -> dict[str, str | list[str]]:
    assert not isinstance(values, str)
    found: dict[str, str | list[str]] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            raise DeclarationError(
                f"The parameter {name!r} is an object; a parameter or form field is text, a number "
                "or a list of these."
            )
        if isinstance(value, list | tuple):
            found[str(name)] = [str(item) for item in value]
        elif value is not None:
            found[str(name)] = str(value)
    return found


def _refuse_stranger(base: str, url: str) -> None:
    """The credentials must not follow a page's address to somebody else's host."""
    here, there = urlsplit(base).hostname or "", urlsplit(url).hostname or ""
    if owner_of(here) != owner_of(there):
        raise SourceError(
            f"The answer of {here} names {there} as the host of its next page. The credentials are "
            "not sent to another host; nothing behind this page was read."
        )


def owner_of(host: str) -> str:
    """The end of a host's name that one owner has: example.com, example.co.uk, an address."""
    labels = host.split(".")
    if labels[-1].isdigit():
        return host
    is_shared = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3:] if is_shared else labels[-2:])
