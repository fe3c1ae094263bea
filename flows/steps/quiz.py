"""Asks the quiz of the package item."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from flows.asking import Answer, Asking, Option
from flows.model import Step
from flows.moves import NEXT, WAIT, Move
from flows.package import current_item, item_place

if TYPE_CHECKING:
    from content.gaps import Gap
    from flows.talk import Talk
    from flows.version import Instruction


class Quiz(Step):
    """Asks the one quiz question of the package item that is being shown, and explains it.

    ```yaml
    - quiz: item
    ```
    """

    kind: ClassVar[str] = "quiz"
    asks: ClassVar[bool] = True

    quiz: Literal["item"] = "item"

    def run(self, talk: Talk, at: Instruction) -> Move:
        if _gap(talk) is None:
            return NEXT
        talk.ask(self.asking(talk, at))
        return WAIT

    def asking(self, talk: Talk, at: Instruction) -> Asking:
        gap = _gap(talk)
        options = [Option(id, f"gaps/{gap}/quiz/choices/{id}") for id in _gap_of(talk, gap).quiz]
        return Asking(say=f"gaps/{gap}/quiz/ask", type="one", options=tuple(options))

    def answered(self, talk: Talk, at: Instruction, answer: Answer) -> Move:
        gap, place = _gap(talk), item_place(talk)
        if answer.how != "choice" or gap is None or place is None:
            return NEXT
        best = _gap_of(talk, gap).right
        right = answer.value == best
        item = current_item(talk) or {}
        first = item.get("quiz") is None
        talk.update_item(place, quiz="right" if right else "wrong")
        talk.event("quiz_answered", gap=gap, right=right, first=first)
        talk.say_lines(lambda: _explained(talk, gap, best, right))
        return NEXT


def _explained(talk: Talk, gap: str, best: str, right: bool) -> str:
    extra = {
        "explain": talk.text(f"gaps/{gap}/quiz/explain"),
        "right": talk.text(f"gaps/{gap}/quiz/choices/{best}"),
    }
    return talk.filled("engine/quiz_right" if right else "engine/quiz_other", extra)


def _gap(talk: Talk) -> str | None:
    item = current_item(talk)
    return item.get("gap") if item else None


def _gap_of(talk: Talk, id: str | None) -> Gap:
    return talk.version.pack.gaps[id or ""]
