"""A small shop: two sources' files, models on them, a rule, and Dagster on top."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from pipelines.catalog import Catalog
from pipelines.catalog.load import load_catalog
from pipelines.orchestration import RunReport, Silent, build_definitions
from pipelines.orchestration.nightly import run_config
from resources.settings import Settings

SHOP = """
from pipelines.spec import Check, Column, Csv, FileStream, Json, Source, Unnest

SOURCE = Source(
    name="shop",
    description="A shop.",
    owner="data@shop.example",
    homepage="https://shop.example",
    streams=(
        FileStream(
            name="sales",
            files=("shop/sales*.csv",),
            format=Csv(),
            description="Every sale.",
            mode="merge",
            key=("sale_id",),
            columns={
                "sale_id": Column(type="BIGINT", description="Number of the sale."),
                "price": Column(type="DECIMAL(12,2)", description="What was paid.", unit="EUR"),
            },
            checks=(
                Check(
                    expectation="expect_column_values_to_be_between",
                    arguments={"column": "price", "min_value": 0},
                ),
                Check(
                    expectation="expect_column_values_to_be_between",
                    arguments={"column": "price", "max_value": 1000},
                    severity="warning",
                ),
            ),
        ),
        FileStream(
            name="baskets",
            files=("shop/baskets*.json",),
            format=Json(),
            description="Baskets with their items.",
            unnest=(Unnest(column="items", into="basket_items", keys=("basket_id",)),),
        ),
    ),
)
"""
PEOPLE = """
from pipelines.spec import Csv, FileStream, Source

SOURCE = Source(
    name="people",
    description="Who works here.",
    owner="team:people",
    streams=(
        FileStream(
            name="staff", files=("people/*.csv",), format=Csv(), description="Staff."
        ),
    ),
)
"""
SALE = """/*
description: Sales as agreed.
owner: data@shop.example
key: [sale_id]
columns:
  sale_id: Number of the sale.
  price_eur: {description: What was paid., unit: EUR}
*/
SELECT sale_id, price AS price_eur FROM raw.shop__sales
"""
PERSON = """/*
description: Staff as agreed.
owner: data@shop.example
key: [name]
columns:
  name: The name.
*/
SELECT name FROM raw.people__staff
"""
TURNOVER = """/*
description: Turnover.
owner: data@shop.example
key: [turnover_eur]
columns:
  turnover_eur: {description: Sum of all sales., unit: EUR}
*/
SELECT sum(price_eur) AS turnover_eur FROM core.sale
"""
RULE = """/*
description: Nobody is called like a price.
severity: warning
table: core.sale
*/
SELECT s.sale_id FROM core.sale s JOIN core.person p ON p.name = s.price_eur::VARCHAR
"""
CUSTOM = """
import dagster as dg

from resources.warehouse import Warehouse


@dg.asset(deps=[dg.AssetKey(["core", "sale"])], description="Counts the sales.")
def sale_count(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    with warehouse.read() as connection:
        rows = connection.execute("SELECT count(*) FROM core.sale").fetchone()
    return dg.MaterializeResult(metadata={"sales": rows[0]})
"""
FILES = {
    "sources/shop.py": SHOP,
    "sources/people.py": PEOPLE,
    "models/core/sale.sql": SALE,
    "models/core/person.sql": PERSON,
    "models/marts/turnover.sql": TURNOVER,
    "checks/odd_names.sql": RULE,
    "custom/counts.py": CUSTOM,
}
DATA = {
    "shop/sales.csv": "sale_id,price\n1,10.50\n2,20.25\n",
    "shop/baskets.json": '[{"basket_id": 1, "items": [{"sku": "a"}, {"sku": "b"}]}]',
    "people/staff.csv": "name\nAda\nGrace\n",
}


class Kept(Silent):
    """Keeps what an observer is told."""

    def __init__(self) -> None:
        self.reports: list[RunReport] = []

    def ended(self, report: RunReport) -> None:
        self.reports.append(report)

    @property
    def last(self) -> RunReport:
        return self.reports[-1]

    def statuses(self) -> dict[str, str]:
        return {table.table: table.status for table in self.last.tables}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Settings:
    """Settings of an installation with the shop's files and declarations."""
    assert settings.data is not None
    write(tmp_path / "assets", FILES)
    write(settings.data, DATA)
    return settings.model_copy(update={"assets": (tmp_path / "assets",)})


@pytest.fixture
def catalog(shop: Settings) -> Catalog:
    return load_catalog(shop.assets, built_in=False)


@pytest.fixture
def kept() -> Kept:
    return Kept()


Nightly = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def nightly(shop: Settings, catalog: Catalog, kept: Kept) -> Nightly:
    """Runs the nightly job, or some assets of it, as a fresh process would."""

    def run(*keys: str, instance: dg.DagsterInstance | None = None) -> dg.ExecuteInProcessResult:
        job = build_definitions(shop, catalog, observer=kept).resolve_job_def("nightly")
        selection = [dg.AssetKey(key.split(".")) for key in keys]
        return job.execute_in_process(
            run_config=run_config(),
            instance=instance,
            raise_on_error=False,
            asset_selection=selection or None,
        )

    return run
