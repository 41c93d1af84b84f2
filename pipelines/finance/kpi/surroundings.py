"""What stands around a row, and whether it limits what the row's label says.

Belongs here: headings over rows, texts beside labels, names of sheets and files. Does
not belong here: labels themselves.

“Customers” under “New”, “Revenue” under “Germany” and a table titled “Budget” are not
what their labels say. A heading that isn't known to limit nothing is asked about.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.finance.kpi.blocks import Block, Row
from pipelines.finance.kpi.labels import names_metric, take_apart
from pipelines.finance.kpi.periods import SCENARIO_OF, Scenario, scenario_of
from pipelines.finance.kpi.units import unit_of
from pipelines.finance.kpi.wording import words

_LIMITS = frozenset(
    word
    for line in (
        "new neu neue nouveaux nuevos churn churned lost growth wachstum croissance variance delta",
        "change yoy mom qoq prior previous last vs per average avg opening beginning target",
        "contracted committed margin abweichung vorjahr ecart variation ytd ltm ttm cumulative",
    )
    for word in line.split()
)
_NEUTRAL = frozenset(
    words(each)
    for line in (
        "kpi|kpis|key metrics|key figures|key performance indicators|main kpis|metrics|summary",
        "overview|financials|financial kpis|financial metrics|finance|finances|p&l|pnl|p and l",
        "profit and loss|profit & loss|income statement|balance sheet|cash flow|cashflow",
        "cash flow statement|liquidity|saas|saas metrics|saas kpis|operations|operating metrics",
        "operational kpis|operating kpis|unit economics|team|people|hr|sales|commercial",
        "retention|customer metrics|guv|gewinn und verlustrechnung|bilanz|finanzen|kennzahlen",
        "finanzkennzahlen|personal|vertrieb|uebersicht|liquiditaet|compte de resultat|finance",
        "indicateurs|indicateurs cles|equipe|ventes|cuenta de resultados|indicadores|equipo",
        "metric|item|line item|description|position|kennzahl|indicateur|figure|total|company",
    )
    for each in line.split("|")
)  # fmt: skip
_SUMS = frozenset(
    "ytd ltm ttm cumulative cumulated cumul cumule kumuliert rolling acumulado average".split()  # noqa: SIM905  (one line to read)
)
_NOTE = 6
"""A text of more words than this is a remark and heads nothing."""


def doubt_of(row: Row) -> str | None:
    """Why what stands over or beside a row may limit it; None where nothing does."""
    for text in (row.section, *row.asides):
        if text is not None and _limits(text):
            return f"It stands with “{text}”, which may limit it."
    return None


def _limits(text: str) -> bool:
    said = take_apart(text).core
    if not said or len(said) > _NOTE or said in _NEUTRAL or scenario_of(text) or unit_of(text):
        return False
    return bool(_LIMITS.intersection(words(text))) or not names_metric(said)


def scenario_named(text: str) -> Scenario | None:
    """The one scenario among the words of a sheet's or a file's name."""
    found = {SCENARIO_OF[word] for word in words(text) if word in SCENARIO_OF}
    return found.pop() if len(found) == 1 else None


def title_doubt(block: Block) -> str | None:
    """Whether a short text over a table speaks of a budget or forecast."""
    for text in _titles(block):
        if scenario_named(text) in ("budget", "forecast"):
            return f"“{text}” stands over the table; are these actual figures?"
    return None


def sum_doubt(block: Block) -> str | None:
    """Whether a table's title or its sheet's name speaks of sums over several periods."""
    for text in (block.sheet.name, *_titles(block)):
        if _SUMS.intersection(words(text)):
            return f"“{text}” stands over the table; are these figures of the period alone?"
    return None


def _titles(block: Block) -> Iterator[str]:
    """Short texts over a table, and those at the crossing of its labels and periods."""
    for cell in block.sheet.cells.values():
        over = cell.row <= block.top_left[0] and cell.place not in block.places
        if cell.kind == "text" and over and len(words(cell.value)) <= _NOTE:
            yield cell.value
    yield from (cell.value for row in block.rows[:1] for cell in row.corner)
