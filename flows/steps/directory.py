"""Names tools, services or offices of the economy."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from content.directory import MOST_SHOWN
from flows.directory import show_entries
from flows.facts import entries_for_item
from flows.model import Name, Step
from flows.moves import NEXT, Move
from flows.steps.ask import Ask

if TYPE_CHECKING:
    from content.directory import Entry
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Flow, Instruction

ITEM, ANSWER = "item", "answer"
ABROAD = ("already", "yes")  # answers to the field `abroad` of who sells abroad, or would like to


class Directory(Step):
    """Names at most three entries of the directory that fit her.

    ```yaml
    - directory: marketplace
    - directory: item
    - directory: answer
      of: app_for
    ```

    With a kind of the directory its entries are named, with `item` those for the gap of the package item,
    with `answer` those of the kind that is the answer to the question `of`. Those of the kind `also` come
    behind, as far as there is room. Where the economy has filled in nothing yet, she is told whom to ask.
    """

    kind: ClassVar[str] = "directory"

    directory: Name
    of: Name | None = Field(None, description="The question whose answer is the kind, for `answer`.")
    also: Name | None = Field(None, description="Another kind, whose entries come behind.")

    def check(self, checking: Checking) -> None:
        kinds = list(checking.pack.directory.kinds)
        if self.directory not in (*kinds, ITEM, ANSWER):
            checking.unknown(
                "DIR-001", "directory", self.directory, [*kinds, ITEM, ANSWER], kind=self.directory
            )
        if self.also is not None and self.also not in kinds:
            checking.unknown("DIR-001", "also", self.also, kinds, kind=self.also)
        if self.directory == ANSWER and self.of is None:
            checking.report.add("FLOW-010", checking.place("directory"), kind=self.kind, key="of")
        elif self.directory == ANSWER:
            asked = _asked(checking.flows.values())
            if self.of not in asked:
                checking.unknown("COND-001", "of", str(self.of), asked, path=f"answers.{self.of}")
            for choice in asked.get(str(self.of), ()):
                if choice not in kinds:
                    checking.unknown("DIR-001", "of", choice, kinds, kind=choice)

    def run(self, talk: Talk, at: Instruction) -> Move:
        show_entries(talk, self._entries(talk))
        return NEXT

    def _entries(self, talk: Talk) -> tuple[Entry, ...]:
        if self.directory == ITEM:
            return entries_for_item(talk)
        kind = str(talk.answers.get(self.of or "")) if self.directory == ANSWER else self.directory
        profile = talk.business.profile if talk.business else {}
        find = partial(
            talk.live.pack.directory.fitting, talk.language, abroad=profile.get("abroad") in ABROAD
        )
        found = (*find(kind=kind), *(find(kind=self.also) if self.also else ()))
        return found[:MOST_SHOWN]


def _asked(flows: Iterable[Flow]) -> dict[str, tuple[str, ...]]:
    """The questions that flows ask with choices of their own: name -> ids of the choices."""
    steps = (at.step for flow in flows for at in flow.instructions)
    return {
        step.ask: tuple(step.choices)
        for step in steps
        if isinstance(step, Ask) and isinstance(step.choices, dict)
    }
