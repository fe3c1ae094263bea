"""Where a run goes after a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Move:
    """What a step decided about the run.

    next: the step after it. go: the instruction `to`. wait: for an answer or a result.
    call: the flow `to`, and back. link: the flow `to` instead of this one. begin: the flow `to`
    instead of everything. end: this run is over. moved: the step changed the stack itself.
    """

    how: Literal["next", "go", "wait", "call", "link", "begin", "end", "moved"]
    to: int | str | None = None


NEXT = Move("next")
WAIT = Move("wait")
END = Move("end")
MOVED = Move("moved")
