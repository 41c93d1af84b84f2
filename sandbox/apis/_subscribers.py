"""What the made-up firm's Stripe account holds: customers, subscriptions, payments.

Belongs here: who subscribed when, and what was paid and given back. Does not belong
here: how Stripe tells it (`stripe`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

from sandbox.apis._books import Party, books
from sandbox.apis._dealflow import Dated
from sandbox.identities import Identity
from sandbox.standin import NOW
from sandbox.universe import Universe

_MEMBERS = 36
_END = NOW + timedelta(days=40)
_MONTH = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Customer(Dated):
    """A company that may subscribe to the firm's platform; `gone_at` is its deletion."""

    id: str
    who: Identity
    gone_at: datetime | None = None

    def is_gone(self, now: datetime) -> bool:
        """Whether it was deleted."""
        return self.gone_at is not None and self.gone_at <= now


@dataclass(frozen=True, kw_only=True)
class Subscription(Dated):
    """A subscription; its second moment is its end."""

    id: str
    customer: Customer


@dataclass(frozen=True, kw_only=True)
class Invoice(Dated):
    """A month's invoice; its second moment is the payment."""

    id: str
    number: int
    subscription: Subscription


@dataclass(frozen=True, kw_only=True)
class Charge(Dated):
    """The payment of an invoice; its second moment is the refund of a part."""

    id: str
    invoice: Invoice

    @property
    def refunded(self) -> int:
        """Cents given back in the end."""
        return 5_000 if len(self.moments) > 1 else 0


class Refund(Dated):
    """A charge's refund, which is made at the charge's second moment."""

    def __init__(self, charge: Charge) -> None:
        super().__init__(moments=charge.moments[1:])
        object.__setattr__(self, "charge", charge)
        object.__setattr__(self, "id", f"re_{charge.id[3:]}")

    charge: Charge
    id: str


Account = tuple[
    tuple[Customer, ...], tuple[Subscription, ...], tuple[Invoice, ...], tuple[Charge, ...]
]


@lru_cache(maxsize=4)
def account(universe: Universe) -> Account:
    chance = universe.random("stripe")
    parties = [party for party in books(universe).parties if party.who]
    customers = tuple(_customers(chance, parties))
    subscriptions = tuple(_subscriptions(chance, customers[:_MEMBERS]))
    invoices = tuple(_invoices(subscriptions))
    charges = tuple(_charges(chance, invoices))
    return customers, subscriptions, invoices, charges


def _customers(chance: Random, parties: Iterable[Party]) -> Iterable[Customer]:
    for place, party in enumerate(parties):
        assert party.who is not None
        late = place >= _MEMBERS
        first = party.created_at + timedelta(days=chance.randint(0, 580) if late else 1)
        edits = [first + timedelta(days=chance.randint(1, 500))] if chance.random() < 0.6 else []
        moments = (first, *(at for at in edits if at < _END))
        gone = (
            NOW + timedelta(days=chance.choice((-90, -60, 9, 20)))
            if late and place % 4 == 0
            else None
        )
        yield Customer(
            id=f"cus_{party.who.text_in('stripe')}",
            who=party.who,
            moments=moments,
            gone_at=gone if gone and gone > moments[-1] else None,
        )


def _subscriptions(chance: Random, customers: Iterable[Customer]) -> Iterable[Subscription]:
    for place, customer in enumerate(customers):
        number = customer.who.text_in("stripe", "subscription", 24)
        first = customer.created_at + timedelta(days=1 + 15 * place, hours=chance.randint(1, 9))
        ends = first + timedelta(days=chance.randint(40, 700))
        if place % 12 == 5:
            ends = max(NOW, first) + timedelta(days=3 + place)
        moments = (first, ends) if ends < _END else (first,)
        yield Subscription(id=f"sub_{number}", customer=customer, moments=moments)


def _invoices(subscriptions: Iterable[Subscription]) -> Iterable[Invoice]:
    number = 0
    for subscription in subscriptions:
        at = subscription.created_at
        end = subscription.moments[1] if len(subscription.moments) > 1 else _END
        while at < end:
            number += 1
            paid = at + timedelta(hours=1 if number % 4 else 480)
            identity = subscription.customer.who.text_in("stripe", f"invoice {number}", 24)
            yield Invoice(
                id=f"in_{identity}",
                number=number,
                subscription=subscription,
                moments=(at, paid),
            )
            at += _MONTH


def _charges(chance: Random, invoices: Iterable[Invoice]) -> Iterable[Charge]:
    for invoice in invoices:
        first = invoice.moments[1]
        back = [first + timedelta(days=chance.randint(1, 20))] if chance.random() < 0.25 else []
        yield Charge(id=f"ch_{invoice.id[3:]}", invoice=invoice, moments=(first, *back))
