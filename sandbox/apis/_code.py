"""What the made-up companies publish as code: repositories, issues, releases, commits.

Belongs here: the objects, in the shape of the code host's answers. Does not belong
here: how they are asked for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from sandbox.apis._pages import HORIZON, moment, zulu
from sandbox.identities import Identity, Person
from sandbox.universe import TODAY

Item = dict[str, Any]
_VERBS = ["Fix", "Speed-up", "Document", "Rename", "Test", "Refuse", "Split", "Measure"]
_NOUNS = ["parser", "cache", "scheduler", "login", "export", "schema", "worker", "pager"]
_LANGUAGES = ("Python", "TypeScript", "Go", "Rust", None)


@dataclass(frozen=True)
class Content:
    """One repository and what is in it; commits and releases newest first."""

    owner: str
    repository: Item
    issues: list[Item] = field(default_factory=list)
    releases: list[Item] = field(default_factory=list)
    commits: list[Item] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return str(self.repository["full_name"])

    def items(self, kind: str) -> list[Item]:
        """A copy of one of the lists."""
        return list(getattr(self, kind))


def organization(who: Identity) -> Item:
    """The public profile of a company's organization."""
    return {
        "login": who.github,
        "id": who.number_in("github"),
        "name": who.name_in("github").strip(),
        "blog": f"https://{who.domain}",
        "location": who.company.city,
        "email": None,
        "is_verified": who.company.number % 2 == 0,
        "public_repos": len(_names(who)),
        "followers": who.company.people,
        "created_at": f"{who.company.founded}T09:00:00Z",
        "updated_at": zulu(moment(who.chance("github", "org"), who.company.founded, TODAY)),
        "type": "Organization",
    }


@lru_cache(maxsize=64)
def repositories(who: Identity) -> tuple[Content, ...]:
    """A company's repositories: the first is busy, the last is empty and takes no issues."""
    return tuple(_content(who, place, name) for place, name in enumerate(_names(who)))


def _names(who: Identity) -> list[str]:
    base = str(who.github)
    return [base, f"{base}-cli", f"{base}.github.io"][: 1 + who.company.number % 3]


def _content(who: Identity, place: int, name: str) -> Content:
    chance = who.chance("github", name)
    number = who.number_in("github", "repository") * 10 + place
    bare = place == 2
    first = max(who.company.founded, TODAY - timedelta(days=1500))
    created = moment(chance, first, TODAY - timedelta(days=60))
    made = {
        "id": number,
        "name": name,
        "full_name": f"{who.github}/{name}",
        "private": False,
        "owner": {"login": who.github, "id": who.number_in("github"), "type": "Organization"},
        "description": None if bare else f"The {chance.choice(_NOUNS)} of {who.company.name}",
        "fork": False,
        "archived": False,
        "has_issues": not bare,
        "language": None if bare else chance.choice(_LANGUAGES),
        "topics": [who.company.category],
        "license": None if bare else {"key": "mit", "name": "MIT License", "spdx_id": "MIT"},
        "stargazers_count": 0 if bare else chance.randint(0, 40_000),
        "forks_count": 0 if bare else chance.randint(0, 900),
        "open_issues_count": 0 if bare else chance.randint(0, 90),
        "default_branch": "main",
        "created_at": zulu(created),
        "updated_at": zulu(moment(chance, created.date(), TODAY)),
        "pushed_at": zulu(moment(chance, created.date(), TODAY)),
    }
    if bare:
        return Content(str(who.github), made)
    count = 130 if place == 0 else 12
    return Content(
        str(who.github),
        made,
        issues=[_issue(who, chance, made, n, created.date()) for n in range(1, count + 1)],
        releases=_newest(_release(who, chance, made, n, created.date()) for n in range(1, 6)),
        commits=_newest(_commit(who, chance, made, n, created.date()) for n in range(count)),
    )


def _newest(items: Any) -> list[Item]:
    def made_on(item: Item) -> str:
        return str(item["commit"]["committer"]["date"] if "commit" in item else item["created_at"])

    return sorted(items, key=made_on, reverse=True)


def _user(person: Person) -> Item:
    login = person.email.partition("@")[0].replace(".", "-")
    number = int(hashlib.sha256(login.encode()).hexdigest()[:6], 16)
    return {"login": login, "id": number, "type": "User"}


def _issue(who: Identity, chance: Random, repository: Item, number: int, first: date) -> Item:
    created = moment(chance, first, TODAY)
    updated = moment(chance, created.date() + timedelta(days=1), HORIZON)
    closed = chance.random() < 0.6
    issue: Item = {
        "id": repository["id"] * 1000 + number,
        "number": number,
        "title": f"{chance.choice(_VERBS)} the {chance.choice(_NOUNS)}",
        "state": "closed" if closed else "open",
        "user": _user(chance.choice(who.people)),
        "labels": [{"name": "bug", "color": "d73a4a"}] if chance.random() < 0.4 else [],
        "comments": chance.randint(0, 20),
        "created_at": zulu(created),
        "updated_at": zulu(updated),
        "closed_at": zulu(updated) if closed else None,
        "body": None if number % 9 == 0 else "It should, and it doesn’t.",
        "repository_url": f"https://api.github.com/repos/{repository['full_name']}",
    }
    if chance.random() < 0.3:
        issue["pull_request"] = {"merged_at": issue["closed_at"]}
    return issue


def _release(who: Identity, chance: Random, repository: Item, number: int, first: date) -> Item:
    at = zulu(moment(chance, first))
    return {
        "id": repository["id"] * 100 + number,
        "tag_name": f"v0.{number}.0",
        "name": None if number == 1 else f"0.{number}",
        "draft": False,
        "prerelease": number == 1,
        "author": _user(who.people[0]),
        "created_at": at,
        "published_at": at,
        "assets": [],
    }


def _commit(who: Identity, chance: Random, repository: Item, number: int, first: date) -> Item:
    person = chance.choice(who.people)
    signed = {
        "name": person.name,
        "email": person.email,
        "date": zulu(moment(chance, first)),
    }
    text = f"{chance.choice(_VERBS)} the {chance.choice(_NOUNS)}"
    sha = hashlib.sha1(f"{repository['id']}/{number}".encode(), usedforsecurity=False)
    return {
        "sha": sha.hexdigest(),
        "commit": {"author": signed, "committer": signed, "message": text, "comment_count": 0},
        "author": _user(person) if number % 5 else None,
        "committer": _user(person) if number % 5 else None,
        "parents": [],
    }
