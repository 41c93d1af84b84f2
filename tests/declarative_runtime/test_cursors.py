"""A later run reads what is new, misses nothing, and says where it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.runtime.windows import Cursor, compile_cursor
from tests.declarative_runtime.reading import pages, records, state_of, stream
from tests.declarative_runtime.server import Seen, serve

DAY = "%Y-%m-%d"


def cursor(**more: Any) -> dict[str, Any]:
    made = {
        "type": "DatetimeBasedCursor",
        "cursor_field": "day",
        "datetime_format": DAY,
        "start_datetime": "{{ config['start'] }}",
        "end_datetime": "2024-01-10",
        "start_time_option": {
            "type": "RequestOption",
            "inject_into": "request_parameter",
            "field_name": "since",
        },
        "end_time_option": {
            "type": "RequestOption",
            "inject_into": "request_parameter",
            "field_name": "until",
        },
        **more,
    }
    return {name: value for name, value in made.items() if value is not None}


def days(server: Any) -> list[tuple[str | None, str | None]]:
    return [(seen.params.get("since"), seen.params.get("until")) for seen in server.seen]


ALL = [{"day": f"2024-01-{n:02d}"} for n in range(1, 13)]


def within(seen: Seen) -> Any:
    since, until = seen.params.get("since", ""), seen.params.get("until", "9")
    return {"data": [record for record in ALL if since <= record["day"] <= until]}


def test_one_window_without_a_step() -> None:
    with serve(within) as server:
        found = pages(server.url, stream(incremental_sync=cursor()), start="2024-01-05")
        assert days(server) == [("2024-01-05", "2024-01-10")]
        assert len(records(found)) == 6
        assert found[-1].state == {"day": "2024-01-10"}


def test_windows_of_a_step_do_not_overlap_and_leave_no_gap() -> None:
    sync = cursor(step="P4D", cursor_granularity="P1D")
    with serve(within) as server:
        found = pages(server.url, stream(incremental_sync=sync), start="2024-01-01")
        assert days(server) == [
            ("2024-01-01", "2024-01-04"),
            ("2024-01-05", "2024-01-08"),
            ("2024-01-09", "2024-01-10"),
        ]
        assert [record["day"][-2:] for record in records(found)] == [
            f"{n:02d}" for n in range(1, 11)
        ]
        assert [state_of(page)["day"][-2:] for page in found] == ["04", "08", "10", "10"]


def test_a_month_is_a_month_of_the_calendar() -> None:
    sync = cursor(step="P1M", cursor_granularity="P1D", end_datetime="2024-03-15")
    with serve(lambda _: {"data": []}) as server:
        pages(server.url, stream(incremental_sync=sync), start="2024-01-31")
        assert days(server) == [("2024-01-31", "2024-02-28"), ("2024-02-29", "2024-03-15")]


def test_the_next_run_goes_on_from_the_state_less_the_lookback() -> None:
    with serve(within) as server:
        wanted = stream(incremental_sync=cursor(lookback_window="P{{ config['back'] }}D"))
        state = {"day": "2024-01-08"}
        found = pages(server.url, wanted, start="2024-01-01", back=2, state=state)
        assert days(server) == [("2024-01-06", "2024-01-10")]
        assert found[-1].state == {"day": "2024-01-10"}
        pages(server.url, wanted, start="2024-01-07", back=5, state=state)
        assert days(server)[-1] == ("2024-01-07", "2024-01-10")


def test_a_run_without_news_keeps_its_state() -> None:
    with serve(lambda _: {"data": []}) as server:
        wanted = stream(incremental_sync=cursor())
        found = pages(server.url, wanted, start="2024-01-01", state={"day": "2024-01-08"})
        assert found[-1].state == {"day": "2024-01-08"}
        assert pages(server.url, wanted, start="2024-01-01")[-1].state == {"day": "2024-01-01"}


def test_the_state_does_not_move_before_the_window_is_read_whole() -> None:
    def answer(seen: Seen) -> Any:
        page = int(seen.params.get("page", 0))
        return {"data": [{"day": f"2024-01-{9 - page:02d}", "page": page}] * (page < 3)}

    option = {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "page"}
    paginator = {
        "type": "DefaultPaginator",
        "page_token_option": option,
        "pagination_strategy": {"type": "PageIncrement"},
    }
    wanted = stream(incremental_sync=cursor(), retriever={"paginator": paginator})
    with serve(answer) as server:
        found = pages(server.url, wanted, start="2024-01-01")
        states = [page.state and page.state["day"][-2:] for page in found]
        assert states == [None, None, None, "09", "09"]


def test_several_formats_are_read_and_one_is_written() -> None:
    sync = cursor(
        datetime_format="%s",
        cursor_datetime_formats=["%Y-%m-%dT%H:%M:%SZ", "%ms"],
        start_datetime={
            "type": "MinMaxDatetime",
            "datetime": "2024-01-01",
            "datetime_format": DAY,
            "min_datetime": "2024-01-02",
        },
        end_datetime={
            "type": "MinMaxDatetime",
            "datetime": "2024-01-10",
            "datetime_format": DAY,
            "max_datetime": "2024-01-08",
        },
    )
    with serve(lambda _: {"data": [{"day": "2024-01-03T00:00:00Z"}, {"day": None}]}) as server:
        found = pages(server.url, stream(incremental_sync=sync))
        assert days(server) == [("1704153600", "1704672000")]
        assert found[-1].state == {"day": "1704240000"}


def test_a_record_from_the_future_does_not_hide_what_comes_meanwhile() -> None:
    sync = cursor(end_datetime=None)
    with serve(lambda _: {"data": [{"day": "9999-12-31"}]}) as server:
        found = pages(server.url, stream(incremental_sync=sync), start="2024-01-01")
    assert found[-1].state == {"day": datetime.now(UTC).strftime(DAY)}
    assert records(found) == [{"day": "9999-12-31"}]


def test_records_that_are_known_are_left_out_on_our_side() -> None:
    sync = cursor(is_client_side_incremental=True)
    with serve(lambda _: {"data": ALL}) as server:
        wanted = stream(incremental_sync=sync)
        found = pages(server.url, wanted, start="2024-01-01", state={"day": "2024-01-08"})
        assert [record["day"][-2:] for record in records(found)] == ["08", "09", "10"]


def test_a_feed_ends_where_the_known_begins() -> None:
    def answer(seen: Seen) -> Any:
        page = int(seen.params.get("page", 0))
        newest = list(reversed(ALL))
        return {"data": newest[page * 3 : page * 3 + 3]}

    option = {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "page"}
    paginator = {
        "type": "DefaultPaginator",
        "page_token_option": option,
        "pagination_strategy": {"type": "PageIncrement", "page_size": 3},
    }
    sync = cursor(is_data_feed=True, end_datetime="2024-01-31")
    wanted = stream(incremental_sync=sync, retriever={"paginator": paginator})
    with serve(answer) as server:
        found = pages(server.url, wanted, start="2024-01-01", state={"day": "2024-01-08"})
        assert [record["day"][-2:] for record in records(found)] == ["12", "11", "10", "09", "08"]
        assert len(server.seen) == 2
        assert found[-1].state == {"day": "2024-01-12"}


def test_a_counting_cursor_asks_for_what_is_above() -> None:
    sync = {
        "type": "IncrementingCountCursor",
        "cursor_field": "id",
        "start_value": 0,
        "start_value_option": {
            "type": "RequestOption",
            "inject_into": "request_parameter",
            "field_name": "since_id",
        },
    }

    def answer(seen: Seen) -> Any:
        return {"data": [{"id": n} for n in range(6) if n >= int(seen.params["since_id"])]}

    with serve(answer) as server:
        wanted = stream(incremental_sync=sync)
        found = pages(server.url, wanted)
        assert (len(records(found)), found[-1].state) == (6, {"id": 5})
        assert len(records(pages(server.url, wanted, state={"id": 4}))) == 2


def test_a_step_without_granularity_is_refused() -> None:
    with pytest.raises(DeclarationError, match="both"):
        compile_cursor(cursor(step="P1D", start_datetime="2024-01-01"), {})


@settings(max_examples=200)
@given(
    start=st.integers(0, 400),
    length=st.integers(0, 400),
    step=st.integers(1, 60),
    seen=st.lists(st.integers(0, 800), max_size=10),
)
def test_windows_cover_every_second_once(
    start: int, length: int, step: int, seen: list[int]
) -> None:
    begin = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=start)
    plan = compile_cursor(
        cursor(
            datetime_format="%s",
            start_datetime=str(int(begin.timestamp())),
            end_datetime=str(int(begin.timestamp()) + length),
            step=f"PT{step}S",
            cursor_granularity="PT1S",
        ),
        {},
    )
    made = Cursor(plan, {})
    covered: list[int] = []
    for window in made.windows():
        first, last = int(window["start_time"]), int(window["end_time"])
        assert last - first < step or step == 1 or last == int(begin.timestamp()) + length
        covered.extend(range(first, last + 1))
        for value in seen:
            if first <= int(begin.timestamp()) + value <= last:
                made.observe({"day": int(begin.timestamp()) + value})
        made.close(window)
    assert covered == list(range(int(begin.timestamp()), int(begin.timestamp()) + length + 1))
    assert len(made.intervals) == 1
    highest = max([value for value in seen if value <= length], default=0)
    assert made.as_state() == {"day": str(int(begin.timestamp()) + highest)}


def test_windows_may_begin_and_end_with_whole_months_or_weeks() -> None:
    month = cursor(
        clamping={"target": "MONTH"},
        step="P1M",
        cursor_granularity="P1D",
        end_datetime="2024-04-10",
    )
    with serve(lambda _: {"data": []}) as server:
        pages(server.url, stream(incremental_sync=month), start="2024-01-15")
        found = [(seen.params["since"], seen.params["until"]) for seen in server.seen]
        assert found == [("2024-02-01", "2024-02-29"), ("2024-03-01", "2024-03-31")]
    details = {"target": "WEEK", "target_details": {"weekday": "MONDAY"}}
    week = cursor(clamping=details, step="P7D", cursor_granularity="P1D", end_datetime="2024-01-18")
    with serve(lambda _: {"data": []}) as server:
        pages(server.url, stream(incremental_sync=week), start="2024-01-02")
        found = [(seen.params["since"], seen.params["until"]) for seen in server.seen]
        assert found == [("2024-01-08", "2024-01-14")]


def test_a_state_that_the_api_no_longer_keeps_is_read_anew() -> None:
    delegating = {
        "type": "StateDelegatingStream",
        "name": "items",
        "full_refresh_stream": stream(path="/all", incremental_sync=cursor(end_datetime=None)),
        "incremental_stream": stream(path="/changes", incremental_sync=cursor(end_datetime=None)),
        "api_retention_period": "P30D",
    }
    recent = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    with serve(lambda _: {"data": []}) as server:
        pages(server.url, delegating, start="2024-01-01", state={"day": "2024-01-08"})
        pages(server.url, delegating, start="2024-01-01", state={"day": recent})
        assert [seen.path for seen in server.seen] == ["/all", "/changes"]
        assert server.seen[0].params["since"] == "2024-01-01"
