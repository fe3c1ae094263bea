"""A photo as proof that something was done; only the fact is kept, never the picture."""

from __future__ import annotations

from typing import Literal

from flows.answers.base import AnswerType
from flows.asking import Asking
from flows.understand import Labels
from flows.values import Inbound


def read(asking: Asking, labels: Labels, inbound: Inbound) -> Literal["sent"] | None:
    return "sent" if inbound.media == "photo" else None


PHOTO = AnswerType("photo", "A photo; only that it was sent is kept.", False, read)
