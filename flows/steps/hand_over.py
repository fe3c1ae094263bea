"""Leads somebody to the programme of her own economy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from content.problems import Place
from flows.asking import Answer, Asking, Option
from flows.model import Step, Text, Words, as_text
from flows.moves import NEXT, WAIT, Move
from flows.values import Link

if TYPE_CHECKING:
    from content.charter import Programme
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Instruction


class HandOver(Step):
    """Asks for her economy, and shows the way to the account of its programme on the same channel.

    ```yaml
    - hand_over: programmes
      say: Where is your business?
      open: "Your assistant is here: {programme}."
      button: Begin there
    ```

    The programmes stand in pack.yaml with one address for each channel; where a channel has none, the
    address for `web` is given. She begins there as a new person: nothing goes along.
    """

    kind: ClassVar[str] = "hand_over"
    asks: ClassVar[bool] = True
    fills: ClassVar[tuple[str, ...]] = ("programme",)
    words: ClassVar[tuple[str, ...]] = ("say", "open", "button")

    hand_over: Literal["programmes"]
    say: Words
    open: Words
    button: Words

    def texts(self) -> Iterator[tuple[str, Text]]:
        yield "say", as_text(self.say)
        yield "open", as_text(self.open)
        yield "button", as_text(self.button)

    def check(self, checking: Checking) -> None:
        if checking.flow.id == checking.pack.opening and not checking.pack.programmes:
            checking.report.add("PACK-010", Place("pack.yaml"), flow=checking.flow.id)

    def run(self, talk: Talk, at: Instruction) -> Move:
        if not talk.live.pack.programmes:
            return NEXT
        talk.ask(self.asking(talk, at))
        return WAIT

    def asking(self, talk: Talk, at: Instruction) -> Asking:
        options = [Option(one.id, f"programmes/{one.id}") for one in talk.live.pack.programmes]
        return Asking(say=f"{at.key}/say", type="one", options=tuple(options), optional=False)

    def answered(self, talk: Talk, at: Instruction, answer: Answer) -> Move:
        chosen = next((one for one in talk.live.pack.programmes if one.id == answer.value), None)
        if chosen is not None:
            url = _address(chosen, talk.channel)
            talk.say_made(
                lambda: (
                    talk.filled(f"{at.key}/open", {"programme": talk.text(f"programmes/{chosen.id}")}),
                    Link(talk.text(f"{at.key}/button"), url),
                )
            )
        return NEXT


def _address(programme: Programme, channel: str) -> str:
    """Where its account on a channel is; without one its page, else any account it has."""
    known = [programme.links[name] for name in (channel, "web") if name in programme.links]
    return next(iter([*known, *programme.links.values()]))
