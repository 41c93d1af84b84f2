"""The nested terms of securities: conversion rights and triggers, vesting conditions.

Belongs here: typed values and their readers. Does not belong here: what they come to
(`interest`, `priced_round`, `vesting`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from pipelines.finance.captable import values
from pipelines.finance.captable.values import Money, NotReadable

Part = Mapping[str, object]
T = TypeVar("T")


@dataclass(frozen=True)
class Capitalization:
    """Which shares count when an instrument's price is its valuation by a share."""

    outstanding_shares: bool
    outstanding_options: bool
    unissued_options: bool
    this_security: bool
    other_converting: bool
    promised_options: bool
    pool_increase: bool
    new_money: bool


PRE_MONEY = Capitalization(True, True, True, False, False, True, True, False)
"""As in the SAFE of 2013 to 2018: all but SAFEs and notes, with the enlarged pool."""
POST_MONEY = Capitalization(True, True, True, True, True, True, False, False)
"""As in the SAFE since 2018: with all that converts, without the enlargement of the pool."""


@dataclass(frozen=True)
class Rate:
    """Yearly interest (0.08 is 8 %) from `start`, through `end` where it has one."""

    rate: Decimal
    start: date
    end: date | None


@dataclass(frozen=True)
class Mechanism:
    """How a security turns into shares. `type` is the format's; unused parts are None."""

    type: str
    quantity: Decimal | None = None
    share: Decimal | None = None
    ratio: Fraction | None = None
    price: Money | None = None
    rounding: str = "NORMAL"
    cap: Money | None = None
    discount: Decimal | None = None
    discount_amount: Money | None = None
    most_favoured: bool = False
    timing: str | None = None
    rules: Capitalization | None = None
    valuation: str | None = None
    rates: tuple[Rate, ...] = ()
    day_count: str = "ACTUAL_365"
    payout: str = "DEFERRED"
    accrual: str = "ANNUAL"
    compounding: str = "SIMPLE"
    description: str | None = None


@dataclass(frozen=True)
class Right:
    """A right to turn into shares; `class_id` is None where a future round decides."""

    mechanism: Mechanism
    class_id: str | None


@dataclass(frozen=True)
class Trigger:
    """When a right takes effect."""

    id: str
    type: str
    right: Right


@dataclass(frozen=True)
class Period:
    """`length` days or months, `occurrences` times; what comes before `cliff` waits for it."""

    length: int
    unit: str
    occurrences: int
    day_of_month: str | None
    cliff: int


@dataclass(frozen=True)
class Condition:
    """A node of a vesting schedule. It vests `quantity` shares, or `portion` of the grant
    (with `of_rest`, of what has not vested); one of `next` can follow, the earliest.
    """

    id: str
    trigger: str
    portion: Fraction | None
    of_rest: bool
    quantity: Decimal | None
    on: date | None
    period: Period | None
    relative_to: str | None
    next: tuple[str, ...]


def rights(value: object) -> tuple[Right, ...]:
    """The conversion rights of a class of stock."""
    return tuple(_right(each) for each in values.parts(value))


def triggers(value: object) -> tuple[Trigger, ...]:
    """The triggers of a convertible or a warrant."""
    return tuple(_trigger(each) for each in values.parts(value))


def conditions(value: object) -> tuple[Condition, ...]:
    """The conditions of a vesting schedule; at least one."""
    found = tuple(_condition(each) for each in values.parts(value))
    names = {each.id for each in found}
    for each in found:
        for name in (*each.next, *([each.relative_to] if each.relative_to else [])):
            if name not in names:
                raise NotReadable(f"conditions that name each other; there is no {name}")
    if len(names) != len(found) or not found:
        raise NotReadable("at least one condition, each with an identity of its own")
    return found


def vestings(value: object) -> tuple[tuple[date, Decimal], ...]:
    """Exact vesting days and their quantities, by day."""
    found = [(_in(each, "date", values.day), each) for each in values.parts(value)]
    return tuple(sorted((on, _in(each, "amount", values.number)) for on, each in found))


def ratio_mechanism(value: object) -> Mechanism:
    """A conversion by a ratio."""
    found = mechanism(value)
    if found.ratio is None:
        raise NotReadable("a mechanism of the type RATIO_CONVERSION")
    return found


def mechanism(value: object) -> Mechanism:
    """Any conversion mechanism of the format."""
    said = values.part(value)
    type_ = values.text(said.get("type"))
    reader = _MECHANISMS.get(type_)
    if reader is None:
        raise NotReadable("a mechanism of a type among " + ", ".join(sorted(_MECHANISMS)))
    return reader(type_, said)


def _right(value: Part) -> Right:
    return Right(
        _in(value, "conversion_mechanism", mechanism),
        _maybe(value, "converts_to_stock_class_id", values.text),
    )


def _trigger(value: Part) -> Trigger:
    return Trigger(
        _in(value, "trigger_id", values.text),
        _in(value, "type", values.text),
        _in(value, "conversion_right", lambda right: _right(values.part(right))),
    )


def _ratio(type_: str, said: Part) -> Mechanism:
    return Mechanism(
        type_,
        ratio=_in(said, "ratio", values.ratio),
        price=_in(said, "conversion_price", values.money),
        rounding=_choice(said, "rounding_type", "CEILING FLOOR NORMAL"),
    )


def _fixed(type_: str, said: Part) -> Mechanism:
    return Mechanism(type_, quantity=_in(said, "converts_to_quantity", values.number))


def _percent(type_: str, said: Part) -> Mechanism:
    return Mechanism(type_, share=_in(said, "converts_to_percent", values.percent), rules=_of(said))


def _safe(type_: str, said: Part) -> Mechanism:
    timing = said.get("conversion_timing")
    return Mechanism(
        type_,
        cap=_maybe(said, "conversion_valuation_cap", values.money),
        discount=_maybe(said, "conversion_discount", values.percent),
        most_favoured=_in(said, "conversion_mfn", values.flag),
        timing=None if timing is None else _choice(said, "conversion_timing", _TIMINGS),
        rules=_of(said),
    )


_TIMINGS = "PRE_MONEY POST_MONEY"


def _note(type_: str, said: Part) -> Mechanism:
    return Mechanism(
        type_,
        cap=_maybe(said, "conversion_valuation_cap", values.money),
        discount=_maybe(said, "conversion_discount", values.percent),
        most_favoured=_maybe(said, "conversion_mfn", values.flag) or False,
        rules=_of(said),
        rates=tuple(_rate(each) for each in _in(said, "interest_rates", values.parts)),
        day_count=_choice(said, "day_count_convention", "ACTUAL_365 30_360"),
        payout=_choice(said, "interest_payout", "DEFERRED CASH"),
        accrual=_choice(
            said, "interest_accrual_period", "DAILY MONTHLY QUARTERLY SEMI_ANNUAL ANNUAL"
        ),
        compounding=_choice(said, "compounding_type", "COMPOUNDING SIMPLE"),
    )


def _rate(said: Part) -> Rate:
    return Rate(
        _in(said, "rate", values.percent),
        _in(said, "accrual_start_date", values.day),
        _maybe(said, "accrual_end_date", values.day),
    )


def _valuation(type_: str, said: Part) -> Mechanism:
    return Mechanism(
        type_,
        valuation=_choice(said, "valuation_type", "FIXED ACTUAL CAP"),
        cap=_maybe(said, "valuation_amount", values.money),
        rules=_of(said),
    )


def _share_price(type_: str, said: Part) -> Mechanism:
    return Mechanism(
        type_,
        description=_in(said, "description", values.text),
        discount=_maybe(said, "discount_percentage", values.percent),
        discount_amount=_maybe(said, "discount_amount", values.money),
    )


def _custom(type_: str, said: Part) -> Mechanism:
    return Mechanism(type_, description=_in(said, "custom_conversion_description", values.text))


_MECHANISMS: Mapping[str, Callable[[str, Part], Mechanism]] = {
    "RATIO_CONVERSION": _ratio,
    "FIXED_AMOUNT_CONVERSION": _fixed,
    "FIXED_PERCENT_OF_CAPITALIZATION_CONVERSION": _percent,
    "SAFE_CONVERSION": _safe,
    "CONVERTIBLE_NOTE_CONVERSION": _note,
    "VALUATION_BASED_CONVERSION": _valuation,
    "PPS_BASED_CONVERSION": _share_price,
    "CUSTOM_CONVERSION": _custom,
}


def _of(said: Part) -> Capitalization | None:
    rules = _maybe(said, "capitalization_definition_rules", values.part)
    if rules is None:
        return None
    names = (
        "include_outstanding_shares include_outstanding_options"
        " include_outstanding_unissued_options include_this_security"
        " include_other_converting_securities include_option_pool_topup_for_promised_options"
        " include_additional_option_pool_topup include_new_money"
    )
    return Capitalization(*(_in(rules, name, values.flag) for name in names.split()))


def _condition(said: Part) -> Condition:
    trigger = _in(said, "trigger", values.part)
    type_ = _choice(
        trigger,
        "type",
        "VESTING_START_DATE VESTING_SCHEDULE_ABSOLUTE VESTING_SCHEDULE_RELATIVE VESTING_EVENT",
    )
    portion = _maybe(said, "portion", values.ratio)
    quantity = _maybe(said, "quantity", values.number)
    if (portion is None) == (quantity is None):
        raise NotReadable("conditions with either a portion or a quantity")
    relative = type_ == "VESTING_SCHEDULE_RELATIVE"
    absolute = type_ == "VESTING_SCHEDULE_ABSOLUTE"
    remainder = values.part(said["portion"]).get("remainder") if portion is not None else None
    return Condition(
        id=_in(said, "id", values.text),
        trigger=type_,
        portion=portion,
        of_rest=bool(remainder),
        quantity=quantity,
        on=_in(trigger, "date", values.day) if absolute else None,
        period=_in(trigger, "period", _period) if relative else None,
        relative_to=_in(trigger, "relative_to_condition_id", values.text) if relative else None,
        next=_in(said, "next_condition_ids", values.texts),
    )


def _period(value: object) -> Period:
    said = values.part(value)
    unit = _choice(said, "type", "DAYS MONTHS")
    length = _in(said, "length", values.whole)
    occurrences = _in(said, "occurrences", values.whole)
    if length < 0 or occurrences < 1:
        raise NotReadable("a period that is not negative and occurs at least once")
    months = unit == "MONTHS"
    day_of_month = _in(said, "day_of_month", values.text) if months else None
    if day_of_month is not None and not (
        day_of_month[:2].isdigit() or day_of_month.startswith("VESTING_START_DAY")
    ):
        raise NotReadable("a day of the month such as 01 or 31_OR_LAST_DAY_OF_MONTH")
    cliff = _maybe(said, "cliff_installment", values.whole) or 0
    return Period(length, unit, occurrences, day_of_month, cliff)


def _in(said: Part, name: str, reader: Callable[[object], T]) -> T:
    """A part that must be there; the error names it."""
    try:
        return reader(said.get(name))
    except NotReadable as error:
        raise NotReadable(f"{name} in it as {error}") from None


def _maybe(said: Part, name: str, reader: Callable[[object], T]) -> T | None:
    return None if said.get(name) is None else _in(said, name, reader)


def _choice(said: Part, name: str, choices: str) -> str:
    value = said.get(name)
    if value not in choices.split():
        raise NotReadable(f"{name} in it as one of {', '.join(choices.split())}")
    return str(value)
