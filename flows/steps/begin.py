"""Leaves everything and begins a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flows.model import FlowPath, Step
from flows.moves import Move

if TYPE_CHECKING:
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Instruction


class Begin(Step):
    """Leaves whatever is going on, also what was interrupted, and begins a flow. It stands last.

    ```yaml
    - begin: quick_check
    ```
    """

    kind: ClassVar[str] = "begin"

    begin: FlowPath

    def check(self, checking: Checking) -> None:
        checking.flow_exists(self.begin, "begin")

    def run(self, talk: Talk, at: Instruction) -> Move:
        return Move("begin", self.begin)
