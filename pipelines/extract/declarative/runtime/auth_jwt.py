"""JSON Web Tokens that this side signs.

Belongs here: the claims that JwtAuthenticator declares, and the signature. Does
not belong here: checking tokens that others signed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from pipelines.errors import ConfigurationError, DeclarationError
from pipelines.extract.declarative.interpolation import compile_condition, compile_mapping
from pipelines.extract.declarative.runtime.auth import text_in

_DEFAULT_LIFE_S = 1200
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_RESERVED = {
    "additional_jwt_headers": {"kid", "alg", "typ", "cty"},
    "additional_jwt_payload": {"iss", "sub", "aud", "iat", "exp", "nbf"},
}


def signed(component: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """A token that is valid from now for `token_duration` seconds."""
    algorithm = str(component["algorithm"])
    header = _section(component, "jwt_headers", ("kid", "typ", "cty"), config)
    now = int(time.time())
    claims = {
        **_section(component, "jwt_payload", ("iss", "sub", "aud"), config),
        "iat": now,
        "exp": now + int(component.get("token_duration") or _DEFAULT_LIFE_S),
        "nbf": now,
    }
    head = {"typ": "JWT", **header, "alg": algorithm}
    text = f"{_base64(orjson.dumps(head))}.{_base64(orjson.dumps(claims))}"
    return f"{text}.{_base64(_signature(text.encode(), algorithm, component, config))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _section(
    component: Mapping[str, Any], name: str, known: tuple[str, ...], config: Mapping[str, Any]
) -> dict[str, Any]:
    declared = component.get(name) or {}
    more_name = f"additional_{name}"
    more = {k: v for k, v in (component.get(more_name) or {}).items() if k != "$parameters"}
    evaluate = compile_mapping(more, component.get("$parameters") or {})
    section = dict(evaluate({"config": config, "json_loads": json.loads}))
    taken = _RESERVED[more_name] & section.keys()
    if taken:
        raise DeclarationError(
            f"{more_name} sets {', '.join(sorted(taken))}, which have fields of their own. Use "
            f"{name} and token_duration."
        )
    for field in known:
        value = text_in({**declared, "$parameters": component.get("$parameters")}, field, config)
        if value:
            section[field] = value
    return section


def _signature(
    text: bytes, algorithm: str, component: Mapping[str, Any], config: Mapping[str, Any]
) -> bytes:
    secret = text_in(component, "secret_key", config)
    encode = component.get("base64_encode_secret_key")
    if isinstance(encode, str):
        encode = compile_condition(encode, component.get("$parameters") or {})({"config": config})
    if encode:
        secret = base64.b64encode(secret.encode()).decode()
    family, size = algorithm[:2], algorithm[2:5]
    if family == "HS" and size in _HASHES:
        return hmac.new(secret.encode(), text, getattr(hashlib, f"sha{size}")).digest()
    key = _private_key(secret, text_in(component, "passphrase", config))
    if isinstance(key, rsa.RSAPrivateKey) and family in ("RS", "PS") and size in _HASHES:
        digest = _HASHES[size]
        fill = (
            padding.PKCS1v15()
            if family == "RS"
            else padding.PSS(padding.MGF1(digest), digest.digest_size)
        )
        return key.sign(text, fill, digest)
    if isinstance(key, ec.EllipticCurvePrivateKey) and family == "ES" and size in _HASHES:
        left, right = decode_dss_signature(key.sign(text, ec.ECDSA(_HASHES[size])))
        width = (key.curve.key_size + 7) // 8
        return left.to_bytes(width, "big") + right.to_bytes(width, "big")
    if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) and algorithm == "EdDSA":
        return key.sign(text)
    raise ConfigurationError(
        f"The secret_key of this source is a {type(key).__name__}, which cannot sign {algorithm}. "
        "Give the key that belongs to the algorithm."
    )


def _private_key(secret: str, passphrase: str) -> Any:
    try:
        pem = secret.replace("\\n", "\n").encode()
        return serialization.load_pem_private_key(pem, passphrase.encode() or None)
    except (ValueError, TypeError):
        raise ConfigurationError(
            "The secret_key of this source is no private key in PEM form, or its passphrase is "
            "wrong. Expected text that begins with -----BEGIN."
        ) from None
