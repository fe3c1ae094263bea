"""Asks all questions of a set of the bank that are still open."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from flows import bank
from flows.asking import Answer, Asking
from flows.model import Step
from flows.moves import NEXT, WAIT, Move

if TYPE_CHECKING:
    from flows.talk import Talk
    from flows.version import Instruction


Check = Literal["quick", "full"]

# What a run remembers: which question waits, its place, and how many were known before the first.
NOTES = ("question", "place", "before")


class Questions(Step):
    """Asks every question of a set that fits her business and is not answered yet.

    ```yaml
    - questions: quick
    ```

    Sets: `stage_1` and `stage_2` (fields about the business), `quick` (the quick check), `full` (all
    items) and `package` (the items of her package, once more). What is known is never asked twice: the full diagnostic takes over the
    answers of the quick check. Progress is shown with each question.
    """

    kind: ClassVar[str] = "questions"
    asks: ClassVar[bool] = True

    questions: Literal["stage_1", "stage_2", "quick", "full", "package"]

    def run(self, talk: Talk, at: Instruction) -> Move:
        if self.questions in ("quick", "full"):
            _begin_assessment(talk, self.questions)
        if self.questions == "package":
            _begin_follow_up(talk)
        assert talk.top is not None  # a step runs on a run
        if talk.top.notes.pop("again", False):
            talk.ask(self.asking(talk, at))
            return WAIT
        question, known, count = bank.next_question(talk, self.questions)
        if question is None:
            for note in NOTES:
                talk.top.notes.pop(note, None)
            return NEXT
        before = talk.top.notes.setdefault("before", known)
        place = max(1, known - before + 1)
        talk.top.notes |= {"question": question.id, "place": place}
        talk.ask(bank.asking(talk, question, lambda: (place, max(place, count - before))))
        return WAIT

    def asking(self, talk: Talk, at: Instruction) -> Asking:
        question = talk.version.questions[talk.note("question")]
        return bank.asking(talk, question, lambda: self._progress(talk))

    def _progress(self, talk: Talk) -> tuple[int, int]:
        """Where the question stands among those she is asked here: (4, 9)."""
        place = talk.note("place")
        return place, max(place, bank.how_many(talk, self.questions) - talk.note("before"))

    def answered(self, talk: Talk, at: Instruction, answer: Answer) -> Move:
        bank.record(talk, talk.version.questions[talk.note("question")], answer)
        return Move("go", at.place)  # the same step again: the next open question, or on


def _begin_follow_up(talk: Talk) -> None:
    """The items of the package are asked anew; a check that is open is left where it is."""
    current = talk.assessment
    if current is None or current.mode != "follow_up" or current.completed is not None:
        talk.new_assessment("follow_up", {})
        talk.event("diagnostic_started", mode="follow_up")


def _begin_assessment(talk: Talk, mode: Check) -> None:
    """The assessment these items belong to: the open one, or a new one.

    A full diagnostic takes over the answers of a quick check. An assessment belongs to the
    instrument it began with: if that has changed since, a new one takes over what is still valid.
    """
    current = talk.assessment
    going_on = current is not None and current.completed is None
    if current is not None and going_on and current.instrument == talk.version.instrument:
        if current.mode == "quick" and mode == "full":  # she went on before the quick was complete
            talk.update_assessment(mode=mode)
        return
    if current is not None and going_on and current.mode == "full":
        mode = "full"
    talk.new_assessment(mode, dict(bank.answers_for(talk, mode)))
    if not bank.looks_ahead(talk):
        talk.event("diagnostic_started", mode=mode)
