"""Does one of the things that only the engine can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flows.model import Name, Step
from flows.moves import Move
from flows.operations import OPERATIONS

if TYPE_CHECKING:
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Instruction


class Do(Step):
    """Does something to the conversation itself. System flows are made of this.

    ```yaml
    - do: go_back
    ```

    The operations are listed below.
    """

    kind: ClassVar[str] = "do"

    do: Name

    def check(self, checking: Checking) -> None:
        if self.do not in OPERATIONS:
            checking.unknown("FLOW-038", "do", self.do, OPERATIONS, operation=self.do)

    def run(self, talk: Talk, at: Instruction) -> Move:
        return OPERATIONS[self.do](talk)
