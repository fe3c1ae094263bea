"""Goes on at another step of this flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flows.model import Name, Step
from flows.moves import Move

if TYPE_CHECKING:
    from flows.talk import Talk
    from flows.version import Instruction


class Go(Step):
    """Goes on at the step with this id, in the same flow.

    ```yaml
    - ask: ready
      say: Do you have a pen?
      choices: {yes: "Yes", no: Not yet}
    - branch:
        - if: answers.ready == "no"
          then: [{go: ready}]
        - else: []
    ```
    """

    kind: ClassVar[str] = "go"

    go: Name

    def run(self, talk: Talk, at: Instruction) -> Move:
        return Move("go", at.target)
