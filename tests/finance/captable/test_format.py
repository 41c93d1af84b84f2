"""A kind, a field or a value of the format that the reader does not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import CapTableRefused
from pipelines.finance.captable import values
from pipelines.finance.captable.actions import ACTIONS
from pipelines.finance.captable.kinds import CHOICES, KINDS, READERS
from pipelines.finance.captable.reading import read_documents
from pipelines.finance.captable.references import check_references
from tests.finance.captable.company import documents, issue

MARK = "/schema/"


def schema_of(shared: Path, reference: str) -> dict[str, Any]:
    path = shared / "data/ocf/schema" / reference.split(MARK)[-1]
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def kinds_of(shared: Path) -> dict[str, tuple[set[str], dict[str, Any]]]:
    """Kind → required fields and all fields, inherited ones too, by the schema's files."""
    found = {}
    for path in sorted((shared / "data/ocf/schema/objects").rglob("*.schema.json")):
        schema = json.loads(path.read_text())
        required: set[str] = set()
        fields: dict[str, Any] = {}

        def gather(
            said: dict[str, Any], required: set[str] = required, fields: dict[str, Any] = fields
        ) -> None:
            for parent in said.get("allOf", []):
                gather(schema_of(shared, parent["$ref"]))
            required.update(said.get("required", []))
            fields.update({key: it for key, it in said.get("properties", {}).items() if it})

        gather(schema)
        said = schema["properties"]["object_type"]
        fields.setdefault("comments", {})
        for name in [said["const"]] if "const" in said else said["enum"]:
            found[name] = (required, fields)
    return found


def test_every_kind_of_the_schema_is_known_with_its_fields(shared: Path) -> None:
    kinds = kinds_of(shared)
    assert set(KINDS) == set(kinds)
    listed = schema_of(shared, "enums/ObjectType.schema.json")["enum"]
    assert set(KINDS) == set(listed)
    for name, (required, fields) in kinds.items():
        # A grant without an end says null, which readers of tables can't tell from nothing.
        assert KINDS[name].required == required - {"expiration_date"}, name
        assert KINDS[name].allowed == set(fields) | {"id", "object_type"}, name


def test_every_transaction_of_the_schema_has_an_effect(shared: Path) -> None:
    actions = {KINDS[name].action for name in kinds_of(shared) if name[:3] in {"TX_", "CE_"}}
    assert "" not in actions
    assert actions == set(ACTIONS)


def test_fields_are_read_as_the_schema_types_them(shared: Path) -> None:
    types = {
        "Numeric": values.number,
        "Monetary": values.money,
        "Date": values.day,
        "Ratio": values.ratio,
    }
    reader = {name: it for it, names in READERS.items() for name in names.split()}
    for name, (_, fields) in kinds_of(shared).items():
        for field, said in fields.items():
            of = said.get("$ref", "").rpartition("/")[2].removesuffix(".schema.json")
            if of in types:
                assert reader.get(field) is types[of], (name, field)
            if of and field in CHOICES:
                listed = schema_of(shared, said["$ref"])["enum"]
                assert CHOICES[field] == set(listed), field


def samples(shared: Path) -> dict[str, Any]:
    folder = shared / "data/ocf/samples"
    return {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def test_every_sample_object_and_transaction_loads(shared: Path) -> None:
    files = samples(shared)
    package = read_documents("acme", files)
    written = [item for file in files.values() for item in file.get("items", [])]
    read = [*package.objects(), *package.transactions]
    assert len(read) == len(written) + 1  # the manifest's issuer
    assert {item.id for item in read} > {item["id"] for item in written}


def test_the_samples_are_no_company_and_are_refused_by_object(shared: Path) -> None:
    faults = check_references(read_documents("acme", samples(shared)))
    rules = {fault.rule for fault in faults}
    assert {"security-exists", "stakeholder-exists", "security-unique"} <= rules
    assert all(fault.file.endswith(".ocf.json") and fault.object_id for fault in faults)


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        ({"object_type": "TX_STOCK_GIFT"}, "kind-known", "no object type TX_STOCK_GIFT"),
        ({"quantity": None}, "field-required", "The field quantity is required"),
        ({"quantity": "1,000"}, "field-type", "quantity is '1,000'; expected a number"),
        ({"quantity": 1.5}, "field-type", "expected a number written as text"),
        ({"quantity": "1.00000000001"}, "field-type", "at most ten decimals"),
        ({"date": "2021-02-30"}, "field-type", "a day of the calendar"),
        ({"share_price": {"amount": "1", "currency": "usd"}}, "field-type", "three letters"),
        ({"issuance_type": "GIFT"}, "field-type", "one of FOUNDERS_STOCK, RSA"),
        ({"vestings": [{"date": "2022-01-01"}]}, "field-type", "amount in it as a number"),
        ({"quantty": "1"}, "field-known", "knows no field quantty"),
    ],
)
def test_an_object_that_breaks_the_format_is_refused_by_file_object_and_rule(
    change: dict[str, Any], rule: str, said: str
) -> None:
    item = issue("2021-01-01", "s-1", "ada", quantity="1000") | change
    with pytest.raises(CapTableRefused) as caught:
        read_documents("juniper", documents([item]))
    faults: tuple[Any, ...] = caught.value.faults
    (fault,) = faults
    assert (fault.file, fault.object_id, fault.rule) == ("Transactions.ocf.json", "i-s-1", rule)
    assert said in fault.message
    assert str(fault) in str(caught.value)


def test_every_fault_of_a_package_is_told_at_once() -> None:
    files = documents([issue("2021-01-01", "s-1", "ada")])
    files["Notes.ocf.json"] = {"notes": []}
    files["Stakeholders.ocf.json"]["items"] = [*files["Stakeholders.ocf.json"]["items"], "Ada"]
    with pytest.raises(CapTableRefused, match="juniper has 3 faults"):
        read_documents("juniper", files)
