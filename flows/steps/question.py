"""Asks one question of the bank."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from flows import bank
from flows.asking import Answer, Asking
from flows.model import BankName, Step
from flows.moves import NEXT, Move

if TYPE_CHECKING:
    from content.bank import Question as BankQuestion
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Instruction


class Question(Step):
    """Asks one field or item of the bank, unless it does not fit or was answered already.

    ```yaml
    - question: role
    ```

    `again: yes` asks although it was answered.
    """

    kind: ClassVar[str] = "question"
    asks: ClassVar[bool] = True

    question: BankName
    again: bool = Field(False, description="Whether to ask although it was answered.")

    def check(self, checking: Checking) -> None:
        known = checking.questions
        if self.question not in known:
            checking.unknown("FLOW-014", "question", self.question, known, question=self.question)

    def _question(self, talk: Talk) -> BankQuestion:
        return talk.version.questions[self.question]

    def run(self, talk: Talk, at: Instruction) -> Move:
        question = self._question(talk)
        assert talk.top is not None  # a step runs on a run
        again = talk.top.notes.pop("again", False) or self.again
        fits = question.when is None or question.when.holds(talk.facts)
        if not fits or (bank.known(talk, question) and not again):
            return NEXT
        if question.kind == "item" and talk.assessment is None:
            talk.new_assessment("quick", {})
        talk.ask(bank.asking(talk, question))
        return Move("wait")

    def asking(self, talk: Talk, at: Instruction) -> Asking:
        return bank.asking(talk, self._question(talk))

    def answered(self, talk: Talk, at: Instruction, answer: Answer) -> Move:
        bank.record(talk, self._question(talk), answer)
        return NEXT
