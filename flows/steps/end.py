"""Ends this flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from flows.model import Step
from flows.moves import END, Move

if TYPE_CHECKING:
    from flows.talk import Talk
    from flows.version import Instruction


class End(Step):
    """Ends this flow; who called it goes on.

    ```yaml
    - end: here
    ```
    """

    kind: ClassVar[str] = "end"

    end: Literal["here"] = "here"

    def run(self, talk: Talk, at: Instruction) -> Move:
        return END
