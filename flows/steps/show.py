"""Shows something that is made from her answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flows.model import Name, Step
from flows.moves import NEXT, Move
from flows.views import VIEWS

if TYPE_CHECKING:
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Instruction


class Show(Step):
    """Shows something that is made from her answers.

    ```yaml
    - show: result
    ```

    The views are listed below.
    """

    kind: ClassVar[str] = "show"

    show: Name

    def check(self, checking: Checking) -> None:
        if self.show not in VIEWS:
            checking.unknown("FLOW-034", "show", self.show, VIEWS, what=self.show)

    def run(self, talk: Talk, at: Instruction) -> Move:
        VIEWS[self.show](talk)
        return NEXT
