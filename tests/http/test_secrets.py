"""A secret must never be read in an event, an error, a traceback, a log or a repr."""

from __future__ import annotations

import base64
import logging
import traceback

import pytest

from pipelines.errors import RequestRefused
from resources.http import Answer, Event, Headers, Masker, Request, Verdict
from tests.http.conftest import Make
from tests.http.server import Reply, Server, answer, raw

CANARY = "c4n4ry+/ë s3cret"
BASIC = base64.b64encode(f"user:{CANARY}".encode()).decode()


@pytest.mark.parametrize(
    "reply",
    [
        answer(),
        answer(401, f'{{"access_token": "{CANARY}"}}'.encode()),
        answer(500, f"you sent Bearer {CANARY} and api_key={CANARY}".encode()),
        answer(302, headers={"Location": "/next?access_token=hidden-token-value"}),
        raw(b""),
        raw(b"HTTP/1.1 200 OK\r\nbroken\r\n\r\n"),
    ],
    ids=["good", "refused", "failed", "redirected", "closed", "bad header"],
)
@pytest.mark.parametrize(
    "carrier",
    [
        {"headers": {"Authorization": f"Basic {BASIC}"}},
        {"headers": {"Authorization": "Bearer c4n4ry-s3cret"}},
        {"headers": {"X-Cb-User-Key": "c4n4ry-s3cret"}},
        {"params": {"api_key": CANARY}},
        {"params": {"access_token": "c4n4ry-s3cret", "q": "c4n4ry-s3cret"}},
        {"url": "?hapikey=c4n4ry-s3cret&page=1"},
        {"params": {"anything": CANARY}},
        {"url": "/bot-c4n4ry-registered/x"},
    ],
    ids=["basic", "bearer", "key header", "query", "token", "url", "registered", "path"],
)
def test_no_canary_is_seen_anywhere(
    server: Server,
    make: Make,
    events: list[Event],
    caplog: pytest.LogCaptureFixture,
    reply: Reply,
    carrier: dict[str, object],
) -> None:
    caplog.set_level(logging.DEBUG)
    url = server.on("/page", reply) + str(carrier.get("url", ""))
    registered = (CANARY, "c4n4ry-registered")
    given = {name: value for name, value in carrier.items() if name != "url"}
    request = Request(url=url, **given)  # type: ignore[arg-type]
    texts = [repr(request)]
    try:
        texts.append(repr(make(secrets=registered, attempts=2).send(request)))
    except Exception as error:  # noqa: BLE001  (whatever it is, it must hold no secret)
        texts.append("".join(traceback.format_exception(error)))
        texts += _chain(error)
    texts += [repr(event) for event in events] + [caplog.text]
    assert events
    for text in texts:
        assert "4n4ry" not in text
        assert BASIC[6:] not in text
        assert "hidden-token-value" not in text


def _chain(error: BaseException | None) -> list[str]:
    texts: list[str] = []
    while error is not None:
        texts.append(repr(error))
        error = error.__context__
    return texts


def test_what_is_no_secret_stays_readable() -> None:
    text = "GET https://a.example/v1/items?page_token=abc123&since=2024-01-01&status=key"
    assert Masker().mask(text) == text


def test_a_secret_that_an_answer_quotes_is_hidden_by_its_name(server: Server, make: Make) -> None:
    url = server.on("/page", answer(400, b'{"refresh_token": "c4n4ry", "hint": "say please"}'))
    with pytest.raises(RequestRefused, match="say please") as caught:
        make().send(Request(url=url))
    assert "c4n4ry" not in str(caught.value)


def test_user_names_and_passwords_in_addresses_are_hidden() -> None:
    assert Masker().mask("see https://me:hush@a.example/x") == "see https://***@a.example/x"


def test_a_secret_is_hidden_in_every_spelling() -> None:
    masker = Masker([CANARY])
    quoted = "c4n4ry%2B%2F%C3%AB%20s3cret c4n4ry%2B/%C3%AB%20s3cret c4n4ry%2B%2F%C3%AB+s3cret"
    encoded = base64.b64encode(CANARY.encode()).decode()
    assert masker.mask(f"{CANARY} {quoted} {encoded}") == "*** *** *** *** ***"


def test_a_judges_message_is_masked_too(server: Server, make: Make) -> None:
    url = server.on("/page", answer(400, b"Bearer c4n4ry-s3cret is wrong"))

    def judge(outcome: Answer | Exception, attempt: int) -> Verdict:
        assert isinstance(outcome, Answer)
        return Verdict.fail(outcome.body.decode())

    with pytest.raises(Exception, match="is wrong") as caught:
        make().send(Request(url=url, headers={"Authorization": "Bearer c4n4ry-s3cret"}), judge)
    assert "c4n4ry" not in str(caught.value)


def test_headers_do_not_show_their_values() -> None:
    assert repr(Headers({"Set-Cookie": "c4n4ry"})) == "Headers(Set-Cookie)"
