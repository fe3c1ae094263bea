"""Lets a program outside the conversation do something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from flows.model import Name, Step, Text, Words, as_text
from flows.moves import WAIT, Move
from flows.values import Reply

if TYPE_CHECKING:
    from flows.talk import Talk
    from flows.version import Instruction


class Action(Step):
    """Runs an action that the operator has allowed, and goes on with what it answers.

    ```yaml
    - action: look_up_register
      waiting: One moment, I look it up.
      failed: That did not work now. Let us go on.
    ```

    Its slots become answers, its messages are said. It is run at least once.
    """

    kind: ClassVar[str] = "action"
    words: ClassVar[tuple[str, ...]] = ("waiting", "failed")

    action: Name
    waiting: Words | None = Field(None, description="Said while she waits.")
    failed: Words | None = Field(None, description="Said if it did not work.")

    def texts(self) -> Iterator[tuple[str, Text]]:
        if self.waiting:
            yield "waiting", as_text(self.waiting)
        if self.failed:
            yield "failed", as_text(self.failed)

    def run(self, talk: Talk, at: Instruction) -> Move:
        assert talk.top is not None  # a step runs on a run
        if self.waiting:
            talk.say(f"{at.key}/waiting")
        arguments = {"action": self.action, "answers": talk.answers, "language": talk.language}
        talk.top.notes["call"] = talk.call("action", arguments)
        return WAIT

    def resulted(self, talk: Talk, at: Instruction, result: dict[str, Any]) -> None:
        if not result.get("ok"):
            if self.failed:
                talk.say(f"{at.key}/failed")
            return
        value = result.get("value") or {}
        for name, slot in value.get("slots", {}).items():
            talk.answers[name] = slot
        for text in value.get("messages", ()):
            talk.replies.append(Reply(str(text), "text", talk.language))
        talk.changed()
