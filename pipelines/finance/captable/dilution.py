"""What each round of financing did to everyone's share.

Belongs here: ownership the day before a round's first issuance beside that after its
last. Does not belong here: rounds that haven't happened (`priced_round`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pipelines.finance.captable.ledger import issued_quantity
from pipelines.finance.captable.ownership import capital, share_of, stakes
from pipelines.finance.captable.replay import History
from pipelines.finance.captable.state import ZERO
from pipelines.finance.captable.values import Money


@dataclass(frozen=True)
class Change:
    """One holder (None: the plans' free shares) before and after; shares fully diluted, 0 to 1.

    `dilution` is the part of the share that was lost: 0.2 for a fall from 50 % to 40 %,
    below zero for who gained, None for who had nothing before.
    """

    stakeholder_id: str | None
    before: Decimal
    after: Decimal
    before_shares: Decimal
    after_shares: Decimal

    @property
    def dilution(self) -> Decimal | None:
        """1 - after / before, to 18 decimals."""
        return share_of(self.before - self.after, self.before)


@dataclass(frozen=True)
class Round:
    """One financing. `raised` is money for stock in it by currency; shares fully diluted."""

    financing_id: str
    name: str
    first_on: date
    last_on: date
    raised: tuple[Money, ...]
    shares_before: Decimal
    shares_after: Decimal
    changes: tuple[Change, ...]


def rounds(history: History) -> tuple[Round, ...]:
    """Every financing of the package that has issuances, oldest first."""
    issued = {
        item.id: item for item in history.package.transactions if item.kind.action == "issuance"
    }
    found = []
    for financing in history.package.financings.values():
        mine = [issued[name] for name in financing["issuance_ids"]]
        if not mine:
            continue
        first, last = min(it["date"] for it in mine), max(it["date"] for it in mine)
        before = history.on(first - timedelta(days=1))
        after = history.on(last)
        old = {it.stakeholder_id: it for it in stakes(before)}
        new = {it.stakeholder_id: it for it in stakes(after)}
        changes = []
        for name in dict.fromkeys([*new, *old]):
            was, now = old.get(name), new.get(name)
            changes.append(
                Change(
                    name,
                    (was.fully_diluted_share if was else None) or ZERO,
                    (now.fully_diluted_share if now else None) or ZERO,
                    was.fully_diluted if was else ZERO,
                    now.fully_diluted if now else ZERO,
                )
            )
        raised: dict[str, Decimal] = {}
        for item in mine:
            price: Money | None = item.get("share_price")
            if price is not None:
                more = price.amount * (issued_quantity(item) or ZERO)
                raised[price.currency] = raised.get(price.currency, ZERO) + more
        found.append(
            Round(
                financing.id,
                financing["name"],
                first,
                last,
                tuple(Money(amount, code) for code, amount in sorted(raised.items())),
                capital(before).fully_diluted,
                capital(after).fully_diluted,
                tuple(changes),
            )
        )
    return tuple(sorted(found, key=lambda it: (it.first_on, it.financing_id)))
