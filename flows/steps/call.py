"""Runs another flow, then comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flows.model import FlowPath, Step
from flows.moves import Move

if TYPE_CHECKING:
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Instruction


class Call(Step):
    """Runs another flow and comes back to the next step.

    ```yaml
    - call: consent
    ```
    """

    kind: ClassVar[str] = "call"

    call: FlowPath

    def check(self, checking: Checking) -> None:
        checking.flow_exists(self.call, "call")

    def run(self, talk: Talk, at: Instruction) -> Move:
        return Move("call", self.call)
