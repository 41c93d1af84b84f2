"""Templates give what manifests rely on, and cost no more than they need."""

from __future__ import annotations

import ast
import math
from collections import UserDict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import TemplateFailed
from pipelines.extract.declarative.interpolation import (
    compile_condition,
    compile_mapping,
    compile_text,
    syntax_fault,
)
from pipelines.extract.declarative.literals import meaning

CONTEXT: dict[str, Any] = {
    "config": {"key": "k", "start_date": "2024-01-05", "none": None, "empty": "", "zip": "00123"},
    "record": {"id": 1, "name": "Acme", "num": "123", "list": [1, "2", None], "none": None},
    "stream_slice": {"start_time": "2024-01-01", "id": "7"},
    "response": {"next": None, "page": 3},
    "headers": {"X": "1"},
    "last_page_size": 2,
    "next_page_token": {"next_page_token": 3},
}
PARAMETERS = {"name": "users", "cursor_field": "num"}


def value(text: str, **options: Any) -> Any:
    return compile_text(text, PARAMETERS, **options)(CONTEXT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("plain\n", "plain"),
        ("", ""),
        ("100", 100),
        ("[1, 'a']", [1, "a"]),
        ("{{ record['id'] }}", 1),
        ("{{ record.id }}", 1),
        ("x{{ record.id }}", "x1"),
        ("{{ record.id }}{{ record.id }}", 11),
        ("{{ record['num'] }}", 123),
        ("{{ record['num'] | string }}", 123),
        ("{{ record.id | string }}", "1"),
        ("{{ config.zip }}", "00123"),
        ("{{ config['start_date'] }}", "2024-01-05"),
        ("{{ record['list'] }}", [1, "2", None]),
        ("{{ record['none'] }}", None),
        ("{{ record['missing'] }}", ""),
        ("{{ config['none'] or '' }}", ""),
        ("{{ record[parameters['cursor_field']] }}", 123),
        ("{{ parameters.name }}", "users"),
        ("{{ options['name'] }}", "users"),
        ("{{ stream_interval.start_time }}", "2024-01-01"),
        ("{{ stream_partition['id'] }}/{{ record.name }}", "7/Acme"),
        ("{{ next_page_token['next_page_token'] }}", 3),
        ("{{ response.page + 1 }}", 4),
        ("{{ not response.next }}", True),
        ("{{ response.get('data', {}) }}", {}),
        ("{{ record.none > 3 }}", "{{ record.none > 3 }}"),
        ("{% if record.id %}yes{% else %}no{% endif %}", "yes"),
        ("{{ 7 / 2 }}", 3.5),
        ("{{ '1,2' }}", (1, 2)),
        ("{{ '1+2j' }}", "1+2j"),
        ("{{ max(2, 3) }}", 3),
        ("{{ min([2, 3]) }}", 2),
        ("{{ timestamp('2022-02-28T00:00:00-08:00') }}", 1646035200.0),
        ("{{ timestamp(1646006400.5) }}", 1646006400),
        ("{{ format_datetime(config.start_date, '%d.%m.%Y') }}", "05.01.2024"),
        ("{{ format_datetime('2024-01-05T10:00:00.123456Z', '%ms') }}", 1704448800123),
        ("{{ format_datetime('2024-01-05T10:00:00.1239Z', '%S.%_msZ') }}", "00.123Z"),
        ("{{ format_datetime('2024-01-05T10:00:00.5Z', '%s_as_float') }}", 1704448800.5),
        ("{{ format_datetime('2024-01-05T10:00:00Z', '%s') }}", 1704448800),
        ("{{ format_datetime('05/01/24', '%Y-%m-%d', '%d/%m/%y') }}", "2024-01-05"),
        ("{{ format_datetime(1704448800, '%Y-%m-%d') }}", "2024-01-05"),
        ("{{ str_to_datetime('2022-01') }}", "2022-01-01 00:00:00+00:00"),
        ("{{ (str_to_datetime('2022-03-31') - duration('P1M')).strftime('%d') }}", 28),
        ("{{ duration('P6DT23H') }}", "6 days, 23:00:00"),
        ("{{ sanitize_url('a b/c') }}", "a+b%2Fc"),
        ("{{ camel_case_to_snake_case('FirstName') }}", "first_name"),
        ("{{ 'Test client_secret' | hash }}", "3032d57a12f76b61a820e47b9a5a0cbb"),
        (
            "{{ 'Test client_secret' | hash('md5', salt='salt') }}",
            "5011a0168579c2d94cbbe1c6ad14327c",
        ),
        ("{{ 'Test client_secret' | base64encode }}", "VGVzdCBjbGllbnRfc2VjcmV0"),
        ("{{ 'VGVzdA==' | base64decode }}", "Test"),
        ("{{ 'abc' | base64binascii_decode }}", "YWJj"),
        ("{{ 'id: 5;' | regex_search('id: ([a-z]*)5') }}", ""),
        ("{{ 'goodbye, world' | regex_search('goodbye,\\\\s(.*)$') }}", "world"),
        ("{{ 'a-b_c' | regex_replace('[_-]', ' ') }}", "a b c"),
        (
            "{{ 'message' | hmac('key') }}",
            "6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a",
        ),
    ],
)
def test_a_text_has_the_value_that_manifests_rely_on(text: str, expected: Any) -> None:
    got = value(text)
    assert got == expected
    assert type(got) is type(expected)


def test_times_now_are_in_utc() -> None:
    before = datetime.now(UTC)
    got = datetime.fromisoformat(value("{{ now_utc() }}"))
    assert before <= got <= datetime.now(UTC)
    tomorrow = datetime.strptime(value("{{ day_delta(1) }}"), "%Y-%m-%dT%H:%M:%S.%f%z")
    assert timedelta(hours=23) < tomorrow - before < timedelta(hours=25)
    assert value("{{ today_utc() }}") in {str(before.date()), str(got.date())}
    assert len(value("{{ generate_uuid() }}")) == 36


def test_what_is_not_there_is_an_error_that_shows_no_value() -> None:
    for text in ("{{ config['a']['b'] }}", "{{ secrets.key }}", "{{ 1 / 0 }}", "{{ range(3) }}"):
        with pytest.raises(TemplateFailed) as failed:
            value(text)
        assert text in str(failed.value)
        assert "Acme" not in str(failed.value)
    for text in ("{{ timestamp(config.a) }}", "{{ format_datetime(config['a'], '%Y') }}"):
        with pytest.raises(TemplateFailed, match="has no attribute 'a'"):
            value(text)
        assert not compile_condition(text, {})(CONTEXT)
    with pytest.raises(TemplateFailed, match="reads 'secrets', which there isn't at this place"):
        value("{{ secrets.key }}")


def test_the_sandbox_holds() -> None:
    for text in (
        "{{ record.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
    ):
        with pytest.raises(TemplateFailed):
            value(text)
    for text in ("{{ now_utc.__globals__ }}", "{{ '{0.__class__}'.format(record) }}"):
        assert value(text) == ""


def test_a_template_cannot_take_all_memory_not_even_while_compiling() -> None:
    for text in ("{{ 9 ** (9 ** 9) }}", "{{ 'a' * 10 ** 9 }}", "{{ 10 ** 9 * [record] }}"):
        assert syntax_fault(text) is None
        with pytest.raises(TemplateFailed, match="SecurityError"):
            value(text)
    assert value("{{ 2 ** 10 * 2 }}") == 2048
    assert value("{{ 'ab' * 2 }}") == "abab"
    assert syntax_fault("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}")


def test_a_default_stands_for_nothing_and_for_what_is_not_there() -> None:
    assert value("{{ record.missing }}", default="none") == "none"
    assert value("{{ record.missing.deeper }}", default=None) is None
    assert value("{{ record.num }}", valid_types=(str,)) == "123"
    assert value("{{ record.id }}", valid_types=(str, list)) == "1"
    assert value("{{ record.list }}", valid_types=(str, list)) == [1, "2", None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ record.id == 1 }}", True),
        ("{{ record.id > 1 }}", False),
        ("{{ record.none }}", False),
        ("{{ record.missing }}", False),
        ("{{ record.missing.deeper }}", False),
        ("{{ record.none > 1 }}", True),
        ("{{ record.list }}", True),
        ("{{ [] }}", False),
        ("{{ 0.0 }}", False),
        ("{{ '0' }}", False),
        ("{{ 'false' }}", False),
        ("{{ 'no' }}", True),
        ("", False),
        ("true", True),
        (True, True),
        (False, False),
    ],
)
def test_a_condition_holds_when_its_value_is_something(text: str | bool, expected: bool) -> None:
    assert compile_condition(text, PARAMETERS)(CONTEXT) is expected


def test_a_nested_mapping_is_evaluated_inside_and_loses_what_is_nothing() -> None:
    evaluate = compile_mapping(
        {
            "{{ parameters.name }}": "{{ record.id }}",
            "1": ["{{ record.num }}", {"deep": "{{ config.key }}", "gone": "{{ record.missing }}"}],
            "unset": "{{ record.missing.deeper }}",
            "flag": False,
            "count": 0,
        },
        PARAMETERS,
    )
    assert evaluate(CONTEXT) == {
        "users": 1,
        "1": [123, {"deep": "k"}],
        "flag": False,
        "count": 0,
    }


def test_a_result_is_a_copy_so_that_a_record_cannot_be_changed_through_it() -> None:
    record = {"list": [{"a": 1}]}
    made = compile_text("{{ record['list'] }}", {})({"record": record})
    made[0]["a"] = 2
    assert record == {"list": [{"a": 1}]}


def test_mappings_of_other_kinds_are_read_the_same_way() -> None:
    headers = UserDict({"X-Next": "5"})
    assert compile_text("{{ headers['X-Next'] }}", {})({"headers": headers}) == 5
    assert compile_text("{{ headers['X-None'] }}", {})({"headers": headers}) == ""


def test_an_unreadable_template_is_told_before_it_is_needed() -> None:
    assert syntax_fault("{{ record['id'] }}") is None
    assert "unexpected" in str(syntax_fault("{{ record['id' }}"))
    assert "No filter named 'hsah'" in str(syntax_fault("{{ record.id | hsah }}"))


# ── short cuts change nothing ─────────────────────────────────────────────────


def by_the_rule(text: str) -> Any:
    """The rule for literals, said in the slow way."""
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
    return text if isinstance(found, complex) else found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
LITERAL_LIKE = st.text(
    alphabet="0123456789_.eExXjJ+-'\"[](){},#: \t\nNoneTruFalsbrut\\", max_size=9
)


@pytest.mark.filterwarnings("ignore")
@settings(deadline=None)
@given(st.text(max_size=12) | LITERAL_LIKE | JSON.map(str))
def test_a_text_is_turned_away_only_if_it_is_no_literal(text: str) -> None:
    assert repr(meaning(text)) == repr(by_the_rule(text))


@pytest.mark.filterwarnings("ignore")
@settings(deadline=None)
@given(JSON)
def test_a_value_need_not_go_through_text_to_mean_the_same(item: Any) -> None:
    expected = by_the_rule(str(item)) if str(item) else ""
    context = {"record": {"x": item}}
    for text in ("{{ record['x'] }}", "{{ record.x }}", "{{ (record)['x'] or record['x'] }}"):
        got = compile_text(text, {})(context)
        assert repr(got) == repr(expected)
        assert not (isinstance(got, float) and math.isnan(got))


def test_a_pattern_in_a_template_needs_no_second_backslash() -> None:
    text = "{{ config['next'] | regex_search('page=(\\d+)') }}"
    assert "\\\\" not in text
    assert compile_text(text, {})({"config": {"next": "/x?page=12"}}) == 12
