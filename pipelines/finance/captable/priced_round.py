"""A priced round: what it costs a share, and what notes, SAFEs and warrants turn into.

The price is the pre-money valuation by the shares before the new money: all that
exists fully diluted, what converts, and the enlargement of the pool. A convertible
gets the lowest of the round's price, that price less its discount, and its cap by
the shares that its terms count. Each depends on the others, so they are found by
iteration to 25 digits; then prices are rounded as term sheets round them, and shares
are cut to whole ones.

What counts for a cap is said by the instrument's own rules, else by its timing, as in
the SAFE before 2018 (pre-money) and since (post-money); a note counts as pre-money.
One with a most-favoured clause may take the terms of any that was issued since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext

from pipelines.errors import FinanceError
from pipelines.finance.captable.interest import accrued
from pipelines.finance.captable.ownership import Capital
from pipelines.finance.captable.state import ZERO, Holding
from pipelines.finance.captable.terms import POST_MONEY, PRE_MONEY, Mechanism
from pipelines.finance.captable.values import Money

_STEPS = 5_000
_CLOSE = Decimal("1E-25")


@dataclass(frozen=True)
class Convertible:
    """What converts: `amount` is principal and interest (for a warrant what is paid)."""

    security_id: str
    issued_on: date
    amount: Money
    terms: Mechanism


@dataclass(frozen=True)
class Terms:
    """A round to be priced. `pool_after` is the share of the post-money capital that the
    plans may still grant (None: the pool stays); `promised` options are granted from it.
    Without `within_pre_money` what converts dilutes the new investors as well.
    """

    on: date
    pre_money: Money
    new_money: Decimal
    pool_after: Decimal | None = None
    promised: Decimal = ZERO
    price_places: int = 4
    within_pre_money: bool = True


@dataclass(frozen=True)
class Converted:
    """What one convertible turns into, at what price and by what: cap, discount, round …"""

    security_id: str
    amount: Money
    price: Decimal | None
    shares: Decimal
    by: str


@dataclass(frozen=True)
class Priced:
    """The round: price in the round's currency, whole shares, and the capital after it."""

    price: Decimal
    new_shares: Decimal
    pool_increase: Decimal
    converted: tuple[Converted, ...]
    capital: Capital


@dataclass(frozen=True)
class _Point:
    """One step of the iteration."""

    price: Decimal
    shares: Mapping[str, Decimal]
    promised: Decimal
    increase: Decimal
    new: Decimal


def convertible(held: Holding, on: date, trigger_id: str | None = None) -> Convertible:
    """An open convertible or warrant as it converts on `on`, by a trigger (or its first).

    Deferred interest is added; interest paid in cash is not. Raises FinanceError where
    the security can't convert.
    """
    field = "conversion_triggers" if held.instrument == "convertible" else "exercise_triggers"
    found = [it for it in held.item.get(field) or () if trigger_id in {None, it.id}]
    if not found or not held.open:
        raise FinanceError(
            f"The security {held.security_id} can't convert on {on}: it is "
            f"{'open' if held.open else 'closed'} and has {len(found)} matching triggers. "
            "Name a trigger of an open convertible or warrant."
        )
    terms = found[0].right.mechanism
    if held.instrument == "warrant":
        return Convertible(held.security_id, held.issued_on, held.item["purchase_price"], terms)
    interest = accrued(held.quantity, terms, on) if terms.payout == "DEFERRED" else ZERO
    cents = (held.quantity + interest).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Convertible(held.security_id, held.issued_on, Money(cents, held.currency or ""), terms)


def price_round(before: Capital, converting: Sequence[Convertible], terms: Terms) -> Priced:
    """The round's price and what everything turns into.

    Raises FinanceError where currencies differ, terms are in words only, or no price
    exists (such as SAFEs that together claim the whole company).
    """
    _check(before, converting, terms)
    with localcontext(prec=50):
        point = _solve(before, converting, terms)
        quantum = Decimal(1).scaleb(-terms.price_places)
        price = point.price.quantize(quantum, ROUND_HALF_UP)
        if price <= 0:
            raise FinanceError(f"The price of a share rounds to zero: {point.price}.")
        made = []
        for each in converting:
            exact, by = _price(each, converting, before, terms, point)
            if exact is None:
                shares = point.shares[each.security_id].quantize(Decimal(1), ROUND_FLOOR)
                made.append(Converted(each.security_id, each.amount, None, shares, by))
                continue
            paid = exact.quantize(quantum, ROUND_HALF_UP)
            shares = (each.amount.amount / paid).quantize(Decimal(1), ROUND_FLOOR)
            made.append(Converted(each.security_id, each.amount, paid, shares, by))
        new = (terms.new_money / price).quantize(Decimal(1), ROUND_FLOOR)
        increase = (point.promised + point.increase).quantize(Decimal(1), ROUND_CEILING)
        after = Capital(
            before.shares + sum((it.shares for it in made), ZERO) + new,
            before.options + terms.promised,
            before.warrants,
            before.available + increase - terms.promised,
        )
    return Priced(price, new, increase, tuple(made), after)


def _check(before: Capital, converting: Sequence[Convertible], terms: Terms) -> None:
    currency = terms.pre_money.currency
    for each in converting:
        cap = each.terms.cap
        if each.amount.currency != currency or (cap is not None and cap.currency != currency):
            raise FinanceError(
                f"The round is in {currency}, the security {each.security_id} in "
                f"{each.amount.currency}. Convert its amounts first, at a rate that is agreed."
            )
        if each.terms.type in {"CUSTOM_CONVERSION", "RATIO_CONVERSION"}:
            raise FinanceError(
                f"The security {each.security_id} converts by {each.terms.type}: "
                f"{each.terms.description or 'stock converts by its ratio'}. No price follows."
            )
    if before.fully_diluted <= 0 or terms.pre_money.amount <= 0 or terms.new_money < 0:
        raise FinanceError(
            f"A round needs shares before it and a valuation above zero; got "
            f"{before.fully_diluted} shares and {terms.pre_money.amount} {currency}."
        )


def _solve(before: Capital, converting: Sequence[Convertible], terms: Terms) -> _Point:
    base = before.fully_diluted
    short = max(ZERO, terms.promised - before.available)
    point = _Point(
        terms.pre_money.amount / (base + short),
        {it.security_id: ZERO for it in converting},
        short,
        ZERO,
        ZERO,
    )
    for _ in range(_STEPS):
        shares = {}
        for each in converting:
            price, _by = _price(each, converting, before, terms, point)
            shares[each.security_id] = (
                each.amount.amount / price if price is not None else _stated(each, before, point)
            )
        all_converted = sum(shares.values(), ZERO)
        inside = all_converted if terms.within_pre_money else ZERO
        total = base + short + point.increase + inside
        price = terms.pre_money.amount / total
        new = terms.new_money / price
        increase = point.increase
        if terms.pool_after is not None:
            free = max(ZERO, before.available - terms.promised)
            post = base + short + point.increase + all_converted + new
            increase = max(ZERO, terms.pool_after * post - free)
        after = _Point(price, shares, short, increase, new)
        if _near(point, after):
            return after
        point = after
    raise FinanceError(
        "No price satisfies the terms of the round: what converts and the pool claim the whole "
        f"company or more. Pre-money {terms.pre_money.amount}, {len(converting)} converting, "
        f"pool after it {terms.pool_after}."
    )


def _near(one: _Point, other: _Point) -> bool:
    pairs = [
        (one.price, other.price),
        (one.increase, other.increase),
        *((one.shares[name], other.shares[name]) for name in other.shares),
    ]
    return all(abs(a - b) <= _CLOSE * max(abs(b), Decimal(1)) for a, b in pairs)


def _price(
    each: Convertible,
    converting: Sequence[Convertible],
    before: Capital,
    terms: Terms,
    point: _Point,
) -> tuple[Decimal | None, str]:
    """Price of a share and what set it; None where the terms state a number of shares."""
    if each.terms.quantity is not None or each.terms.share is not None:
        return None, "stated"
    among = [each.terms]
    if each.terms.most_favoured:
        among += [
            it.terms
            for it in converting
            if it is not each and it.issued_on >= each.issued_on and not it.terms.most_favoured
        ]
    found = []
    for offered in among:
        found += _offers(each, offered, before, terms, point)
    return min(found, key=lambda offer: offer[0])


def _offers(
    each: Convertible, offered: Mechanism, before: Capital, terms: Terms, point: _Point
) -> list[tuple[Decimal, str]]:
    found = [(point.price, "round")]
    if offered.discount is not None:
        found.append((point.price * (1 - offered.discount), "discount"))
    if offered.discount_amount is not None:
        found.append((point.price - offered.discount_amount.amount, "discount"))
    counted = _counted(each, offered, before, point)
    if offered.valuation == "ACTUAL":
        found = [(terms.pre_money.amount / counted, "valuation")]
    elif offered.cap is not None and offered.valuation == "FIXED":
        found = [(offered.cap.amount / counted, "valuation")]
    elif offered.cap is not None:
        found.append((offered.cap.amount / counted, "cap"))
    if any(price <= 0 for price, _ in found):
        raise FinanceError(
            f"The security {each.security_id} would convert at a price of zero or less, by its "
            f"discount from {point.price}."
        )
    return found


def _counted(each: Convertible, offered: Mechanism, before: Capital, point: _Point) -> Decimal:
    """Shares that an instrument's capitalization counts."""
    rules = offered.rules or (POST_MONEY if offered.timing == "POST_MONEY" else PRE_MONEY)
    mine = point.shares[each.security_id]
    parts = (
        (rules.outstanding_shares, before.shares),
        (rules.outstanding_options, before.options + before.warrants),
        (rules.unissued_options, before.available),
        (rules.this_security, mine),
        (rules.other_converting, sum(point.shares.values(), ZERO) - mine),
        (rules.promised_options, point.promised),
        (rules.pool_increase, point.increase),
        (rules.new_money, point.new),
    )
    total = sum((count for counts, count in parts if counts), ZERO)
    if total <= 0:
        raise FinanceError(
            f"The capitalization of the security {each.security_id} counts no shares, so its cap "
            "gives no price. Correct its capitalization rules."
        )
    return total


def _stated(each: Convertible, before: Capital, point: _Point) -> Decimal:
    if each.terms.quantity is not None:
        return each.terms.quantity
    return (each.terms.share or ZERO) * _counted(each, each.terms, before, point)
