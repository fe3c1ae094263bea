"""Goes one of several ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from flows.model import Step, Text
from flows.moves import Move

if TYPE_CHECKING:
    from flows.talk import Talk
    from flows.version import Instruction


class Branch(Step):
    """Goes the first way whose condition holds. The last way is `else`, even if it is empty.

    ```yaml
    - branch:
        - if: todo.left > 0
          then:
            - say: There is a next step for you.
            - link: next_step
        - else: []
    ```
    """

    kind: ClassVar[str] = "branch"

    branch: list[dict[str, Any]]

    def texts(self) -> Iterator[tuple[str, Text]]:
        return iter(())  # the steps inside are compiled one by one and bring their own

    def shape(self) -> Any:
        return {"branch": [arm.get("if") for arm in self.branch]}

    def run(self, talk: Talk, at: Instruction) -> Move:
        facts = talk.facts
        for way, arm in enumerate(at.arms):
            if arm.condition is None or arm.condition.holds(facts):
                if talk.trace:
                    talk.trace(f"{at.key}/{way}")
                return Move("go", arm.target)
        return Move("next")
