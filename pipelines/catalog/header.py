"""The header of an SQL file: a block comment at its top that holds YAML.

Belongs here: cutting header and SQL apart, and YAML without its traps (`NO` is
Norway and a date stays text). Does not belong here: what the fields mean.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from pipelines.catalog.problems import Reporter

_HEADER = re.compile(r"\s*/\*(.*?)\*/", re.DOTALL)


def split_header(text: str) -> tuple[str, str, int] | None:
    """(header's YAML, SQL, line of the file where the SQL begins), None without one."""
    text = text.removeprefix("\ufeff")
    found = _HEADER.match(text)
    if found is None:
        return None
    rest = text[found.end() :]
    sql = rest.lstrip()
    line = 1 + text.count("\n", 0, len(text) - len(sql))
    return found[1], sql.rstrip().rstrip(";").rstrip(), line


def read_header(text: str, report: Reporter) -> dict[str, Any] | None:
    """The fields of a header, or None after reporting what is wrong with it."""
    try:
        fields = yaml.load(text, _Loader)  # noqa: S506  (a loader of plain values only)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        # The header's first line is the one of the comment's opening.
        line = f" in line {mark.line + 1}" if mark else ""
        report("header", f"The YAML can't be read{line}: {error.problem or error.context}.")
        return None
    except yaml.YAMLError as error:
        report("header", f"The YAML can't be read: {error}.")
        return None
    if not isinstance(fields, dict):
        report("header", f"Got {type(fields).__name__}; expected fields such as description: …")
        return None
    return fields


class _Loader(yaml.CSafeLoader):
    """YAML 1.2's plain values; a field given twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the field {key.value!r} is given twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


# YAML 1.1 reads NO as false, 12:30 as 750 and 2020-01-01 as a date object.
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+0123456789."),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}",
        re.compile(f"(?:{_pattern})$"),
        [*_first, *(_tag == "null") * [""]],
    )


def _integer(_: yaml.CSafeLoader, node: yaml.ScalarNode) -> int:
    return int(node.value)


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
