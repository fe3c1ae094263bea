"""What every type of answer has: a name for the author, and a way to read what came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flows.asking import Asking
from flows.understand import Labels
from flows.values import Inbound


@dataclass(frozen=True, slots=True)
class AnswerType:
    """One type of answer.

    about: one sentence for the reference page.
    has_choices: an author must list choices.
    read: the value, or None when the inbound is no such answer.
    """

    name: str
    about: str
    has_choices: bool
    read: Callable[[Asking, Labels, Inbound], Any | None]
