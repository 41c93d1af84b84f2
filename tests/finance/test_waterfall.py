"""Carried interest: published worked examples, and what must hold of any split."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import FinanceError
from pipelines.finance.flows import Flow, total
from pipelines.finance.tiers import Terms
from pipelines.finance.waterfall import (
    Deal,
    allocate,
    clawback,
    deal_by_deal,
    whole_fund,
)
from tests.finance.series import exact, flows, funds, year, yearly

FULL = Terms(Decimal("0.08"), Decimal("0.2"), Decimal(1))
HARD = Terms(Decimal("0.08"), Decimal("0.2"), Decimal(0))
HALF = Terms(Decimal("0.08"), Decimal("0.2"), Decimal("0.5"))
PLAIN = Terms(Decimal(0), Decimal("0.2"), Decimal(0))


def _at(number: int, amount: str | int) -> Flow:
    return Flow(year(number), Decimal(amount))


def test_an_exam_course_s_full_catch_up() -> None:
    # Kaplan Schweser, as told at analystforum.com, "How is the catch-up rate calculated?":
    # 50 becomes 100 in a year: capital 50, hurdle 4, catch-up 1, then 36 and 9.
    (split,) = whole_fund([_at(0, 50)], [_at(1, 100)], FULL).splits
    assert (split.capital, split.preferred) == exact(50, 4)
    assert (split.catch_up_lp, split.catch_up_gp) == exact(0, 1)
    assert (split.split_lp, split.split_gp) == exact(36, 9)
    assert (split.lp, split.gp) == exact(90, 10)


def test_a_textbook_s_catch_up_over_three_distributions() -> None:
    # Metrick and Yasuda, Venture Capital and the Finance of Innovation, chapter 2: a fund
    # of 100, drawn on the first day, brings 108 after a year, then 2, then 90.
    made = whole_fund([_at(0, 100)], [_at(1, 108), _at(2, 2), _at(3, 90)], FULL)
    assert [(split.lp, split.gp) for split in made.splits] == [
        exact(108, 0), exact(0, 2), exact(72, 18),
    ]  # fmt: skip
    assert made.gp == 20


@pytest.mark.parametrize(
    ("proceeds", "on_committed", "on_invested"), [(200, "20", "21.6"), (280, "36", "36")]
)
def test_a_textbook_s_two_bases_of_carry(
    proceeds: int, on_committed: str, on_invested: str
) -> None:
    # The same chapter: 20 % above all 100 committed, or 18 % above the 80 that ten years'
    # fees of 2 % leave to invest. Both give 36 of proceeds of 280.
    back = [_at(9, proceeds)]
    first = whole_fund([_at(0, 100)], back, PLAIN)
    second = whole_fund([_at(0, 80)], back, Terms(Decimal(0), Decimal("0.18"), Decimal(0)))
    assert (first.gp, second.gp) == (Decimal(on_committed), Decimal(on_invested))


def test_an_exam_curriculum_s_deals_with_a_clawback() -> None:
    # CFA Program, Private Equity Valuation, question 9, as told at analystforum.com,
    # "Carried Interest Contradition?": 20 to 25, 45 to 35, 50 to 65; the manager has 2 in all.
    deals = [
        Deal("first", (_at(0, 20),), (_at(1, 25),), year(1)),
        Deal("second", (_at(0, 45),), (_at(2, 35),), year(2)),
        Deal("third", (_at(0, 50),), (_at(3, 65),), year(3)),
    ]
    made = deal_by_deal(deals, PLAIN, carry_losses=False)
    assert [(split.deal, split.gp) for split in made.splits] == [
        ("first", Decimal(1)), ("second", Decimal(0)), ("third", Decimal(3)),
    ]  # fmt: skip
    assert made.clawback == 2
    assert made.gp - made.clawback == 2


def test_a_course_s_split_of_a_syndicate_s_profit() -> None:
    # Revitalize, Waterfall Distributions and Promote Structures: 1,000,000 of equity and a
    # profit of 450,000 at 8 % with catch-up give 360,000 and 90,000.
    made = whole_fund([_at(0, 1_000_000)], [_at(2, 1_450_000)], FULL)
    assert (made.lp - 1_000_000, made.gp) == exact(360_000, 90_000)


def test_a_lawyer_s_deal_that_makes_good_another_s_loss() -> None:
    # Lucas K. T. Lee, "PE distribution waterfall": of the 200 that deal A brings, 50 is its
    # cost, 10 that of B, written off, 4.80 are fees of both (drawn in the last year), and
    # 21.01 the hurdle. His catch-up stops one step short of a fifth of the profit, so
    # beyond that only the sum is compared.
    deals = [
        Deal("B", (_at(1, 10),), (), year(2), fees=(_at(3, "0.8"),)),
        Deal("A", (_at(0, 50),), (_at(4, 200),), year(4), fees=(_at(3, 4),)),
        Deal("C", (_at(2, 40),)),
    ]
    (split,) = deal_by_deal(deals, FULL, carry_losses=True).splits
    assert (split.capital, split.preferred) == (Decimal("64.8"), Decimal("21.01"))
    assert split.gp == Decimal("27.04")  # a fifth of 200 - 64.80
    assert split.lp + split.gp == 200


def test_half_a_catch_up_worked_by_hand() -> None:
    # x / 2 = (8 + x) / 5, so x = 5.33; with 36.67 left the manager has a fifth of 50.
    (split,) = whole_fund([_at(0, 100)], [_at(1, 150)], HALF).splits
    assert (split.catch_up_lp, split.catch_up_gp) == (Decimal("2.66"), Decimal("2.67"))
    assert split.gp == 10


def test_without_a_catch_up_only_what_exceeds_the_hurdle_is_shared() -> None:
    (split,) = whole_fund([_at(0, 100)], [_at(1, 150)], HARD).splits
    assert split.gp == Decimal("8.4")


@pytest.mark.parametrize(
    ("compounds", "due"), [(0, "16.00"), (1, "16.64"), (4, "17.17"), (12, "17.29")]
)
def test_the_hurdle_compounds_as_the_agreement_says(compounds: int, due: str) -> None:
    terms = Terms(Decimal("0.08"), Decimal("0.2"), Decimal(1), compounds)
    made = whole_fund([_at(0, 100)], [], terms, as_of=year(2))
    assert (made.capital_due, made.preferred_due) == exact(100, due)


def test_the_hurdle_runs_on_what_is_still_out() -> None:
    # 100, of which 58 come back after a year: 50 + 8 of interest if the hurdle came first;
    # capital comes first here, and both ways 50 stay out in all.
    made = whole_fund([_at(0, 100)], [_at(1, 58)], FULL, as_of=year(2))
    assert made.capital_due + made.preferred_due == 54


def test_european_pays_later_than_american_and_less_after_a_loss() -> None:
    deals = [
        Deal("won", (_at(0, 40),), (_at(1, 100),), year(1)),
        Deal("lost", (_at(0, 60),), (), year(3)),
    ]
    alone = deal_by_deal(deals, FULL, carry_losses=False)
    european = whole_fund([_at(0, 100)], [_at(1, 100)], FULL)
    assert (alone.gp, european.gp) == exact(12, 0)
    assert alone.clawback == 12


def test_what_is_held_counts_in_a_clawback_at_its_value() -> None:
    deals = [
        Deal("won", (_at(0, 40),), (_at(1, 100),), year(1)),
        Deal("held", (_at(0, 60),)),
    ]
    worth = [
        deal_by_deal(deals, PLAIN, carry_losses=False, as_of=year(1), value=Decimal(v)).clawback
        for v in (0, 30, 60, 90)
    ]
    assert worth == [12, 6, 0, 0]


def test_early_gains_count_against_later_losses_in_a_clawback() -> None:
    # 180 of 200 went to the investors, who then lost 50: they have 180 of 150, and the
    # manager 20, where a fifth of the profit of 50 is 10.
    deals = [
        Deal("won", (_at(0, 100),), (_at(1, 200),), year(1)),
        Deal("lost", (_at(2, 50),), (), year(3)),
    ]
    made = deal_by_deal(deals, PLAIN, carry_losses=False)
    assert (made.gp, made.clawback) == exact(20, 10)


def test_a_clawback_is_capped_by_the_carry_after_tax() -> None:
    given_back = clawback(Decimal(10), Decimal(-5), Decimal(0), FULL, tax_rate=Decimal("0.4"))
    assert given_back == 6
    assert clawback(Decimal(10), Decimal(50), Decimal(3), FULL) == 3
    assert clawback(Decimal(10), Decimal(50), Decimal(0), FULL) == 0


@pytest.mark.parametrize(
    ("hurdle", "carry", "catch_up", "compounds"),
    [
        ("0.08", "0.2", "0.2", 1),
        ("0.08", "1", "1", 1),
        ("-0.1", "0.2", "1", 1),
        ("0.08", "0.2", "1", -1),
    ],
)
def test_terms_that_cannot_be_met_are_refused(
    hurdle: str, carry: str, catch_up: str, compounds: int
) -> None:
    with pytest.raises(FinanceError):
        Terms(Decimal(hurdle), Decimal(carry), Decimal(catch_up), compounds)


def test_negative_amounts_and_a_day_before_the_last_flow_are_refused() -> None:
    with pytest.raises(FinanceError, match="positive amounts"):
        whole_fund(yearly(-5), [], FULL)
    with pytest.raises(FinanceError, match="after the day asked for"):
        whole_fund([_at(0, 5)], [_at(3, 5)], FULL, as_of=year(1))


@settings(deadline=None)
@given(funds(), st.sampled_from([FULL, HARD, HALF, PLAIN]))
def test_no_cent_is_lost_and_none_is_paid_too_early(fund: list[Flow], terms: Terms) -> None:
    paid = [Flow(f.on, -f.amount) for f in fund if f.amount < 0]
    back = [f for f in fund if f.amount > 0]
    made = whole_fund(paid, back, terms)
    assert made.lp + made.gp == total(f.amount for f in back)
    assert all(min(s.lp, s.gp, s.catch_up_lp, s.split_lp) >= 0 for s in made.splits)
    assert made.gp == 0 or (made.capital_due, made.preferred_due) == exact(0, 0)
    profit = made.lp + made.gp - total(f.amount for f in paid)
    assert made.gp <= max(profit, Decimal(0)) * terms.carry + Decimal("0.01")


@settings(deadline=None)
@given(funds(), st.sampled_from([FULL, HARD, HALF, PLAIN]))
def test_one_deal_alone_is_the_whole_fund(fund: list[Flow], terms: Terms) -> None:
    paid = tuple(Flow(f.on, -f.amount) for f in fund if f.amount < 0)
    back = tuple(f for f in fund if f.amount > 0)
    expected = whole_fund(paid, back, terms)
    deals = [Deal("only", paid, back, back[-1].on)]
    for carry_losses in (False, True):
        made = deal_by_deal(deals, terms, carry_losses=carry_losses)
        assert (made.lp, made.gp) == (expected.lp, expected.gp)
        assert made.clawback <= Decimal("0.01")


@given(
    st.decimals("0", "999999.99", places=2),
    st.dictionaries(st.text(min_size=1), st.decimals("0.01", "1000", places=2), min_size=1),
)
def test_what_is_allocated_adds_up(amount: Decimal, weights: dict[str, Decimal]) -> None:
    assert total(allocate(amount, weights).values()) == amount


def test_nothing_is_allocated_by_nothing() -> None:
    with pytest.raises(FinanceError, match="not all 0"):
        allocate(Decimal(1), {"a": Decimal(0)})


def test_dates_not_order_decide() -> None:
    given_flows = flows(("2020-01-01", 10), ("2019-01-01", 10))
    one = whole_fund(given_flows, flows(("2021-01-01", 30)), FULL)
    assert one == whole_fund(given_flows[::-1], flows(("2021-01-01", 30)), FULL)
