"""Asking the questions of the bank: which are still open, and how one is asked and answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from content.bank import Which
from flows import cycles
from flows.asking import Answer, Asking
from flows.package import package_of

if TYPE_CHECKING:
    from content.bank import Question
    from flows.talk import Talk

Set = Which | Literal["package"]  # the items of the package are those of her, not of the bank

GROUPS = ("cooperative", "association")


def answers_for(talk: Talk, which: Set) -> Mapping[str, str]:
    """The answers that count for a check: those of the open one, or those the next one takes over.

    An answer whose choice has gone from the instrument does not count: she is asked again.
    """
    table = talk.version.points
    said = _said_for(talk, which)
    return {id: answer for id, answer in said.items() if answer in table.get(id, ())}


def _said_for(talk: Talk, which: Set) -> Mapping[str, str]:
    """As `answers_for`, with those that do not count any more."""
    current = talk.assessment
    if current is None:
        return {}
    if which == "package":
        return current.answers if current.mode == "follow_up" and current.completed is None else {}
    if current.mode == "follow_up":
        standing = cycles.standing_of(talk)
        from_quick = which == "full" and standing.get("mode") == "quick"
        return standing.get("answers", {}) if from_quick else {}
    goes_on = current.completed is None or (current.mode == "quick" and which == "full")
    return current.answers if goes_on else {}


def known(talk: Talk, question: Question, which: Set = "quick") -> bool:
    """Whether she was asked already; skipped counts, so nobody is asked twice."""
    return not _is_open(talk, "stage_1" if question.kind == "field" else which)(question)


def _is_open(talk: Talk, which: Set) -> Callable[[Question], bool]:
    """What tells whether a question of a set was not asked yet: every turn looks at all of a set."""
    if which in ("stage_1", "stage_2"):
        profile = talk.business.profile if talk.business is not None else {}
        return lambda question: question.id not in profile
    answers, table = _said_for(talk, which), talk.version.points
    return lambda question: answers.get(question.id) not in table[question.id]


def fitting(talk: Talk, which: Set) -> Sequence[Question]:
    """The questions of a set that fit her business, in order."""
    if which != "package":
        return talk.version.fitting(which, talk.facts)
    gaps = {item.get("gap") for item in package_of(talk)}
    return [item for item in talk.version.fitting("full", talk.facts) if item.gap and item.gap in gaps]


def open_questions(talk: Talk, which: Set) -> list[Question]:
    """The questions of a set that fit her business and are not answered yet, in order."""
    return list(filter(_is_open(talk, which), fitting(talk, which)))


def next_question(talk: Talk, which: Set) -> tuple[Question | None, int, int]:
    """The first open question of a set, how many are known already, and how many fit in all."""
    asked = fitting(talk, which)
    still_open = list(filter(_is_open(talk, which), asked))
    return (still_open[0] if still_open else None), len(asked) - len(still_open), len(asked)


def how_many(talk: Talk, which: Set) -> int:
    """How many questions of a set fit her business, answered or not."""
    return len(fitting(talk, which))


def asking(talk: Talk, question: Question, place: Callable[[], tuple[int, int]] | None = None) -> Asking:
    """A field or item as a question to ask, in the wording that fits her business."""
    key = f"bank/{question.id}"
    group = _is_group(talk)
    return Asking(
        say=f"{key}/ask@group" if group and question.has_group else f"{key}/ask",
        type="one",
        options=talk.version.options_of(question),
        help=f"{key}/help" if question.has_help else None,
        why=_why(key, question, group),
        progress=place,
        item=question.kind == "item",
    )


def _why(key: str, question: Question, group: bool) -> str | None:
    if group and question.has_group_why:
        return f"{key}/why@group"
    return f"{key}/why" if question.has_why else None


def _is_group(talk: Talk) -> bool:
    return talk.business is not None and talk.business.profile.get("org_type") in GROUPS


def record(talk: Talk, question: Question, answer: Answer) -> None:
    """Keeps an answer and says what happened. A later answer supersedes an earlier one."""
    again = known(talk, question, _mode(talk))
    if question.kind == "field":
        _record_field(talk, question, answer)
    else:
        _record_item(talk, question, answer, again)


def _mode(talk: Talk) -> Set:
    if talk.assessment is not None and talk.assessment.mode == "follow_up":
        return "package"
    return "full" if talk.assessment is not None and talk.assessment.mode == "full" else "quick"


def _record_field(talk: Talk, question: Question, answer: Answer) -> None:
    value = answer.value if answer.how == "choice" else None
    talk.know(question.id, value)
    if value is not None:
        talk.event("profile_answered", field=question.id, value=value)


def _record_item(talk: Talk, question: Question, answer: Answer, again: bool) -> None:
    value = answer.value if answer.how == "choice" else answer.how
    assert talk.assessment is not None  # the step that asks items began one
    talk.update_assessment(answers={**talk.assessment.answers, question.id: value})
    if looks_ahead(talk):
        return
    choice = question.choice(value) if answer.how == "choice" else None
    if choice is not None:
        talk.event("question_answered", item=question.id, choice=choice.id, points=choice.points, again=again)
    else:
        talk.event("question_skipped", item=question.id, how=answer.how, again=again)


def looks_ahead(talk: Talk) -> bool:
    """Somebody with only an idea: her answers stay out of every level, gap and improvement figure."""
    return talk.business is not None and talk.business.profile.get("org_type") == "idea_only"
