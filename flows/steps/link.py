"""Goes over to another flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flows.model import FlowPath, Step
from flows.moves import Move

if TYPE_CHECKING:
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Instruction


class Link(Step):
    """Goes over to another flow and does not come back. It stands last.

    ```yaml
    - link: next_step
    ```
    """

    kind: ClassVar[str] = "link"

    link: FlowPath

    def check(self, checking: Checking) -> None:
        checking.flow_exists(self.link, "link")

    def run(self, talk: Talk, at: Instruction) -> Move:
        return Move("link", self.link)
