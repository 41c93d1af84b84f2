"""The generated inputs of `benchmarks.files`: the same rows as CSV, JSON Lines
and a workbook, and the types that every contender is told to use.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

TYPES = {
    "id": "BIGINT",
    "name": "VARCHAR",
    "website": "VARCHAR",
    "sector": "VARCHAR",
    "founded_on": "DATE",
    "amount_usd": "DECIMAL(18,2)",
    "created_at": "TIMESTAMP",
    "active": "BOOLEAN",
    "employees": "INTEGER",
    "note": "VARCHAR",
    "external_id": "VARCHAR",
    "score": "DOUBLE",
}
"""Twelve columns of the kinds that exports of a fund's systems hold."""

_ROWS = """
SELECT i AS id,
  'company ' || (i * 7919 % 1000003) AS name,
  'https://www.domain' || (i % 500000) || '.com/about' AS website,
  ['SaaS', 'Fintech', 'Bio', 'AI', 'Hardware'][1 + i % 5] AS sector,
  (DATE '2000-01-01' + (i % 9000)::INTEGER) AS founded_on,
  ((i * 1237) % 100000000 / 100.0)::DECIMAL(18,2) AS amount_usd,
  (TIMESTAMP '2010-01-01 00:00:00' + INTERVAL (i) SECOND) AS created_at,
  (i % 3 = 0) AS active,
  (i * 17 % 5000)::INTEGER AS employees,
  CASE WHEN i % 10 = 0 THEN NULL
       ELSE 'a note, with a comma and "quotes" inside, on number ' || i
            || repeat(' more', (i % 6)::INTEGER)
  END AS note,
  md5(i::VARCHAR) AS external_id,
  (i % 1000) / 7.0::DOUBLE AS score
FROM range(1, {rows} + 1) numbers(i)
"""


def write_text(folder: Path, rows: int, kind: str) -> Path:
    """`rows` rows as `csv` or `jsonl`; made once and kept."""
    target = folder / f"rows_{rows}.{kind}"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        half_done = target.with_suffix(".making")
        form = "FORMAT csv, HEADER" if kind == "csv" else "FORMAT json"
        query = _ROWS.format(rows=rows)
        if kind == "jsonl":
            iso = "strftime(created_at, '%Y-%m-%dT%H:%M:%S') AS created_at"
            query = f"SELECT * REPLACE ({iso}) FROM ({query})"
        duckdb.connect().execute(f"COPY ({query}) TO '{half_done}' ({form})")
        half_done.rename(target)
    return target


def write_workbook(folder: Path, rows: int) -> Path:
    """`rows` rows as the first sheet of an xlsx; made once and kept."""
    import openpyxl

    target = folder / f"rows_{rows}.xlsx"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Sheet1")
        sheet.append(list(TYPES))
        for row in duckdb.connect().execute(_ROWS.format(rows=rows)).fetchall():
            sheet.append(row)
        book.save(target)
    return target


if __name__ == "__main__":
    print(json.dumps(TYPES), file=sys.stdout)
