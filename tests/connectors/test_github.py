"""GitHub: pages by Link, since, both limits, and the vendor's own recorded answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import CredentialsRefused, RequestRefused
from sandbox.apis._code import Content, organization
from sandbox.apis.github import GitHub
from sandbox.standin import Asked, Reply, StandIn
from tests.connectors.contract import NOW, POLICY, UNIVERSE, Bench, Fault, bench, records

NOW_TEXT = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def github() -> Iterator[Bench]:
    with bench("github") as made:
        yield made


def _host(github: Bench) -> GitHub:
    assert isinstance(github.stand_in, GitHub)
    return github.stand_in


def _watched(github: Bench, kind: str) -> list[dict[str, Any]]:
    return [
        {**item, "repository": content.full_name}
        for content in _contents(github)
        for item in content.items(kind)
    ]


def _contents(github: Bench) -> list[Content]:
    host = _host(github)
    return [content for login in host.watched for content in host.contents(login).values()]


def _ids(found: list[dict[str, Any]], field: str = "id") -> list[Any]:
    return sorted(item[field] for item in found)


def test_organizations_and_all_their_repositories_arrive(github: Bench) -> None:
    host = _host(github)
    expected = [organization(host.organizations[login]) for login in host.watched]
    assert github.read("organizations") == expected
    assert github.read("repositories") == [content.repository for content in _contents(github)]


def test_issues_of_several_pages_arrive_once_with_their_repository(github: Bench) -> None:
    found = github.read("issues")
    expected = [i for i in _watched(github, "issues") if i["updated_at"] <= NOW_TEXT]
    assert sorted(found, key=lambda i: i["id"]) == sorted(expected, key=lambda i: i["id"])
    assert any(e.asked.get("page") == "2" for e in github.running.requests)


def test_releases_and_commits_arrive_and_an_empty_repository_is_no_error(github: Bench) -> None:
    commits = github.read("commits")
    made = _watched(github, "commits")
    told = [c for c in made if c["commit"]["committer"]["date"] <= NOW_TEXT]
    assert _ids(commits, "sha") == _ids(told, "sha")
    assert all(c["committed_at"] == c["commit"]["committer"]["date"] for c in commits)
    assert 409 in {e.status for e in github.running.requests}
    releases = [r for r in _watched(github, "releases") if r["created_at"] <= NOW_TEXT]
    assert _ids(github.read("releases")) == _ids(releases)


def test_only_issues_that_changed_meanwhile_are_read_again(github: Bench) -> None:
    first = github.pages("issues")
    before = {r["id"]: r["updated_at"] for r in records(first)}
    github.stand_in.now += timedelta(days=20)
    later = github.stand_in.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    again = {r["id"]: r["updated_at"] for r in github.read("issues", first[-1].state)}
    expected = {i["id"] for i in _watched(github, "issues") if NOW_TEXT < i["updated_at"] <= later}
    assert expected
    assert {i for i, at in again.items() if before.get(i) != at} == expected
    assert len(again) - len(expected) <= len(_contents(github))


def test_the_secondary_limit_is_waited_for_too(github: Bench) -> None:
    whole = _ids(github.read("issues"))
    github.hit(Fault("too_many", path="/github/repos", after=1, times=2))
    assert _ids(github.read("issues")) == whole


def test_the_hourly_limit_is_waited_for_and_not_taken_for_a_missing_right() -> None:
    class Exhausted(GitHub):
        left = 1

        def answer(self, asked: Asked) -> Reply:
            if self.left:
                self.left -= 1
                return self.exhausted(1)
            return super().answer(asked)

    with bench("github", stand_in=Exhausted(UNIVERSE)) as at:
        at.policy = replace(POLICY, longest_wait_s=5)
        assert at.read("organizations")
        assert [e.status for e in at.running.requests][:2] == [403, 200]


def test_a_wrong_token_is_told_as_one_and_not_shown(github: Bench) -> None:
    github.environment["GITHUB_TOKEN"] = "ghp_wrong"
    with pytest.raises(CredentialsRefused, match="401") as caught:
        github.read("organizations")
    assert "ghp_wrong" not in str(caught.value)


def test_an_unknown_organization_is_an_error_that_names_the_setting(github: Bench) -> None:
    github.environment["GITHUB_ORGANIZATIONS"] += ",nobody-at-all"
    with pytest.raises(RequestRefused, match="GITHUB_ORGANIZATIONS"):
        github.read("repositories")


class Recorded(StandIn):
    """GitHub's recorded exchanges for issues, its description's examples for the rest."""

    name = "github"

    def __init__(self, shared: Path) -> None:
        super().__init__(UNIVERSE)
        specs = shared / "specs"
        issues = specs / "github-fixtures" / "paginate-issues" / "normalized-fixture.json"
        exchanges = json.loads(issues.read_text(encoding="utf-8"))
        self.pages = [e for e in exchanges if e["method"] == "get" and "/issues?" in e["path"]]
        described = specs / "github-openapi-subset" / "api.github.com.subset.json"
        document = json.loads(described.read_text(encoding="utf-8"))
        self.examples: Mapping[str, Any] = document["components"]["examples"]

    def environment(self, address: str) -> Mapping[str, str]:
        return {
            "GITHUB_URL": f"{address}/github",
            "GITHUB_TOKEN": "any",
            "GITHUB_ORGANIZATIONS": "github",
        }

    def answer(self, asked: Asked) -> Reply:
        match asked.parts:
            case ("orgs", _):
                return Reply(body=self.examples["organization-full"]["value"])
            case ("orgs", _, "repos"):
                return Reply(body=self.examples["minimal-repository-items"]["value"])
            case ("repos", _, _, "commits"):
                return Reply(body=self.examples["commit-items"]["value"])
            case ("repos", _, _, "releases"):
                return Reply(body=self.examples["release-items"]["value"])
        page = self.pages[asked.number("page", 1) - 1]
        link = re.sub(r"https://[^/]*", asked.address, page["headers"]["link"])
        return Reply(page["status"], {"Link": link}, page["response"])


def test_the_vendors_own_answers_are_read_whole(shared: Path) -> None:
    recorded = Recorded(shared)
    expected = [issue for page in recorded.pages for issue in page["response"]]
    assert len(expected) == 13
    with bench("github", stand_in=recorded) as at:
        found = at.read("issues")
        assert [{k: v for k, v in r.items() if k != "repository"} for r in found] == expected
        for table, stream in at.connector.streams.items():
            pages = at.pages(stream)
            key = at.connector.block["streams"][table]["key"]
            columns = at.connector.block["streams"][table]["columns"]
            for record in records(pages):
                assert all(record[name] is not None for name in key)
                assert set(columns) <= set(record), table
