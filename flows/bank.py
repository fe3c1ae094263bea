"""Asking the questions of the bank: which are still open, and how one is asked and answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from flows.asking import Answer, Asking

if TYPE_CHECKING:
    from content.bank import Question, Which
    from flows.talk import Talk

GROUPS = ("cooperative", "association")


def answers_for(talk: Talk, which: Which) -> Mapping[str, str]:
    """The answers that count for a check: those of the open one, or those the next one takes over.

    An answer whose choice has gone from the instrument does not count: she is asked again.
    """
    current = talk.assessment
    if current is None:
        return {}
    goes_on = current.completed is None or (current.mode == "quick" and which == "full")
    return still_valid(talk, current.answers) if goes_on else {}


def still_valid(talk: Talk, answers: Mapping[str, str]) -> Mapping[str, str]:
    """The answers that the present instrument still has."""
    table = talk.version.points
    return {id: answer for id, answer in answers.items() if answer in table.get(id, ())}


def known(talk: Talk, question: Question, which: Which = "quick") -> bool:
    """Whether she was asked already; skipped counts, so nobody is asked twice."""
    return question.id in (_profile(talk) if question.kind == "field" else answers_for(talk, which))


def _profile(talk: Talk) -> Mapping[str, str | None]:
    return talk.business.profile if talk.business is not None else {}


def _known_of(talk: Talk, which: Which) -> Mapping[str, str | None]:
    """What is known already of a set: fields of the business, or items of the check."""
    return _profile(talk) if which in ("stage_1", "stage_2") else answers_for(talk, which)


def open_questions(talk: Talk, which: Which) -> list[Question]:
    """The questions of a set that fit her business and are not answered yet, in order."""
    known = _known_of(talk, which)
    return [question for question in talk.version.fitting(which, talk.facts) if question.id not in known]


def next_question(talk: Talk, which: Which) -> tuple[Question | None, int, int]:
    """The first open question of a set, how many are known already, and how many fit in all."""
    fitting, known = talk.version.fitting(which, talk.facts), _known_of(talk, which)
    still_open = [question for question in fitting if question.id not in known]
    return (still_open[0] if still_open else None), len(fitting) - len(still_open), len(fitting)


def how_many(talk: Talk, which: Which) -> int:
    """How many questions of a set fit her business, answered or not."""
    return len(talk.version.fitting(which, talk.facts))


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


def _mode(talk: Talk) -> Which:
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
