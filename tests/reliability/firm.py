"""A firm whose files change round by round, and what must always hold of its tables.

The same round writes the same bytes into every data folder, so that a run that
is killed can be compared with one that never was.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from pipelines.catalog import Catalog
from pipelines.engine import Engine, run_stream
from pipelines.flow import TableReport
from pipelines.load.hashing import table_hash
from pipelines.load.records import read_state
from pipelines.spec import Column, Csv, FileStream, JsonLines, Source, Unnest
from resources.settings import Settings
from resources.warehouse import Connection, count_rows, table_exists

EVENTS = FileStream(
    name="events",
    files=("events-*.jsonl",),
    format=JsonLines(),
    description="Events, some of them broken.",
    mode="append",
    columns={"n": Column(type="BIGINT")},
    unnest=(Unnest(column="tags", into="tags", keys=("event",)),),
)
COMPANIES = FileStream(
    name="companies",
    files=("companies-*.csv",),
    format=Csv(),
    description="Companies by key.",
    mode="merge",
    key=("id",),
)
RATES = FileStream(
    name="rates",
    files=("rates.csv",),
    format=Csv(),
    description="All rates, written anew each round.",
    mode="replace",
)
PEOPLE = FileStream(
    name="people",
    files=("people.csv",),
    format=Csv(),
    description="People and what became of them.",
    mode="history",
    key=("id",),
)
STREAMS = (EVENTS, COMPANIES, RATES, PEOPLE)
FIRM = Source(name="firm", description="A firm.", owner="x", streams=STREAMS)
TABLES = (
    "raw.firm__events",
    "raw.firm__tags",
    "raw.firm__companies",
    "raw.firm__rates",
    "raw.firm__people",
    "quarantine.firm__events",
)
TIMES = ("_load_id", "_quarantined_at", "_valid_from", "_valid_to")
RATES_ROWS = 400


def open_engine(home: Path, data: Path) -> Engine:
    home.mkdir(parents=True, exist_ok=True)
    return Engine(Settings(home=home, data=data, threads=1), Catalog(sources={"firm": FIRM}))


def run_all(engine: Engine) -> list[TableReport]:
    return [run_stream(engine, FIRM, stream, run_id="run") for stream in STREAMS]


def write_round(data: Path, number: int) -> None:
    """The files of one round; earlier ones stay, grow types, or are written anew."""
    data.mkdir(parents=True, exist_ok=True)
    chance = random.Random(number)
    for part in range(2):
        lines = "\n".join(_event(chance, number, line) for line in range(chance.randint(1, 60)))
        (data / f"events-{number:04d}-{part}.jsonl").write_text(lines + "\n")
    rows = [f"{chance.randint(1, 200)},name {chance.randint(1, 9)}" for _ in range(50)]
    (data / f"companies-{number:04d}.csv").write_text("id,name\n" + "\n".join(rows) + "\n")
    rates = [f"{i},{number}" for i in range(RATES_ROWS)]
    (data / "rates.csv").write_text("id,round\n" + "\n".join(rates) + "\n")
    people = [f"{i},{chance.randint(1, 3)}" for i in range(40) if chance.random() < 0.9]
    (data / "people.csv").write_text("id,role\n" + "\n".join(people) + "\n")


def _event(chance: random.Random, number: int, line: int) -> str:
    amount: float | str = chance.randint(1, 9) if number % 3 else chance.random()
    event: dict[str, object] = {
        "event": f"{number}-{line}",
        "n": "broken" if chance.random() < 0.1 else line,
        "amount": amount,
        "tags": ["a", "b"][: chance.randint(0, 2)],
    }
    if number % 5 == 4:
        event[f"field_{number}"] = {"deep": [line]}
    return json.dumps(event)


def hashes(engine: Engine) -> dict[str, str]:
    """What a run that was never killed must agree with, table by table."""
    with engine.warehouse.read() as connection:
        found = {table: table_hash(connection, table, ignore=TIMES) for table in TABLES}
        for stream in STREAMS:
            state = read_state(connection, f"raw.firm__{stream.name}")
            found[f"state of {stream.name}"] = repr(
                (sorted((f.path, f.blake3) for f in state.files.values()), state.columns)
            )
    return found


def half_states(connection: Connection) -> Iterator[str]:
    """What one snapshot shows that no commit ever made."""
    if not table_exists(connection, "headwater.loads"):
        return
    loads = connection.execute(
        "SELECT table_name, sum(rows_loaded)::BIGINT, sum(rows_quarantined)::BIGINT, "
        "count(*) - count(DISTINCT load_id) FROM headwater.loads WHERE status = 'committed' "
        "GROUP BY ALL"
    ).fetchall()
    for table, loaded, quarantined, twice in loads:
        if twice:
            yield f"{table} has {twice} loads recorded twice"
        if table == "raw.firm__events":
            rows = count_rows(connection, table)
            aside = count_rows(connection, "quarantine.firm__events")
            if (rows, aside) != (loaded, quarantined):
                yield f"{table} has {rows} and {aside} rows, its loads say {loaded}, {quarantined}"
        if table == "raw.firm__rates":
            shown = connection.execute(
                f"SELECT count(*), count(DISTINCT round) FROM {table}"
            ).fetchone()
            if shown != (RATES_ROWS, 1):
                yield f"{table} shows {shown} instead of {RATES_ROWS} rows of one round"
        if table == "raw.firm__people":
            twins = connection.execute(
                f"SELECT id FROM {table} WHERE _is_current GROUP BY id HAVING count(*) > 1"
            ).fetchall()
            if twins:
                yield f"{table} has two current versions of {twins}"
