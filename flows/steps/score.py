"""Completes the assessment: scores it and chooses the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from content.matching import choose_package
from content.scoring import Result, score
from flows import bank
from flows.model import Step
from flows.moves import NEXT, Move

if TYPE_CHECKING:
    from flows.state import Assessment, Json
    from flows.talk import Talk
    from flows.version import Instruction

FIRST_TIP = 1


class Score(Step):
    """Completes the assessment that is open: its scores, level and package.

    ```yaml
    - score: quick
    ```

    `quick` or `full`: a check of the other kind that is open stays open. From here on *back* does not lead into it any more. Who has only an idea gets starter steps,
    and stays out of every figure.
    """

    kind: ClassVar[str] = "score"

    score: Literal["quick", "full"]

    def run(self, talk: Talk, at: Instruction) -> Move:
        assessment = talk.assessment
        if assessment is None or assessment.completed is not None or assessment.mode != self.score:
            return NEXT
        pack = talk.version.pack
        profile = talk.the_business().profile
        result = score(pack.bank, pack.scoring, profile, assessment.answers, self.score)
        kept = result.to_json()
        talk.update_assessment(result=kept, completed=talk.now)
        package = _starters(talk) if bank.looks_ahead(talk) else _package(talk, result)
        talk.update_standing(
            assessment=assessment.id,
            mode=assessment.mode,
            completed=talk.now,
            result=kept,
            package=package,
        )
        talk.trail.clear()
        _tell(talk, assessment, kept, package)
        return NEXT


def _package(talk: Talk, result: Result) -> list[Json]:
    assert talk.assessment is not None  # run() saw it
    profile = talk.the_business().profile
    chosen = choose_package(talk.version.pack, profile, talk.assessment.answers, result)
    before = {item["gap"]: item for item in _previous(talk)}
    return [_item(chosen_one.to_json(), before.get(chosen_one.gap)) for chosen_one in chosen]


def _item(chosen: Json, before: Json | None) -> Json:
    """A package item. What she did already for the same gap stays done."""
    names = ("tip", "film", "quiz", "done")
    kept: Json = {name: before[name] for name in names if name in before} if before else {}
    return {"tip": FIRST_TIP, **chosen, **kept}


def _previous(talk: Talk) -> list[Json]:
    standing = talk.business.standing if talk.business else None
    return [item for item in (standing or {}).get("package", ()) if item.get("gap")]


def _starters(talk: Talk) -> list[Json]:
    return [{"starter": id, "gap": None, "tip": FIRST_TIP} for id in talk.version.pack.starters]


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
