"""The code host's REST API: organizations, repositories, releases, issues, commits.

Belongs here: paths, pages by Link header, the limit's headers, bad tokens. Does not
belong here: what the made-up companies publish (`_code` makes that up).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sandbox.apis._code import Content, Item, organization, repositories
from sandbox.apis._pages import zulu
from sandbox.identities import identities
from sandbox.standin import NOW, Asked, RateLimit, Reply, StandIn
from sandbox.universe import Universe

TOKEN = "ghp_sandbox_token"  # noqa: S105  (of the made-up world)
WATCHED = 6
PAGE = 30
LARGEST_PAGE = 100
_DOCS = "https://docs.github.com/rest"
_KINDS = ("issues", "releases", "commits")


class GitHub(StandIn):
    """`/orgs/{org}`, its repositories, and what is in them."""

    name = "github"

    def __init__(self, universe: Universe, now: datetime = NOW) -> None:
        super().__init__(universe, now)
        self.limit = RateLimit(5000, 3600)
        coders = [who for who in identities(universe).companies if who.github]
        self.organizations = {str(who.github): who for who in coders}

    def contents(self, login: str) -> dict[str, Content]:
        """Name → repository of one organization."""
        return {str(c.repository["name"]): c for c in repositories(self.organizations[login])}

    @property
    def watched(self) -> tuple[str, ...]:
        """The organizations that the firm follows."""
        return tuple(self.organizations)[:WATCHED]

    def environment(self, address: str) -> Mapping[str, str]:
        """The token, and the organizations that are followed."""
        return {
            "GITHUB_URL": f"{address}/{self.name}",
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_ORGANIZATIONS": ",".join(self.watched),
            "GITHUB_START_DATE": "2020-01-01",
        }

    def answer(self, asked: Asked) -> Reply:
        """What is asked for, with the limit's headers."""
        if asked.bearer() != TOKEN:
            return _refused(401, "Bad credentials", {})
        allowance = self.limit.take()
        headers = {
            "X-RateLimit-Limit": str(allowance.limit),
            "X-RateLimit-Remaining": str(allowance.remaining),
            "X-RateLimit-Used": str(allowance.limit - allowance.remaining),
            "X-RateLimit-Reset": str(round(time.time() + allowance.reset_s)),
            "X-RateLimit-Resource": "core",
        }
        if not allowance.passed:
            return _refused(403, "API rate limit exceeded for user ID 1.", headers)
        reply = self._resource(asked)
        return Reply(reply.status, {**headers, **reply.headers}, reply.body)

    def refuse(self, status: int, wait_s: float) -> Reply:
        """The secondary limit, which says in Retry-After how long to wait; or a failure."""
        if status == 429:
            text = "You have exceeded a secondary rate limit."
            return _refused(403, text, {"Retry-After": str(round(wait_s))})
        return _refused(status, "Server Error", {})

    def exhausted(self, wait_s: float) -> Reply:
        """The primary limit's end: nothing remains until the reset."""
        reset = str(int(time.time() + wait_s))
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
        return _refused(403, "API rate limit exceeded for user ID 1.", headers)

    def _resource(self, asked: Asked) -> Reply:
        match asked.parts:
            case ("orgs", login) if login in self.organizations:
                return Reply(body=organization(self.organizations[login]))
            case ("orgs", login, "repos") if login in self.organizations:
                own = self.contents(login).values()
                return _page(asked, [content.repository for content in own])
            case ("repos", owner, name, kind) if kind in _KINDS and owner in self.organizations:
                content = self.contents(owner).get(name)
                if content is None:
                    return _refused(404, "Not Found", {})
                if kind == "commits" and not content.commits:
                    return _refused(409, "Git Repository is empty.", {})
                if kind == "issues" and not content.repository["has_issues"]:
                    return _refused(410, "Issues has been disabled in this repository.", {})
                return _page(asked, self._since(asked, kind, content.items(kind)))
        return _refused(404, "Not Found", {})

    def _since(self, asked: Asked, kind: str, found: list[Item]) -> list[Item]:
        """What there is by now, and what changed since; as the parameters ask."""
        until, since = zulu(self.now), asked.get("since")
        found = [item for item in found if _changed(item, kind) <= until]
        if kind == "releases":
            return found
        found = [item for item in found if _changed(item, kind) >= since]
        if kind == "issues":
            if asked.get("state", "open") != "all":
                found = [item for item in found if item["state"] == asked.get("state", "open")]
            field = "updated_at" if asked.get("sort") == "updated" else "created_at"
            newest_first = asked.get("direction", "desc") == "desc"
            found.sort(key=lambda item: (item[field], item["number"]), reverse=newest_first)
        return found


def _changed(item: Mapping[str, Any], kind: str) -> str:
    if kind == "commits":
        return str(item["commit"]["committer"]["date"])
    return str(item["updated_at" if kind == "issues" else "created_at"])


def _page(asked: Asked, found: list[Item]) -> Reply:
    size = min(asked.number("per_page", PAGE), LARGEST_PAGE)
    number = max(1, asked.number("page", 1))
    last = max(1, -(-len(found) // size))
    pages = {"first": 1, "prev": number - 1, "next": number + 1, "last": last}
    wanted = [
        *(("first", "prev") if number > 1 else ()),
        *(("next", "last") if number < last else ()),
    ]
    query = {name: values[-1] for name, values in asked.query.items()}

    def link(relation: str) -> str:
        address = f"{asked.address}{asked.path}?{urlencode({**query, 'page': pages[relation]})}"
        return f'<{address}>; rel="{relation}"'

    headers = {"Link": ", ".join(map(link, wanted))} if wanted else {}
    return Reply(200, headers, found[(number - 1) * size : number * size])


def _refused(status: int, message: str, headers: Mapping[str, str]) -> Reply:
    body = {"message": message, "documentation_url": _DOCS, "status": str(status)}
    return Reply(status, headers, body)


def make(universe: Universe) -> GitHub:
    """The code host of this world."""
    return GitHub(universe)
