"""Times and durations mean what manifests rely on, in every format there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract.declarative.datetimes import (
    format_time,
    parse_duration,
    parse_iso,
    parse_time,
)

EXACT = (
    "%epoch_microseconds",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%d %H:%M:%S.%f+00:00",
)
WHOLE = (*EXACT, "%s", "%ms", "%s_as_float", "%Y-%m-%dT%H:%M:%S.%_msZ", "%Y-%m-%dT%H:%M:%SZ")


def utc(
    year: int,
    month: int,
    day: int,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
    microsecond: int = 0,
) -> datetime:
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)


TIMES = st.datetimes(
    utc(1970, 1, 1).replace(tzinfo=None),
    utc(2200, 1, 1).replace(tzinfo=None),
    timezones=st.just(UTC),
)


@settings(deadline=None)
@given(TIMES, st.sampled_from(EXACT))
def test_a_time_comes_back_from_its_text(time: datetime, form: str) -> None:
    assert parse_time(format_time(time, form), form) == time


@settings(deadline=None)
@given(TIMES, st.sampled_from(WHOLE))
def test_a_whole_second_comes_back_from_every_format(time: datetime, form: str) -> None:
    whole = time.replace(microsecond=0)
    assert parse_time(format_time(whole, form), form) == whole


def test_numbers_of_a_time_are_exact_and_know_its_zone() -> None:
    time = datetime(2024, 3, 31, 1, 0, 0, 29_000, tzinfo=timezone(timedelta(hours=2)))
    assert format_time(time, "%ms") == "1711839600029"
    assert format_time(time, "%epoch_microseconds") == "1711839600029000"
    assert format_time(time, "%s") == "1711839600"
    assert format_time(time, "%H:%M:%S.%_ms") == "01:00:00.029"


def test_a_time_without_a_zone_is_utc() -> None:
    assert parse_time("2024-01-05", "%Y-%m-%d") == datetime(2024, 1, 5, tzinfo=UTC)
    assert parse_time("05:30+05:30", "%H:%M%z").utcoffset() == timedelta(hours=5, minutes=30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022", utc(2022, 1, 1)),
        ("2022-02", utc(2022, 2, 1)),
        ("2022-014", utc(2022, 1, 14)),
        ("20220114T134530Z", utc(2022, 1, 14, 13, 45, 30)),
        ("2022-01-14 13:45", utc(2022, 1, 14, 13, 45)),
        ("2022-01-14T13:45:30.123456789z", utc(2022, 1, 14, 13, 45, 30, 123456)),
        ("2022-01-14T00:15:00+0530", utc(2022, 1, 13, 18, 45)),
        ("2022-12-31T24:00:00", utc(2023, 1, 1)),
    ],
)
def test_iso_times_of_every_precision_are_read_in_utc(text: str, expected: datetime) -> None:
    assert parse_iso(text) == expected


@pytest.mark.parametrize(
    "text", ["", "soon", "2022-13-01", "2022-02-30", "2022-1-1", "2022-01-01T24:01"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has a message of its own
        parse_iso(text)


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("P1D", utc(2024, 3, 30, 6), utc(2024, 4, 1, 6)),
        ("PT1.5H", utc(2024, 3, 31, 4, 30), utc(2024, 3, 31, 7, 30)),
        ("P1W", utc(2024, 3, 24, 6), utc(2024, 4, 7, 6)),
        ("P1M", utc(2024, 2, 29, 6), utc(2024, 4, 30, 6)),
        ("P1Y1M1DT1H", utc(2023, 2, 27, 5), utc(2025, 5, 1, 7)),
        ("-P1D", utc(2024, 4, 1, 6), utc(2024, 3, 30, 6)),
    ],
)
def test_a_duration_is_taken_and_added_by_the_calendar(
    text: str, before: datetime, after: datetime
) -> None:
    time = utc(2024, 3, 31, 6)
    assert time - parse_duration(text) == before
    assert time + parse_duration(text) == after
    assert time + -parse_duration(text) == before


@pytest.mark.parametrize("text", ["", "P", "1D", "P1", "PT", "P0.5Y", "p1d", "P1H"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no duration|no fixed length"):
        parse_duration(text)


def standard(text: str, form: str) -> datetime | None:
    try:
        found = datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError:
        return None
    return found if found.utcoffset() is not None else found.replace(tzinfo=UTC)


def ours(text: str, form: str) -> datetime | None:
    try:
        return parse_time(text, form)
    except ValueError:
        return None


@given(
    st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)),  # noqa: DTZ001
    st.sampled_from(["T", " "]),
    st.sampled_from(["", ".%f"]),
    st.sampled_from(["", "Z", "%z"]),
    st.sampled_from(["Z", "+00:00", "-0330", "+05:45"]),
)
def test_the_fast_way_reads_what_the_standard_one_does(
    time: datetime, between: str, fraction: str, zone: str, offset: str
) -> None:
    form = f"%Y-%m-%d{between}%H:%M:%S{fraction}{zone}"
    text = time.strftime(form.replace("%z", offset))
    assert ours(text, form) == standard(text, form) is not None
    for broken in (text[:-1], f"{text}1", text.replace("-", "/", 1), text[1:]):
        assert ours(broken, form) == standard(broken, form)
