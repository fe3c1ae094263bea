"""A sentence in her own words."""

from __future__ import annotations

from flows import limits
from flows.answers.base import AnswerType
from flows.asking import Asking
from flows.understand import Labels
from flows.values import Inbound


def read(asking: Asking, labels: Labels, inbound: Inbound) -> str | None:
    said = " ".join(inbound.text.split())[: limits.TEXT_KEPT]
    return said if any(char.isalnum() for char in said) else None


TEXT = AnswerType("text", "A sentence in her own words, up to 1,000 characters.", False, read)
