"""The HTTP side of every connector: send requests, keep budgets, keep secrets."""

from resources.http.client import HttpClient
from resources.http.exchange import Event
from resources.http.failures import (
    AddressRefused,
    AnswerTooLarge,
    RedirectRefused,
    RequestFailed,
)
from resources.http.judge import Judge, Kind, Verdict, standard_judge
from resources.http.masking import Masker
from resources.http.message import (
    Answer,
    Headers,
    Request,
    Validators,
    only_if_changed,
    validators,
)
from resources.http.policy import Clock, Limit, Policy, SystemClock
from resources.http.signals import retry_after
from resources.http.tokens import Token, TokenStore, new_key

__all__ = [
    "AddressRefused",
    "Answer",
    "AnswerTooLarge",
    "Clock",
    "Event",
    "Headers",
    "HttpClient",
    "Judge",
    "Kind",
    "Limit",
    "Masker",
    "Policy",
    "RedirectRefused",
    "Request",
    "RequestFailed",
    "SystemClock",
    "Token",
    "TokenStore",
    "Validators",
    "Verdict",
    "new_key",
    "only_if_changed",
    "retry_after",
    "standard_judge",
    "validators",
]
