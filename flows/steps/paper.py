"""Gives her a link to a paper: the guidebook, or the training plan for her steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from flows.model import Step, Text, Words, as_text
from flows.moves import WAIT, Move
from flows.values import Link

if TYPE_CHECKING:
    from flows.talk import Talk
    from flows.version import Instruction


class Paper(Step):
    """Gives her a link to a paper that can be read and printed.

    ```yaml
    - paper: guide
      say: Here is the guidebook. You can read it, or print it.
      button: Open the guide
    ```

    `guide` is the guidebook that is made from the pack, `plan` a plan of four weeks for her steps. Where
    nobody can open our pages from the chat, she is told so.
    """

    kind: ClassVar[str] = "paper"
    words: ClassVar[tuple[str, ...]] = ("say", "button")

    paper: Literal["guide", "plan"]
    say: Words = Field(description="The words above the link.")
    button: Words = Field(description="The words of the link.")

    def texts(self) -> Iterator[tuple[str, Text]]:
        yield "say", as_text(self.say)
        yield "button", as_text(self.button)

    def run(self, talk: Talk, at: Instruction) -> Move:
        assert talk.top is not None  # a step runs on a run
        arguments = {"paper": self.paper, "language": talk.language}
        talk.top.notes["call"] = talk.call("paper", arguments)
        return WAIT

    def resulted(self, talk: Talk, at: Instruction, result: dict[str, Any]) -> None:
        if not result.get("ok"):
            talk.say("engine/paper_not_now")
            return
        found = result.get("value")
        if not found:
            talk.say("engine/paper_elsewhere")
            return
        talk.say_made(
            lambda: (talk.filled(f"{at.key}/say"), Link(talk.text(f"{at.key}/button"), found["url"]))
        )
