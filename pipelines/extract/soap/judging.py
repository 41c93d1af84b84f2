"""What an answer of a service means: good, a fault to try again, or the end.

Belongs here: faults by kind, as the declaration and the protocol say. Does not belong
here: waiting and sending again (the HTTP client does), decoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.extract.soap.decoding import AnswerRefused
from pipelines.extract.soap.envelopes import Fault, body_of
from resources.http import Answer, Judge, Request, Verdict, standard_judge

_ATTEMPTS_FOR_RECORD = 3
"""How often a fault that is a record in the end is asked for."""

_CREDENTIALS = ("FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken")


@dataclass(frozen=True)
class Faults:
    """What the faults of one operation mean; `reactions`: text or code → reaction."""

    operation: str
    reactions: Mapping[str, str]

    def known(self, fault: Fault) -> tuple[str, str]:
        """(name, reaction) of a fault; the reaction is empty where none is declared."""
        for name in fault.names:
            if name in self.reactions:
                return name, self.reactions[name]
        return fault.text, ""

    def judge(self, request: Request) -> Judge:
        """A judge for the operation's requests: a fault decides, else the HTTP status."""
        standard = standard_judge(request)

        def judge(outcome: Answer | Exception, attempt: int) -> Verdict:
            if isinstance(outcome, Exception):
                return standard(outcome, attempt)
            fault = fault_in(outcome)
            return standard(outcome, attempt) if fault is None else self._verdict(fault, attempt)

        return judge

    def _verdict(self, fault: Fault, attempt: int) -> Verdict:
        _, reaction = self.known(fault)
        said = f"{self.operation} answered with the fault {_words(fault)}"
        enough = reaction == "record" or attempt >= _ATTEMPTS_FOR_RECORD
        if enough and reaction.endswith("record"):
            return Verdict.success()
        if reaction.startswith("retry"):
            return Verdict.retry(None, said)
        if reaction == "fail":
            return Verdict.fail(f"{said}. Correct what is asked for.")
        return self._by_code(fault, said)

    def _by_code(self, fault: Fault, said: str) -> Verdict:
        """Undeclared faults: whose mistake it is says the code."""
        codes = [code.rpartition(":")[2] for code in fault.code.split("/")]
        if any(code.startswith(_CREDENTIALS) for code in codes):
            return Verdict.fail(f"{said}. Renew the user name and password.", "credentials")
        if any(code.split(".")[0] in ("Client", "Sender") for code in codes):
            return Verdict.fail(f"{said}. Correct what is asked for.")
        if any(code.split(".")[0] in ("Server", "Receiver") for code in codes):
            return Verdict.retry(None, said)
        return Verdict.fail(f"{said}. Declare among the operation's faults what it means.")


def fault_in(answer: Answer) -> Fault | None:
    """The fault that an answer is; None for any other, well-formed or not."""
    if b"Fault" not in answer.body:
        return None
    try:
        found = body_of(answer.body, answer.headers.get("Content-Type", ""))
    except AnswerRefused:
        return None
    return found if isinstance(found, Fault) else None


def _words(fault: Fault) -> str:
    code = f" ({fault.code})" if fault.code else ""
    detail = f": {fault.detail[:200]}" if fault.detail and fault.detail != fault.text else ""
    return f"{fault.text[:200] or 'without a text'!s}{code}{detail}"
