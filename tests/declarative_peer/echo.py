"""An API that answers any request, with records that tell what was asked.

Belongs here: answers that depend on nothing but the request, so that two readers
that ask the same are told the same. Does not belong here: what is asked.
"""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from tests.declarative_runtime.server import Reply, Seen

_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_PAGES, _SIZE = 3, 2
_KEPT_HEADERS = ("authorization", "content-type", "x-part", "x-key", "x-page")


def answer(seen: Seen) -> Any:
    """Three pages of two records, the last with one; special paths fail or pack."""
    if (known := _account(seen)) is not None:
        return known
    asked = _asked(seen)
    if "/missing/" in seen.path:
        return Reply({"error": "gone"}, 404)
    if "/closed/" in seen.path:
        return Reply({"error": {"code": "closed", "message": "this one is closed"}}, 403)
    page = _page(asked)
    count = _SIZE if page < _PAGES - 1 else 1 if page == _PAGES - 1 else 0
    seed = zlib.crc32(seen.path.encode()) % 40
    told = _told(seen, asked)
    records = [_record(seed, page * _SIZE + n, told) for n in range(count)]
    return _shaped(seen, records, page)


def _account(seen: Seen) -> Any:
    """Tokens, sessions and jobs."""
    if seen.path == "/token":
        body = dict(parse_qsl(seen.body.decode()))
        return {"access_token": json.dumps(body, sort_keys=True), "expires_in": 3600}
    if seen.path == "/login":
        return {"nested": {"token": f"t-{seen.json()['user']}"}}
    if seen.path == "/jobs":
        return {"id": "j1"}
    if seen.path == "/jobs/j1":
        files = ["https://api.example/file/a", "https://api.example/file/b"]
        return {"status": "done", "files": files, "csvs": ["https://api.example/file/c.csv"]}
    return None


def _asked(seen: Seen) -> dict[str, Any]:
    if seen.body.startswith((b"{", b"[")):
        body = json.loads(seen.body)
        return {**seen.params, **(body if isinstance(body, dict) else {"body": body})}
    return {**seen.params, **dict(parse_qsl(seen.body.decode()))}


def _told(seen: Seen, asked: dict[str, Any]) -> str:
    headers = {name: seen.headers[name] for name in _KEPT_HEADERS if name in seen.headers}
    return json.dumps([seen.method, seen.path, seen.params, headers, asked], sort_keys=True)


def _page(asked: dict[str, Any]) -> int:
    """The page that is asked for, from 0, by whatever name."""
    for name, size in (("page", 1), ("offset", _SIZE), ("cursor", 1), ("after", 1)):
        text = str(asked.get(name, "")).removeprefix("c")
        if text.isdigit():
            return int(text) // size
    return 0


def _record(seed: int, number: int, told: str) -> dict[str, Any]:
    at = _BEGIN + timedelta(days=(seed + number * 3) % 28, hours=number)
    return {
        "id": seed * 100 + number,
        "Name Of": f"Äda {number}",
        "n": number,
        "price": "12.50" if number % 2 else None,
        "day": f"{at:%Y-%m-%d}",
        "iso": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "at": f"{at:%Y-%m-%dT%H:%M:%S.%f}+00:00",
        "ts": int(at.timestamp()),
        "ms": int(at.timestamp() * 1000),
        "tags": [{"key": "a", "v": number}, {"key": "b", "v": None}],
        "nested": {"who": {"name": "x", "Age": number}, "empty": {}, "none": None, "deepId": 4},
        "active": number % 2 == 0,
        "told": told,
    }


def _shaped(seen: Seen, records: list[dict[str, Any]], page: int) -> Any:
    more = page < _PAGES - 1
    path = seen.path
    if path.endswith(".csv"):
        lines = ["id,day,told", *(f"{r['id']},{r['day']},x" for r in records)]
        return Reply("\n".join(lines).encode(), headers={"Content-Type": "text/csv"})
    if path.endswith(".jsonl"):
        return Reply("\n".join(json.dumps(r) for r in records).encode())
    if path.endswith(".gz"):
        packer = zlib.compressobj(wbits=31)
        text = json.dumps({"data": records}).encode()
        return Reply(packer.compress(text) + packer.flush())
    if path.endswith(".xml"):
        rows = "".join(f"<row id='{r['id']}'><day>{r['day']}</day></row>" for r in records)
        return Reply(f"<rows>{rows}</rows>".encode(), headers={"Content-Type": "text/xml"})
    if path.endswith("/list"):
        return records
    if path.endswith("/one"):
        return records[0]
    link = f'<https://api.example{path}?page={page + 1}>; rel="next"' if more else ""
    body = {
        "data": records,
        "items": {"byKey": {"k1": records[:1], "k2": records[1:]}},
        "meta": {"next": f"c{page + 1}" if more else None, "has_more": more, "page": page},
        "links": {"next": f"https://api.example{path}?page={page + 1}"} if more else {},
    }
    headers = {"X-Next": str(page + 1)} if more else {}
    return Reply(body, headers={**headers, **({"Link": link} if link else {})})
