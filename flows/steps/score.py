"""Completes the assessment: scores it and chooses the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from content.scoring import Result, score
from flows import bank, choosing, cycles
from flows.model import Step
from flows.moves import NEXT, Move
from flows.package import package_of

if TYPE_CHECKING:
    from flows.state import Assessment, Json
    from flows.talk import Talk
    from flows.version import Instruction


class Score(Step):
    """Completes the assessment that is open: its scores, level and package.

    ```yaml
    - score: quick
    ```

    `quick`, `full` or `follow_up` (the questions of the package, asked again): a check of another kind
    that is open stays open. From here on *back* does not lead into it any more. Who has only an idea
    gets starter steps, and stays out of every figure. What has changed since the first check is worked
    out here, see `show: change`. A follow-up changes neither level nor package.
    """

    kind: ClassVar[str] = "score"

    score: Literal["quick", "full", "follow_up"]

    def run(self, talk: Talk, at: Instruction) -> Move:
        assessment = talk.assessment
        if assessment is None or assessment.completed is not None or assessment.mode != self.score:
            return NEXT
        pack = talk.version.pack
        profile = talk.the_business().profile
        result = score(pack.bank, pack.scoring, profile, assessment.answers, self.score)
        kept = result.to_json()
        cycle = None if bank.looks_ahead(talk) else cycles.cycle_of(talk, self.score)
        talk.update_assessment(result=kept, completed=talk.now, cycle=cycle)
        if self.score == "follow_up":
            _again(talk, kept)
        else:
            _new_standing(talk, result, kept)
        talk.trail.clear()
        return NEXT


def _again(talk: Talk, kept: Json) -> None:
    """Her standing stays what the check has shown; her package notes what is closed."""
    assert talk.assessment is not None  # run() saw it
    cycles.measured(talk, talk.assessment, kept)
    closed = (cycles.standing_of(talk).get("change") or {}).get("closed", ())
    for place, item in enumerate(package_of(talk)):
        if item.get("gap") in closed:
            talk.update_item(place, closed=True)
    if talk.business is not None and talk.business.standing is not None:
        answers = {**talk.business.standing.get("answers", {}), **talk.assessment.answers}
        talk.update_standing(answers=answers)


def _new_standing(talk: Talk, result: Result, kept: Json) -> None:
    assert talk.assessment is not None  # run() saw it
    package = choosing.starters(talk) if bank.looks_ahead(talk) else choosing.first_items(talk, result)
    talk.update_standing(
        assessment=talk.assessment.id,
        mode=talk.assessment.mode,
        completed=talk.now,
        result=kept,
        answers=dict(talk.assessment.answers),
        package=package,
        past=[],
    )
    _tell(talk, talk.assessment, kept, package)
    if not bank.looks_ahead(talk):
        cycles.measured(talk, talk.assessment, kept)


def _tell(talk: Talk, assessment: Assessment, result: Json, package: list[Json]) -> None:
    if bank.looks_ahead(talk):
        talk.event("looked_ahead", mode=assessment.mode)
        return
    minutes = round((talk.now - assessment.started) / 60_000_000, 1)
    talk.event(
        "diagnostic_completed",
        mode=assessment.mode,
        level=result["level"],
        overall=result["overall"],
        minutes=minutes,
    )
    for rank, item in enumerate(package, 1):
        talk.event("item_assigned", gap=item["gap"], rank=rank)
