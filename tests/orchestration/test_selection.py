from __future__ import annotations

import pytest

from pipelines.catalog import Catalog
from pipelines.errors import ConfigurationError
from pipelines.orchestration import build_definitions
from pipelines.orchestration.keys import table_of
from pipelines.orchestration.selection import select, translate
from resources.settings import Settings


@pytest.fixture
def choose(shop: Settings, catalog: Catalog):  # type: ignore[no-untyped-def]
    graph = build_definitions(shop, catalog).resolve_asset_graph()
    return lambda *texts: [table_of(key) for key in select(graph, texts)]


@pytest.mark.parametrize(
    ("texts", "tables"),
    [
        (["core.sale"], ["core.sale"]),
        (["+core.sale"], ["core.sale", "raw.shop__sales"]),
        (["core.sale+1"], ["core.sale", "marts.turnover", "sale_count"]),
        (["core.sale", "core.person"], ["core.person", "core.sale"]),
        (["core.*"], ["core.person", "core.sale"]),
        (['key:"core/sale"'], ["core.sale"]),
        (["group:marts or core.person"], ["core.person", "marts.turnover"]),
        (["group:core and not core.sale"], ["core.person"]),
        (["key:sale_count"], ["sale_count"]),
        (["raw.shop__basket_items"], ["raw.shop__basket_items", "raw.shop__baskets"]),
    ],
)
def test_tables_and_dagsters_syntax_are_understood(  # type: ignore[no-untyped-def]
    choose, texts: list[str], tables: list[str]
) -> None:
    assert choose(*texts) == tables


def test_no_selection_is_everything(choose) -> None:  # type: ignore[no-untyped-def]
    assert len(choose()) == 8


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("core.sales", "core.sale"),
        ("turnover", "marts.turnover"),
        ("group:cores", "group:core"),
        ("core.sale and (", "understood"),
    ],
)
def test_what_matches_nothing_gets_help(choose, text: str, hint: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigurationError, match=hint):
        choose("core.person", text)


def test_keys_in_quotes_are_left_alone() -> None:
    assert translate('key:"a.b" or core.sale+2') == 'key:"a.b" or key:"core/sale"+2'
