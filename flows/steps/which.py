"""Asks which of her steps she means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from flows import facts
from flows.asking import Answer, Asking, Option
from flows.model import Step, Text, Words, as_text
from flows.moves import NEXT, WAIT, Move

if TYPE_CHECKING:
    from flows.talk import Talk
    from flows.version import Instruction


class Which(Step):
    """Asks which package item she means: one that she has opened and not done yet.

    ```yaml
    - which: item
      say: Which step did you do?
    ```

    It asks nothing when it is clear. Behind it `item.…` and `{item.name}` speak of that item.
    """

    kind: ClassVar[str] = "which"
    asks: ClassVar[bool] = True
    words: ClassVar[tuple[str, ...]] = ("say",)

    which: Literal["item"] = "item"
    say: Words = Field(description="The question.")

    def texts(self) -> Iterator[tuple[str, Text]]:
        yield "say", as_text(self.say)

    def run(self, talk: Talk, at: Instruction) -> Move:
        open_items = _open_items(talk)
        if len(open_items) > 1:
            talk.ask(self.asking(talk, at))
            return WAIT
        if open_items:
            _note(talk, open_items[0])
        return NEXT

    def asking(self, talk: Talk, at: Instruction) -> Asking:
        package = facts.package_of(talk)
        options = [
            Option(f"item{place}", "", label=facts.item_text(talk, package[place], "name"))
            for place in _open_items(talk)
        ]
        return Asking(say=f"{at.key}/say", type="one", options=tuple(options))

    def answered(self, talk: Talk, at: Instruction, answer: Answer) -> Move:
        if answer.how == "choice":
            _note(talk, int(answer.value.removeprefix("item")))
        return NEXT


def _open_items(talk: Talk) -> list[int]:
    return [place for place, item in enumerate(facts.package_of(talk)) if facts.is_open(item)]


def _note(talk: Talk, place: int) -> None:
    assert talk.top is not None  # a step runs on a run
    talk.top.notes["item"] = place
    talk.changed()
