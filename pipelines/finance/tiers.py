"""The tiers of a distribution: capital, preferred return, catch-up, carried interest.

Belongs here: the carry clause, and running one distribution after another down its
tiers. Does not belong here: which flows go into which account (`waterfall`).

    1  capital     to the investors, until all they paid in came back
    2  preferred   to the investors, until they have the hurdle rate on it
    3  catch-up    to the manager (its share of it), until it has its part of all profit
    4  split       by the carry rate

Source of the tiers: ILPA Principles 3.0 (2019), Waterfall Structure, and Metrick and
Yasuda, Venture Capital and the Finance of Innovation, chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal

from pipelines.errors import FinanceError
from pipelines.finance.money import CENT, EXACT, exact


@dataclass(frozen=True)
class Terms:
    """The carry clause; rates are parts of 1.

    `hurdle` is a year's. It compounds `compounds` times a year on capital and on what
    is unpaid of the preferred return; 0 is simple, on capital alone. `catch_up` is the
    manager's share of tier 3: 1 for a full catch-up, 0 for none, and else above `carry`.
    """

    hurdle: Decimal
    carry: Decimal
    catch_up: Decimal
    compounds: int = 1

    def __post_init__(self) -> None:
        for name in ("hurdle", "carry", "catch_up"):
            if not 0 <= exact(getattr(self, name)) <= 1:
                raise FinanceError(f"{name} must lie between 0 and 1; got {getattr(self, name)}.")
        if self.carry == 1 or 0 < self.catch_up <= self.carry:
            raise FinanceError(
                f"With carry {self.carry} and catch-up {self.catch_up} the manager never has its "
                "part of all profit. A catch-up is 0 or above the carry, which is below 1."
            )
        if self.compounds < 0:
            raise FinanceError(f"A hurdle can't compound {self.compounds} times a year.")

    def interest(self, capital: Decimal, unpaid: Decimal, days: int) -> Decimal:
        """The preferred return of some days: days / 365 of a year."""
        years = EXACT.divide(Decimal(days), Decimal(365))
        if not self.compounds:
            return EXACT.multiply(capital, EXACT.multiply(self.hurdle, years))
        step = EXACT.divide(self.hurdle, Decimal(self.compounds))
        factor = EXACT.power(1 + step, EXACT.multiply(Decimal(self.compounds), years))
        return EXACT.multiply(EXACT.add(capital, unpaid), factor - 1)


@dataclass(frozen=True)
class Split:
    """One distribution by tier, in cents; `lp` and `gp` add up to `amount` exactly."""

    on: date
    amount: Decimal
    deal: str | None
    capital: Decimal
    preferred: Decimal
    catch_up_lp: Decimal
    catch_up_gp: Decimal
    split_lp: Decimal
    split_gp: Decimal

    @property
    def lp(self) -> Decimal:
        """What the investors get."""
        return self.capital + self.preferred + self.catch_up_lp + self.split_lp

    @property
    def gp(self) -> Decimal:
        """The carried interest."""
        return self.catch_up_gp + self.split_gp


@dataclass
class Account:
    """What is owed to the investors before the manager gets anything, day by day."""

    terms: Terms
    capital: Decimal = Decimal(0)
    unpaid: Decimal = Decimal(0)
    profit: Decimal = Decimal(0)
    earned: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    at: date | None = None

    def until(self, on: date) -> None:
        """Let the preferred return grow to a day."""
        if self.at is not None and on > self.at:
            interest = self.terms.interest(self.capital, self.unpaid, (on - self.at).days)
            self.unpaid = EXACT.add(self.unpaid, interest)
        self.at = on

    def pay_in(self, on: date, amount: Decimal) -> None:
        """Capital paid in on the account's day, or before it with the interest since."""
        if self.at is None or on >= self.at:
            self.until(on)
        else:
            since = self.terms.interest(amount, Decimal(0), (self.at - on).days)
            self.unpaid = EXACT.add(self.unpaid, since)
        self.capital = EXACT.add(self.capital, amount)

    def pay_out(self, on: date, amount: Decimal, deal: str | None) -> Split:
        """Run one distribution down the tiers.

        The manager's share is kept exact and paid in whole cents of its running total,
        so that no cent is lost to rounding over many distributions.
        """
        self.until(on)
        left = amount
        capital = min(left, self.capital)
        left -= capital
        # The last fraction of a cent that is owed is owed as a cent.
        preferred = min(left, self.unpaid.quantize(CENT, ROUND_UP, context=EXACT))
        left -= preferred
        self.capital -= capital
        self.unpaid = max(EXACT.subtract(self.unpaid, preferred), Decimal(0))
        self.profit = EXACT.add(self.profit, preferred)
        caught = self._catch_up(left)
        tier_3 = caught.quantize(CENT, context=EXACT)
        catch_up_gp = self._pay(EXACT.multiply(caught, self.terms.catch_up), tier_3)
        rest = EXACT.subtract(left, caught)
        split_gp = self._pay(EXACT.multiply(rest, self.terms.carry), left - tier_3)
        self.profit = EXACT.add(self.profit, left)
        return Split(
            on, amount, deal, capital, preferred,
            tier_3 - catch_up_gp, catch_up_gp, left - tier_3 - split_gp, split_gp,
        )  # fmt: skip

    def _catch_up(self, left: Decimal) -> Decimal:
        """How much of `left` tier 3 takes: x, where earned + share * x = carry * (profit + x)."""
        share, carry = self.terms.catch_up, self.terms.carry
        missing = EXACT.subtract(EXACT.multiply(carry, self.profit), self.earned)
        if not share or missing <= 0:
            return Decimal(0)
        return min(left, EXACT.divide(missing, share - carry))

    def _pay(self, earned: Decimal, most: Decimal) -> Decimal:
        """The manager's cents now that it earned so much more; at most what the tier holds."""
        self.earned = EXACT.add(self.earned, earned)
        due = EXACT.subtract(self.earned, self.paid).quantize(CENT, context=EXACT)
        now = max(min(due, most), Decimal(0))
        self.paid += now
        return now
