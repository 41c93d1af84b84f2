"""Internal rates of return and multiples: published cases, laws, and every case without one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, localcontext

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipelines.errors import FinanceError
from pipelines.finance.flows import Flow
from pipelines.finance.returns import (
    Reason,
    imbalance,
    irr,
    moic,
    multiples,
    over_period,
    since_inception,
)
from pipelines.finance.roots import HIGHEST, LOWEST
from tests.finance.published import HARD, LOSS, MANY_SIGNS, TWO_RATES, WITH_ZEROS
from tests.finance.series import exact, flows, funds, mixed, signed, year, yearly


def test_the_spreadsheet_s_example() -> None:
    # Microsoft Support, "XIRR function": 0.373362535, or 37.34 %.
    made = irr(
        flows(
            ("2008-01-01", -10000),
            ("2008-03-01", 2750),
            ("2008-10-30", 4250),
            ("2009-02-15", 3250),
            ("2009-04-01", 2750),
        )
    )
    assert made.rate == pytest.approx(0.373362535, abs=1e-8)
    assert (made.reason, made.roots) == (None, (made.rate,))


def test_the_matrix_laboratory_s_example() -> None:
    # MathWorks, Financial Toolbox, xirr, days over 365: 0.10064378342638.
    made = irr(
        flows(
            ("2007-01-12", -10000),
            ("2008-02-14", 2500),
            ("2008-03-03", 2000),
            ("2008-06-14", 3000),
            ("2008-12-01", 4000),
        )
    )
    assert made.rate == pytest.approx(0.10064378342638, abs=1e-12)


# pyxirr's repository, tests/test_scheduled.rs: the samples and what it expects of them.
@pytest.mark.parametrize(
    ("sample", "rate"), [(LOSS, -0.13423264098831872), (WITH_ZEROS, 0.175680730580782)]
)
def test_the_library_s_samples_with_one_rate(sample: str, rate: float) -> None:
    assert irr(_read(sample)).rate == pytest.approx(rate, abs=1e-9)


@pytest.mark.parametrize(
    ("sample", "rate"), [(TWO_RATES, -0.993785049929284), (MANY_SIGNS, -0.5945650822679239)]
)
def test_the_library_s_samples_whose_rate_is_one_of_several(sample: str, rate: float) -> None:
    made = irr(_read(sample))
    assert (made.rate, made.reason) == (None, Reason.SEVERAL_ROOTS)
    assert any(root == pytest.approx(rate, abs=1e-9) for root in made.roots)


def test_a_rate_is_found_where_the_library_s_search_gives_up() -> None:
    # It expects no rate of this sample. But the first flow is paid and the last received,
    # so there must be one; sums of 50 digits on both sides of it have opposite signs.
    made = irr(_read(HARD))
    assert made.rate == pytest.approx(-0.8973538214882215, abs=1e-12)
    assert made.rate is not None
    below, above = (_value(_read(HARD), made.rate + step) for step in (-1e-12, 1e-12))
    assert below > 0 > above


def _value(series: list[Flow], rate: float) -> Decimal:
    """The net present value in decimals, by the definition."""
    first = min(flow.on for flow in series)
    with localcontext(prec=50):
        growth = 1 + Decimal(rate)
        return sum(
            (f.amount / growth ** (Decimal((f.on - first).days) / 365) for f in series), Decimal(0)
        )


def _read(sample: str) -> list[Flow]:
    return flows(*((line.split(",")[0], line.split(",")[1]) for line in sample.split()))


# INSEAD, Measuring Private Equity Fund Performance (2019), as pyxirr's tests quote it.
@pytest.mark.parametrize(
    ("amounts", "rate"), [((-12, 0, 0, 40), 0.494), ((-12, -10, -4, 40, 0, 15, 5), 0.324)]
)
def test_the_business_school_s_examples(amounts: tuple[int, ...], rate: float) -> None:
    assert irr(yearly(*amounts)).rate == pytest.approx(rate, abs=1e-3)


def test_a_fund_worked_by_hand_with_notices_of_calls_and_distributions() -> None:
    # 100 paid in two calls, 60 back after two years, 66.55 left after three: at 10 %
    # -50 - 50/1.1 + 60/1.21 + v/1.331 = 0, so v = 61.05 exactly.
    notices = yearly(-50, -50, 60)
    made = since_inception(notices, Decimal("61.05"), year(3))
    assert made.rate == pytest.approx(0.1, abs=1e-12)
    told = multiples(notices, Decimal("61.05"), committed=Decimal(125))
    assert (told.paid_in, told.distributed) == exact(100, 60)
    assert (told.dpi, told.rvpi, told.tvpi, told.pic) == (
        Decimal("0.6"), Decimal("0.6105"), Decimal("1.2105"), Decimal("0.8"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given_flows", "reason"),
    [
        ([], Reason.NO_FLOWS),
        (yearly(0, 0), Reason.ALL_ZERO),
        (flows(("2020-01-01", -5), ("2020-01-01", 5)), Reason.ALL_ZERO),
        (yearly(-5), Reason.SINGLE_FLOW),
        (flows(("2020-01-01", -5), ("2020-01-01", 9)), Reason.SINGLE_FLOW),
        (yearly(-5, -6), Reason.ONE_SIGN),
        (yearly(5, 0, 6), Reason.ONE_SIGN),
        (yearly(-100, 230, -132), Reason.SEVERAL_ROOTS),
        (yearly(-100, 200, -150), Reason.NO_ROOT),
    ],
)
def test_what_has_no_single_rate_says_why(given_flows: list[Flow], reason: Reason) -> None:
    made = irr(given_flows)
    assert (made.rate, made.period_rate, made.reason) == (None, None, reason)
    assert made.reason is not None
    assert made.reason.sentence.endswith(".")


def test_several_rates_are_all_told() -> None:
    assert irr(yearly(-100, 230, -132)).roots == pytest.approx((0.1, 0.2), abs=1e-12)
    assert irr(yearly(-1, "3.3", "-3.62", "1.32")).roots == pytest.approx((0, 0.1, 0.2), abs=1e-9)


def test_signs_may_change_twice_and_still_leave_one_rate() -> None:
    made = irr(yearly(-100, 50, -20, 120))
    assert made.reason is None
    assert made.rate is not None
    assert imbalance(yearly(-100, 50, -20, 120), made.rate) < 1e-12


def test_a_loss_of_everything_but_a_crumb_has_its_rate() -> None:
    assert irr(yearly(-1000000, "12.5")).rate == pytest.approx(-0.9999875, abs=1e-12)


def test_a_rate_beyond_the_search_is_no_number() -> None:
    made = irr(flows(("2020-01-01", -1), ("2020-01-02", 100)))
    assert (made.rate, made.reason) == (None, Reason.NO_ROOT)


def test_a_span_below_a_year_also_has_its_return_over_the_span() -> None:
    made = irr(flows(("2020-01-01", -100), ("2020-03-14", 110)))
    assert made.days == 73
    assert made.rate == pytest.approx(1.1**5 - 1)
    assert made.period_rate == pytest.approx(0.1)


@settings(deadline=None)
@given(funds())
def test_the_present_value_at_the_rate_is_nothing(fund: list[Flow]) -> None:
    made = irr(fund)
    assume(made.rate is not None)
    assert made.rate is not None
    assert imbalance(fund, made.rate) < 1e-9


@settings(deadline=None)
@given(mixed)
def test_every_rate_told_is_a_rate_and_a_lack_has_a_reason(series: list[Flow]) -> None:
    made = irr(series)
    assert (made.rate is None) == (made.reason is not None)
    assert (made.rate is not None) == (len(made.roots) == 1)
    assert all(LOWEST <= root <= HIGHEST and imbalance(series, root) < 1e-9 for root in made.roots)
    assert list(made.roots) == sorted(made.roots)


@settings(deadline=None)
@given(funds(), st.integers(1, 10**6))
def test_scale_leaves_the_rate_alone(fund: list[Flow], factor: int) -> None:
    grown = [Flow(f.on, f.amount * factor) for f in fund]
    _same(irr(fund).rate, irr(grown).rate)


@settings(deadline=None)
@given(funds())
def test_lender_and_borrower_have_the_same_rate(fund: list[Flow]) -> None:
    _same(irr(fund).rate, irr([Flow(f.on, -f.amount) for f in fund]).rate)


@settings(deadline=None)
@given(funds(), st.integers(-3000, 3000))
def test_the_calendar_leaves_the_rate_alone(fund: list[Flow], by: int) -> None:
    moved = [Flow(f.on + timedelta(days=by), f.amount) for f in fund]
    assert irr(fund) == irr(moved)


@settings(deadline=None)
@given(funds(), st.permutations(range(16)))
def test_the_order_of_flows_leaves_the_rate_alone(fund: list[Flow], order: list[int]) -> None:
    assert irr(fund) == irr([fund[i] for i in order if i < len(fund)])


def _same(left: float | None, right: float | None) -> None:
    if left is None or right is None:
        assert left is right
    else:
        assert 1 + left == pytest.approx(1 + right, rel=1e-9)


@given(mixed, signed, signed)
def test_multiples_add_up(series: list[Flow], value: Decimal, committed: Decimal) -> None:
    told = multiples(series, value, committed)
    if told.dpi is None or told.rvpi is None or told.tvpi is None:
        assert told.reason is Reason.NOTHING_PAID
        assert told.paid_in == 0
    else:
        with localcontext(prec=60):
            assert abs(told.tvpi - told.dpi - told.rvpi) <= abs(told.tvpi) * Decimal("1e-45")


def test_periods_chain_to_the_whole() -> None:
    # 100 becomes 110, then 50 more come in, and 160 become 200.
    first = over_period(yearly(-100, -50), Decimal(100), Decimal(160), year(0), year(1))
    second = over_period(yearly(-100, -50), Decimal(160), Decimal(200), year(1), year(2))
    assert first.rate == pytest.approx(0.1)
    assert second.rate == pytest.approx(0.25)


def test_a_period_leaves_out_the_flows_of_its_first_day() -> None:
    # They are in the opening value, which is of that day's end.
    made = over_period(yearly(-100), Decimal(100), Decimal(120), year(0), year(1))
    assert made.rate == pytest.approx(0.2)
    with pytest.raises(FinanceError, match="end after it starts"):
        over_period([], Decimal(1), Decimal(1), year(1), year(1))


def test_flows_after_the_day_asked_for_are_not_looked_at() -> None:
    known = since_inception(yearly(-100, 0, 500), Decimal(110), year(1))
    assert known.rate == pytest.approx(0.1)


def test_multiple_on_invested_capital() -> None:
    assert moic(Decimal(40), Decimal(30), Decimal(50)) == 2
    assert moic(Decimal(0), Decimal(0), Decimal(0)) is Reason.NOTHING_PAID


@pytest.mark.parametrize("amount", [1.5, Decimal("NaN"), Decimal("Infinity")])
def test_no_float_and_no_nan_becomes_a_flow(amount: Decimal) -> None:
    with pytest.raises(FinanceError, match="An amount must be"):
        Flow(date(2020, 1, 1), amount)
