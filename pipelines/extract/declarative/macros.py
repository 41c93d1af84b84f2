"""The functions and filters that a manifest's templates may use.

Belongs here: each of them, under its name in templates. Does not belong here: how
templates are compiled.
"""

from __future__ import annotations

import base64
import builtins
import hashlib
import hmac as hmac_module
import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

from jinja2 import Undefined

from pipelines.extract.declarative.datetimes import (
    format_time,
    parse_duration,
    parse_iso,
    parse_time,
)

_DEFAULT_FORMAT: Final = "%Y-%m-%dT%H:%M:%S.%f%z"


def now_utc() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def today_utc() -> date:
    """The date now, in UTC."""
    return datetime.now(UTC).date()


def today_with_timezone(timezone: str) -> date:
    """The date now in a zone, such as `Pacific/Tarawa`."""
    return datetime.now(ZoneInfo(_there(timezone))).date()


def timestamp(dt: float | str) -> int | float:
    """Seconds since 1970 of a time in ISO 8601; a number becomes whole."""
    if isinstance(dt, int | float):
        return int(dt)
    return str_to_datetime(dt).timestamp()


def str_to_datetime(s: str) -> datetime:
    """A time in ISO 8601, in UTC."""
    return parse_iso(_there(s))


def day_delta(num_days: int, format: str = _DEFAULT_FORMAT) -> str:  # noqa: A002 - its name there
    """Now and so many days, formatted."""
    return (datetime.now(UTC) + timedelta(days=num_days)).strftime(format)


def format_datetime(
    dt: str | datetime | int,
    format: str,  # noqa: A002 - its name there
    input_format: str | None = None,
) -> str:
    """A time in another format. Text is ISO 8601, a number seconds, if not told."""
    if isinstance(dt, datetime):
        return dt.strftime(format)
    if isinstance(dt, int):
        time = parse_time(dt, input_format or "%s")
    elif input_format:
        time = datetime.strptime(dt, input_format)  # noqa: DTZ007 - no zone means UTC below
        time = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    else:
        time = str_to_datetime(dt)
    return format_time(time, format)


def _there(value: Any) -> Any:
    """The value, or the error of reading what isn't there, which isn't a TypeError."""
    if isinstance(value, Undefined):
        int(value)  # raises jinja2's UndefinedError, which names what is missing
    return value


def camel_case_to_snake_case(value: str) -> str:
    """`FirstName` → `first_name`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", value).lower()


def generate_uuid() -> str:
    """A random UUID."""
    return str(uuid.uuid4())


def hash_filter(value: Any, hash_type: str = "md5", salt: str | None = None) -> str:
    """The hex digest of a value's text, with a salt after it if given."""
    if hash_type not in hashlib.algorithms_guaranteed or hash_type.startswith("shake"):
        raise ValueError(f"There is no hash {hash_type!r}.")
    digest = hashlib.new(hash_type, str(value).encode(), usedforsecurity=False)
    if salt:
        digest.update(str(salt).encode())
    return digest.hexdigest()


def base64encode(value: str) -> str:
    """Text as base64."""
    return base64.b64encode(value.encode()).decode()


def base64decode(value: str) -> str:
    """The text in base64."""
    return base64.b64decode(value.encode()).decode()


def base64binascii_decode(value: str) -> str:
    """ASCII text as base64: in the vocabulary this filter encodes, despite its name."""
    return base64.standard_b64encode(value.encode("ascii")).decode("ascii")


def string(value: Any) -> str:
    """Text as it is; anything else as JSON that stays text in the result."""
    return value if isinstance(value, str) else f'"""{json.dumps(value)}"""'


def regex_search(value: str, regex: str) -> str:
    """The first group of the first match, or nothing."""
    match = re.search(regex, value)
    return match.group(1) if match and match.groups() else ""


def regex_replace(value: str, regex: str, replacement: str) -> str:
    """The text with every match replaced."""
    return re.sub(regex, replacement, value)


def hmac(value: Any, key: str, hash_type: str = "sha256") -> str:
    """The hex HMAC-SHA256 of a value's text."""
    if hash_type != "sha256":
        raise ValueError(f"hmac knows 'sha256', not {hash_type!r}.")
    return hmac_module.new(str(key).encode(), str(value).encode(), hashlib.sha256).hexdigest()


MACROS: Final[dict[str, Callable[..., Any]]] = {
    "now_utc": now_utc,
    "today_utc": today_utc,
    "today_with_timezone": today_with_timezone,
    "timestamp": timestamp,
    "str_to_datetime": str_to_datetime,
    "max": builtins.max,
    "min": builtins.min,
    "day_delta": day_delta,
    "duration": parse_duration,
    "format_datetime": format_datetime,
    "sanitize_url": quote_plus,
    "camel_case_to_snake_case": camel_case_to_snake_case,
    "generate_uuid": generate_uuid,
}
FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "hash": hash_filter,
    "base64encode": base64encode,
    "base64decode": base64decode,
    "base64binascii_decode": base64binascii_decode,
    "string": string,
    "regex_search": regex_search,
    "regex_replace": regex_replace,
    "hmac": hmac,
}
