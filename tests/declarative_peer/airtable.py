"""Bases, tables with typed fields, and their records, as Airtable's manifest asks for them."""

from __future__ import annotations

from typing import Any

from tests.declarative_runtime.server import Reply, Seen

CONFIG = {"credentials": {"auth_method": "api_key", "api_key": "k"}}
_FIELDS = (
    {"name": "Deal Name", "type": "singleLineText"},
    {"name": "Size", "type": "currency"},
    {"name": "Open", "type": "checkbox"},
    {"name": "Tags", "type": "multipleSelects"},
    {"name": "Made", "type": "formula", "options": {"formula": "1", "result": {"type": "number"}}},
)


def answer(seen: Seen) -> Any:
    """Two bases, two tables in each, two pages of records in each table."""
    steps = seen.path.strip("/").split("/")[1:]
    if steps == ["meta", "bases"]:
        allowed = {"permissionLevel": "create"}
        if "offset" not in seen.params:
            bases = [{"id": "b1", "name": "Deal Flow", **allowed}, {"id": "b0", "name": "No"}]
            return {"bases": bases, "offset": "o1"}
        return {"bases": [{"id": "b2", "name": "Fund", **allowed}]}
    if steps[:2] == ["meta", "bases"] and steps[3:] == ["tables"]:
        return {
            "tables": [
                {"id": f"{steps[2]}t{n}", "name": f"Table {n}", "fields": list(_FIELDS)}
                for n in (1, 2)
            ]
        }
    if len(steps) == 2:
        begin = 2 if "offset" in seen.params else 0
        page = {"records": [_record(steps[1], begin + n) for n in range(2)]}
        return page if begin else {**page, "offset": "o1"}
    return Reply({"error": "no such path"}, 404)


def _record(table: str, number: int) -> dict[str, Any]:
    fields: dict[str, Any] = {"Deal Name": number, "Size": "12.5", "Open": "true", "Tags": ["a"]}
    made = {"id": f"{table}r{number}", "createdTime": "2024-01-01T00:00:00.000Z"}
    return {**made, "fields": {} if number == 3 else fields}
