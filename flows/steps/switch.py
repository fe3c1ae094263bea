"""Lets somebody who answers for several businesses choose which one we talk about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from flows.asking import Answer, Asking, Option
from flows.model import Step, Text, Words, as_text
from flows.moves import NEXT, WAIT, Move
from flows.operations import put_aside
from flows.state import Business

if TYPE_CHECKING:
    from flows.talk import Talk
    from flows.version import Instruction

ANOTHER = "another"


class Switch(Step):
    """Asks which of her businesses we talk about, and changes to it; or begins another one.

    ```yaml
    - switch: business
      say: Which business shall we look at?
      another: Another one
    ```

    Behind it `business.new` says whether it is one we know nothing of yet.
    """

    kind: ClassVar[str] = "switch"
    asks: ClassVar[bool] = True
    words: ClassVar[tuple[str, ...]] = ("say", "another")

    switch: Literal["business"] = "business"
    say: Words = Field(description="The question.")
    another: Words = Field(description="The words of the choice that begins another business.")

    def texts(self) -> Iterator[tuple[str, Text]]:
        yield "say", as_text(self.say)
        yield "another", as_text(self.another)

    def run(self, talk: Talk, at: Instruction) -> Move:
        talk.ask(self.asking(talk, at))
        return WAIT

    def asking(self, talk: Talk, at: Instruction) -> Asking:
        known = [
            Option(f"b{n}", "", label=f"{n + 1}. {_label(talk, business['label'])}")
            for n, business in enumerate(talk.businesses)
        ]
        another = Option(ANOTHER, "", label=talk.text(f"{at.key}/another"))
        return Asking(say=f"{at.key}/say", type="one", options=(*known, another))

    def answered(self, talk: Talk, at: Instruction, answer: Answer) -> Move:
        if answer.how != "choice":
            return NEXT
        if answer.value == ANOTHER:
            put_aside(talk)
            return NEXT
        chosen = talk.businesses[int(answer.value[1:])]
        put_aside(talk)
        talk.businesses = [business for business in talk.businesses if business["id"] != chosen["id"]]
        # What is known of it comes with the next turn, so this one ends here.
        talk.business = Business(chosen["id"], chosen["role"])
        assert talk.top is not None  # a question waits on a run
        talk.top.notes["call"] = talk.call("reload", {})
        return WAIT

    def resulted(self, talk: Talk, at: Instruction, result: dict[str, Any]) -> None:
        """The business was loaded with this turn."""


def _label(talk: Talk, sector: str | None) -> str:
    key = f"bank/sector/choices/{sector}"
    return talk.text(key) if sector and talk.version.words.has(key) else "…"
