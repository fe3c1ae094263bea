"""Asks which of her steps she means, or which chapter of the guidebook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from flows import facts
from flows.asking import Answer, Asking, Option
from flows.model import Step, Text, Words, as_text
from flows.moves import NEXT, WAIT, Move
from flows.package import is_open, package_of

if TYPE_CHECKING:
    from flows.talk import Talk
    from flows.version import Instruction


class Which(Step):
    """Asks which package item she means: one that she has opened and not done yet.

    ```yaml
    - which: item
      say: Which step did you do?
    ```

    It asks nothing when it is clear. Behind it `item.…` and `{item.name}` speak of that item. With
    `which: chapter` it asks for a chapter of the guidebook; `show: chapter` shows it.
    """

    kind: ClassVar[str] = "which"
    asks: ClassVar[bool] = True
    words: ClassVar[tuple[str, ...]] = ("say",)

    which: Literal["item", "chapter"] = "item"
    say: Words = Field(description="The question.")

    def texts(self) -> Iterator[tuple[str, Text]]:
        yield "say", as_text(self.say)

    def run(self, talk: Talk, at: Instruction) -> Move:
        options = self._options(talk)
        if len(options) > 1:
            talk.ask(self.asking(talk, at))
            return WAIT
        if options:
            self._note(talk, options[0].id)
        return NEXT

    def asking(self, talk: Talk, at: Instruction) -> Asking:
        return Asking(say=f"{at.key}/say", type="one", options=self._options(talk))

    def answered(self, talk: Talk, at: Instruction, answer: Answer) -> Move:
        if answer.how == "choice":
            self._note(talk, answer.value)
        return NEXT

    def _options(self, talk: Talk) -> tuple[Option, ...]:
        return _chapters(talk) if self.which == "chapter" else _open_items(talk)

    def _note(self, talk: Talk, id: str) -> None:
        assert talk.top is not None  # a step runs on a run
        talk.top.notes[self.which] = id if self.which == "chapter" else int(id.removeprefix("item"))
        talk.changed()


def _chapters(talk: Talk) -> tuple[Option, ...]:
    return tuple(Option(id, f"dimensions/{id}/name") for id in talk.version.pack.chapters)


def _open_items(talk: Talk) -> tuple[Option, ...]:
    package = package_of(talk)
    return tuple(
        Option(f"item{place}", "", label=facts.item_text(talk, item, "name"))
        for place, item in enumerate(package)
        if is_open(item)
    )
