"""Asks the two questions about what people know, before and after a meeting."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flows import meetings
from flows.asking import Answer, Asking, Option
from flows.model import Step
from flows.moves import NEXT, WAIT, Move

if TYPE_CHECKING:
    from content.meetings import Meeting
    from flows.state import Json
    from flows.talk import Talk
    from flows.version import Instruction


class Knowledge(Step):
    """Asks the two questions about what people know, one after the other, of the meeting that is talked about.

    ```yaml
    - knowledge: before
    ```

    They are the same `before` and `after`, so that it shows what people have learned. Afterwards she is told
    the right answer. What was answered or skipped is not asked again.
    """

    kind: ClassVar[str] = "knowledge"
    asks: ClassVar[bool] = True

    knowledge: meetings.When

    def run(self, talk: Talk, at: Instruction) -> Move:
        meeting = meetings.current(talk)
        assert talk.top is not None  # a step runs on a run
        if meeting is None:
            return NEXT
        if not talk.top.notes.pop("again", False):
            asked = self._answers(talk, meeting)
            numbers = range(1, len(meeting.knowledge) + 1)
            talk.top.notes["question"] = next((n for n in numbers if str(n) not in asked), None)
        if talk.top.notes["question"] is None:
            del talk.top.notes["question"]
            return NEXT
        talk.ask(self.asking(talk, at))
        return WAIT

    def asking(self, talk: Talk, at: Instruction) -> Asking:
        meeting, number = _asked(talk)
        key = f"meetings/{meeting.code}/knowledge/{number}"
        choices = meeting.knowledge[number - 1].choices
        options = tuple(Option(choice, f"{key}/choices/{choice}") for choice in choices)
        return Asking(say=f"{key}/ask", type="one", options=options)

    def answered(self, talk: Talk, at: Instruction, answer: Answer) -> Move:
        meeting, number = _asked(talk)
        before, best = self._answers(talk, meeting), meeting.knowledge[number - 1].right
        right = answer.value == best if answer.how == "choice" else None
        meetings.keep(talk, meeting.code, **{self.knowledge: {**before, str(number): right}})
        if right is not None:
            again = before.get(str(number)) is not None
            talk.event(
                "knowledge_answered",
                meeting=meeting.code, question=number, when=self.knowledge, right=right, again=again,
            )  # fmt: skip
            if self.knowledge == "after":
                words = f"meetings/{meeting.code}/knowledge/{number}/choices/{best}"
                said = "engine/knowledge_right" if right else "engine/knowledge_other"
                talk.say_lines(lambda: talk.filled(said, {"right": talk.text(words)}))
        return Move("go", at.place)  # the same step again: the next question, or on

    def _answers(self, talk: Talk, meeting: Meeting) -> Json:
        """Number of a question -> whether it was answered rightly, None if it was skipped."""
        answers: Json = meetings.known(talk, meeting.code).get(self.knowledge, {})
        return answers


def _asked(talk: Talk) -> tuple[Meeting, int]:
    meeting = meetings.current(talk)
    assert meeting is not None  # a run is pinned to a version that has it
    return meeting, talk.note("question")
