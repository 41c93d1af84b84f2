"""A stand-in for the payments of Stripe, API v1.

Lists come newest first and are paged by the last id; what changed is told by a log of
events, kept for 30 days. Amounts are cents, moments seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from sandbox.apis._dealflow import until
from sandbox.apis._subscribers import (
    Charge,
    Customer,
    Invoice,
    Refund,
    Subscription,
    account,
)
from sandbox.standin import NOW, Asked, RateLimit, Reply, StandIn
from sandbox.universe import Universe

KEY = "rk_test_of_the_made_up_firm"
_PRICE = 49_000
_KEPT = timedelta(days=30)


def make(universe: Universe) -> Stripe:
    """The stand-in in this world."""
    return Stripe(universe)


class Stripe(StandIn):
    """Customers are the companies in the books; some of them subscribe."""

    name = "stripe"

    def __init__(self, universe: Universe, now: datetime = NOW) -> None:
        super().__init__(universe, now)
        self.customers, self.subscriptions, self.invoices, self.charges = account(universe)
        self.calls = RateLimit(100, 1)
        self._shown: dict[str, tuple[Sequence[Any], Callable[[Any], dict[str, Any]]]] = {
            "customers": (self.customers, self.customer),
            "subscriptions": (self.subscriptions, self.subscription),
            "invoices": (self.invoices, self.invoice),
            "charges": (self.charges, self.charge),
            "balance_transactions": (self.charges, self._transaction),
            "payouts": (self.charges, self._payout),
            "refunds": ([Refund(one) for one in self.charges if one.refunded], self._refund),
        }

    def environment(self, address: str) -> Mapping[str, str]:
        """The key and the address; the made-up world's days are past, its log is not."""
        past = (datetime.now(UTC) - self.now).days
        return {
            "STRIPE_API_KEY": KEY,
            "STRIPE_URL": f"{address}/stripe",
            "STRIPE_EVENT_RETENTION": f"P{past + 29}D",
        }

    def answer(self, asked: Asked) -> Reply:
        """A list, one object, or what is wrong."""
        if asked.bearer() != KEY:
            shown = f"{asked.bearer()[:8]}****"
            return _error(401, f"Invalid API Key provided: {shown}", "invalid_request_error")
        if not self.calls.take().passed:
            return self.refuse(429, 1)
        match asked.parts:
            case ("v1", "events"):
                return _listed(asked, self._events(asked.get("type", "*")))
            case ("v1", kind) if kind in self._shown:
                items, show = self._shown[kind]
                every = [show(item) for item in until(items, self.now)]
                return _listed(asked, [one for one in every if not one.get("deleted")])
            case ("v1", kind, number) if kind in self._shown:
                items, show = self._shown[kind]
                found = (show(one) for one in until(items, self.now) if one.id == number)
                one = next(found, None)
                if one is not None:
                    return Reply(body=one)
                message = f"No such {kind.removesuffix('s')}: '{number}'"
                return _error(404, message, "invalid_request_error", code="resource_missing")
        return _error(
            404, f"Unrecognized request URL (GET: {asked.path}).", "invalid_request_error"
        )

    def refuse(self, status: int, wait_s: float) -> Reply:  # noqa: ARG002 - Stripe tells no time
        """A 429 names the limit; no answer tells when to try again."""
        if status == 429:
            reply = _error(429, "Request rate limit exceeded.", "invalid_request_error",
                           code="rate_limit")  # fmt: skip
            return Reply(429, {"Stripe-Rate-Limited-Reason": "global-rate"}, reply.body)
        return _error(status, "An error occurred on our end.", "api_error")

    def _events(self, pattern: str) -> list[dict[str, Any]]:
        kinds = (
            ("customer", "customers", ("created", "updated")),
            ("customer.subscription", "subscriptions", ("created", "deleted")),
            ("invoice", "invoices", ("created", "paid")),
            ("charge", "charges", ("succeeded", "refunded")),
        )
        found = []
        for prefix, kind, verbs in kinds:
            items, show = self._shown[kind]
            for item in items:
                for moment, verb in zip(item.moments, verbs, strict=False):
                    name = f"{prefix}.{verb}"
                    if self.now - _KEPT <= moment <= self.now and fnmatchcase(name, pattern):
                        event = {"id": f"evt_{item.id}_{verb}", "object": "event", "type": name}
                        about = {"data": {"object": show(item)}}
                        found.append({**event, "created": _seconds(moment), **about})
        gone = "customer.deleted"
        for customer in self.customers if fnmatchcase(gone, pattern) else ():
            at = customer.gone_at
            if at is not None and self.now - _KEPT <= at <= self.now:
                event = {"id": f"evt_{customer.id}_deleted", "object": "event", "type": gone}
                about = {"data": {"object": {"id": customer.id, "object": "customer"}}}
                found.append({**event, "created": _seconds(at), **about})
        return found

    def customer(self, customer: Customer) -> dict[str, Any]:
        """One customer; one whose record was changed got a description by it."""
        if customer.is_gone(self.now):
            return {"id": customer.id, "object": "customer", "deleted": True}
        who = customer.who
        changed = customer.updated_at(self.now) != customer.created_at
        return {
            "id": customer.id,
            "object": "customer",
            "address": {"city": who.company.city, "country": None, "line1": None},
            "balance": 0,
            "created": _seconds(customer.created_at),
            "currency": "usd",
            "delinquent": False,
            "description": "Checked by hand." if changed else None,
            "email": who.people[0].email if who.people else None,
            "invoice_settings": {"custom_fields": None, "footer": None},
            "livemode": False,
            "metadata": {},
            "name": who.name_in(self.name),
            "phone": None,
            "shipping": None,
        }

    def subscription(self, subscription: Subscription) -> dict[str, Any]:
        """One subscription with its one item."""
        ended = subscription.updated_at(self.now) != subscription.created_at
        price = {"id": "price_platform", "unit_amount": _PRICE, "currency": "usd"}
        item = {"id": f"si_{subscription.id[4:]}", "price": price, "quantity": 1}
        return {
            "id": subscription.id,
            "object": "subscription",
            "created": _seconds(subscription.created_at),
            "currency": "usd",
            "customer": subscription.customer.id,
            "status": "canceled" if ended else "active",
            "canceled_at": _seconds(subscription.updated_at(self.now)) if ended else None,
            "items": {"object": "list", "data": [item], "has_more": False},
            "metadata": {},
        }

    def invoice(self, invoice: Invoice) -> dict[str, Any]:
        """One invoice, open until it is paid."""
        subscription = invoice.subscription
        paid = invoice.updated_at(self.now) != invoice.created_at
        details = {"subscription": subscription.id, "metadata": {}}
        who = subscription.customer.who
        return {
            "id": invoice.id,
            "object": "invoice",
            "number": f"QF-{invoice.number:05d}",
            "amount_due": _PRICE,
            "amount_paid": _PRICE if paid else 0,
            "amount_remaining": 0 if paid else _PRICE,
            "total": _PRICE,
            "created": _seconds(invoice.created_at),
            "currency": "usd",
            "customer": subscription.customer.id,
            "customer_address": None,
            "customer_email": who.people[0].email if who.people else None,
            "customer_name": who.name_in(self.name),
            "customer_phone": None,
            "lines": {"object": "list", "data": [{"amount": _PRICE}], "has_more": False},
            "metadata": {},
            "parent": {"type": "subscription_details", "subscription_details": details},
            "status": "paid" if paid else "open",
        }

    def charge(self, charge: Charge) -> dict[str, Any]:
        """One charge."""
        customer = charge.invoice.subscription.customer
        back = charge.refunded if charge.updated_at(self.now) != charge.created_at else 0
        email = customer.who.people[0].email if customer.who.people else None
        return {
            "id": charge.id,
            "object": "charge",
            "amount": _PRICE,
            "amount_captured": _PRICE,
            "amount_refunded": back,
            "balance_transaction": f"txn_{charge.id[3:]}",
            "billing_details": {"email": email, "name": None},
            "captured": True,
            "created": _seconds(charge.created_at),
            "currency": "usd",
            "customer": customer.id,
            "metadata": {},
            "paid": True,
            "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
            "receipt_email": email,
            "status": "succeeded",
        }

    def _transaction(self, charge: Charge) -> dict[str, Any]:
        fee = _PRICE * 29 // 1000 + 30
        ready = charge.created_at + timedelta(days=2)
        return {
            "id": f"txn_{charge.id[3:]}",
            "object": "balance_transaction",
            "amount": _PRICE,
            "available_on": _seconds(ready),
            "created": _seconds(charge.created_at),
            "currency": "usd",
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [{"amount": fee, "currency": "usd", "type": "stripe_fee"}],
            "net": _PRICE - fee,
            "reporting_category": "charge",
            "source": charge.id,
            "status": "available" if ready <= self.now else "pending",
            "type": "charge",
        }

    def _payout(self, charge: Charge) -> dict[str, Any]:
        arrives = charge.created_at + timedelta(days=4)
        return {
            "id": f"po_{charge.id[3:]}",
            "object": "payout",
            "amount": _PRICE - (_PRICE * 29 // 1000 + 30),
            "arrival_date": _seconds(arrives),
            "created": _seconds(charge.created_at),
            "currency": "usd",
            "status": "paid" if arrives <= self.now else "in_transit",
        }

    def _refund(self, refund: Refund) -> dict[str, Any]:
        return {
            "id": refund.id,
            "object": "refund",
            "amount": refund.charge.refunded,
            "charge": refund.charge.id,
            "created": _seconds(refund.created_at),
            "currency": "usd",
            "status": "succeeded",
        }


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _listed(asked: Asked, items: Sequence[dict[str, Any]]) -> Reply:
    since = asked.number("created[gte]", 0)
    kept = [one for one in items if one["created"] >= since]
    newest = sorted(kept, key=lambda one: (one["created"], one["id"]), reverse=True)
    after, start = asked.get("starting_after"), 0
    if after:
        places = [place for place, one in enumerate(newest, 1) if one["id"] == after]
        if not places:
            return _error(400, f"No such object: '{after}'", "invalid_request_error",
                          code="resource_missing")  # fmt: skip
        start = places[0]
    size = min(asked.number("limit", 10), 100)
    part = newest[start : start + size]
    more = start + size < len(newest)
    body = {"object": "list", "url": asked.path, "has_more": more, "data": part}
    return Reply(body=body)


def _error(status: int, message: str, kind: str, *, code: str | None = None) -> Reply:
    error = {"message": message, "type": kind, **({"code": code} if code else {})}
    return Reply(status, {"Request-Id": "req_of_the_made_up_firm"}, {"error": error})
