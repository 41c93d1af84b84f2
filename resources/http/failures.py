"""What can go wrong before there is an answer to judge.

Belongs here: the exceptions that a judge may be handed. Does not belong here:
what they mean; a judge says whether to retry, ignore or fail.
"""

from __future__ import annotations

from typing import Literal

from pipelines.errors import RequestRefused, SourceUnavailable

Fault = Literal["connect", "timeout", "reset", "incomplete", "encoding", "tls"]


class RequestFailed(SourceUnavailable):
    """An attempt broke off. `sent` is False if the server cannot have seen it."""

    def __init__(self, message: str, fault: Fault, *, sent: bool = True) -> None:
        super().__init__(message)
        self.fault = fault
        self.sent = sent


class AddressRefused(RequestRefused):
    """The address is not one that this source may reach."""


class AnswerTooLarge(RequestRefused):
    """The answer is larger than the policy allows, as sent or decompressed."""


class RedirectRefused(RequestRefused):
    """A redirect cannot be followed safely, or there are too many."""
