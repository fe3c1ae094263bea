"""Draws one of several ways, for an experiment."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from flows.model import Name, Step
from flows.moves import NEXT, Move

if TYPE_CHECKING:
    from flows.talk import Talk
    from flows.version import Instruction


class Draw(Step):
    """Draws one of several ways, as likely as each other, once for each person.

    ```yaml
    - draw: reminder_words
      arms: [plain, number]
    ```

    What was drawn is kept and counted, so that the ways can be compared; drawn again it is the same.
    Behind it stands in `answers.reminder_words`, for a branch.
    """

    kind: ClassVar[str] = "draw"

    draw: Name
    arms: Annotated[list[Name], Field(min_length=2, max_length=5, description="The ways, by their names.")]

    def run(self, talk: Talk, at: Instruction) -> Move:
        drawn = talk.memory.get("experiments", {})
        arm = drawn.get(self.draw)
        if arm not in self.arms:
            arm = self.arms[_chance(talk, self.draw) % len(self.arms)]
            talk.remember("experiments", {**drawn, self.draw: arm})
            talk.event("experiment_drawn", experiment=self.draw, arm=arm)
        talk.answers[self.draw] = arm
        talk.changed()
        return NEXT


def _chance(talk: Talk, name: str) -> int:
    """From the chance that came with the inbound, so that a turn that runs again draws the same."""
    return int(hashlib.sha256(f"{talk.inbound.seed}:{name}".encode()).hexdigest()[:12], 16)
