"""Exactly one of the choices."""

from __future__ import annotations

from flows.answers.base import AnswerType
from flows.asking import Asking
from flows.understand import Labels, choice_of
from flows.values import Inbound


def read(asking: Asking, labels: Labels, inbound: Inbound) -> str | None:
    if inbound.choice is not None:
        return inbound.choice if asking.option(inbound.choice) else None
    return choice_of(asking, labels, inbound.text)


ONE = AnswerType("one", "Exactly one of the choices, pressed or typed.", True, read)
