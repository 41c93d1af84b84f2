"""Products of two shops, matched without labels: a stress test of how a model is learned.

`python -m benchmarks.products FOLDER` reads the sets D2 (Abt and Buy) and D3 (Amazon and
Google) below a folder, learns a model for products exactly as one for organizations is
learned (`u` within each shop, `m` by expectation-maximisation), joins one to one, and
prints precision, recall and F1 beside what is published for methods without labels.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.matching.clusters import Edge, Member, cluster
from pipelines.matching.comparisons import Comparison, Level, settings
from pipelines.matching.learning import alike, different
from pipelines.matching.scoring import quiet

SETS = {"D2": ("abt.csv", "buy.csv", "|"), "D3": ("amazon.csv", "gp.csv", "#")}
PUBLISHED = {"D2": ("ZeroER, SIGMOD 2020", 0.52), "D3": ("ZeroER, SIGMOD 2020", 0.48)}
_WORD = re.compile(r"[a-z0-9]+")
_FREQUENT = 0.04
_MATCH = 0.5
_SHARED = "len(list_intersect(words_l, words_r))"
_OVERLAP = f"{_SHARED} / greatest(1, least(len(words_l), len(words_r)))"
COMPARISONS = (
    Comparison(
        "words",
        "len(words_l) = 0 OR len(words_r) = 0",
        (
            Level("most in common", f"{_OVERLAP} >= 0.8 AND {_SHARED} >= 3", 0.3),
            Level("many in common", f"{_OVERLAP} >= 0.6 AND {_SHARED} >= 3", 0.3),
            Level("half in common", f"{_OVERLAP} >= 0.45 AND {_SHARED} >= 2", 0.2),
            Level("some in common", f"{_OVERLAP} >= 0.3", 0.12),
            Level("fewer", "ELSE", 0.08),
        ),
    ),
    Comparison(
        "codes",
        "len(codes_l) = 0 OR len(codes_r) = 0",
        (
            Level("one in common", "list_has_any(codes_l, codes_r)", 0.8),
            Level("none in common", "ELSE", 0.2),
        ),
    ),
    Comparison(
        "price",
        "price_l IS NULL OR price_r IS NULL",
        (
            Level("same", "abs(price_l - price_r) <= 0.03 * greatest(price_l, price_r)", 0.35),
            Level("near", "abs(price_l - price_r) <= 0.25 * greatest(price_l, price_r)", 0.4),
            Level("far", "ELSE", 0.25),
        ),
    ),
)


def read(folder: Path, name: str) -> tuple[list[dict[str, Any]], set[tuple[str, str]]]:
    """Products of both shops, and the pairs that are truly one."""
    *files, mark = SETS[name]
    found: list[dict[str, Any]] = []
    for shop, file in enumerate(files):
        with (folder / name / file).open(encoding="utf-8", errors="replace", newline="") as lines:
            found += [_product(str(shop), row) for row in csv.DictReader(lines, delimiter=mark)]
    with (folder / name / "gt.csv").open(newline="") as lines:
        rows = list(csv.reader(lines, delimiter=mark if name == "D3" else "|"))[1:]
    return found, {(f"0:{row[0].strip()}", f"1:{row[1].strip()}") for row in rows if len(row) > 1}


def _product(shop: str, row: dict[str, Any]) -> dict[str, Any]:
    title = str(row.get("name") or row.get("title") or "").lower()
    words = list(dict.fromkeys(_WORD.findall(title)))
    codes = [w for w in _WORD.findall(title.replace("-", "")) if len(w) > 3 and not w.isalpha()]
    price = re.search(r"\d[\d,]*\.?\d*", str(row.get("price") or ""))
    amount = float(price[0].replace(",", "")) if price else 0.0
    return {
        "record_id": f"{shop}:{row['id']}",
        "scope": shop,
        "words": words,
        "codes": list(dict.fromkeys(codes)),
        "code": codes[-1] if codes else None,
        "rarest": None,
        "price": amount or None,
    }


def f1(folder: Path, name: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of one set."""
    products, truth = read(folder, name)
    _leave_frequent_out(products)
    connection = duckdb.connect()
    connection.register("made", pa.Table.from_pylist(products))
    connection.execute("CREATE TABLE match_input AS FROM made")
    prior = min(len({p["record_id"] for p in products if p["scope"] == "0"}), 1_000) / (
        len(products) ** 2 / 2
    )
    assumed = {each.name: [level.m for level in each.levels] for each in COMPARISONS}
    u = different(connection, COMPARISONS)
    m, _ = alike(
        connection, prior, assumed, u, comparisons=COMPARISONS, sessions=("rarest", "code")
    )
    edges = _edges(connection, settings(prior, m, u, ["1 = 1"], COMPARISONS))
    members = {p["record_id"]: Member(p["scope"], p["record_id"]) for p in products}
    groups = cluster(members, edges, [], _MATCH)[0].groups()
    said = {(group[0], group[1]) for group in groups if len(group) == 2}
    right = len(said & truth)
    precision, recall = right / max(len(said), 1), right / len(truth)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def _leave_frequent_out(products: list[dict[str, Any]]) -> None:
    """Words that many products have tell nothing; the rarest one chooses pairs to learn from."""
    counts = Counter(word for product in products for word in product["words"])
    for product in products:
        rare = [w for w in product["words"] if counts[w] <= max(3, _FREQUENT * len(products))]
        product["words"] = rare
        shared = [word for word in rare if counts[word] > 1]
        product["rarest"] = min(shared, key=lambda word: (counts[word], word), default=None)


def _edges(connection: duckdb.DuckDBPyConnection, given: dict[str, Any]) -> list[Edge]:
    connection.execute(
        "CREATE TABLE blocked AS SELECT DISTINCT '0' AS match_key, l.record_id AS join_key_l, "
        "r.record_id AS join_key_r "
        "FROM (SELECT record_id, scope, unnest(words || codes) AS word FROM match_input) AS l "
        "JOIN (SELECT record_id, scope, unnest(words || codes) AS word FROM match_input) AS r "
        "ON l.word = r.word AND l.scope < r.scope"
    )
    with quiet():
        from splink import DuckDBAPI, Linker

        api = DuckDBAPI(connection)
        linker = Linker(api.register("match_input"), given, log_level=None)
        linker.table_management.register_blocked_pairs_for_predict(api.register("blocked"))
        found = linker.inference.predict(_MATCH, warning_mode="never").physical_name
    rows = connection.execute(
        f"SELECT record_id_l, record_id_r, match_probability FROM {found}"
    ).fetchall()
    return [Edge(*row) for row in rows]


def main() -> int:
    """Print the figures of both sets."""
    folder = Path(sys.argv[1])
    for name in SETS:
        precision, recall, score = f1(folder, name)
        source, published = PUBLISHED[name]
        print(
            f"{name}: precision {precision:.3f}, recall {recall:.3f}, F1 {score:.3f} "
            f"({source}: {published})"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
