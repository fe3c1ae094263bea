"""Asking the questions of the bank: which are still open, and how one is asked and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from content.bank import applicable
from flows.asking import Answer, Asking, Option

if TYPE_CHECKING:
    from content.bank import Question, Which
    from flows.talk import Talk

GROUPS = ("cooperative", "association")


def known(talk: Talk, question: Question) -> bool:
    """Whether she was asked already; skipped counts, so nobody is asked twice."""
    if question.kind == "field":
        return talk.business is not None and question.id in talk.business.profile
    return talk.assessment is not None and question.id in talk.assessment.answers


def open_questions(talk: Talk, which: Which) -> list[Question]:
    """The questions of a set that fit her business and are not answered yet, in order."""
    return [q for q in applicable(talk.version.pack.bank, talk.facts, which) if not known(talk, q)]


def progress(talk: Talk, which: Which, question: Question) -> tuple[int, int]:
    """Where a question stands in its set: (4, 9)."""
    fitting = applicable(talk.version.pack.bank, talk.facts, which)
    answered = sum(known(talk, q) for q in fitting if q.id != question.id)
    place = answered + 1
    if known(talk, question):  # asked again: its own place, not the next
        place = next((n for n, q in enumerate(fitting, 1) if q.id == question.id), place)
    return place, max(len(fitting), place)


def asking(talk: Talk, question: Question, place: tuple[int, int] | None = None) -> Asking:
    """A field or item as a question to ask, in the wording that fits her business."""
    key = f"bank/{question.id}"
    group = _is_group(talk)
    return Asking(
        say=f"{key}/ask@group" if group and question.has_group else f"{key}/ask",
        type="one",
        options=_options(question),
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


def _options(question: Question) -> tuple[Option, ...]:
    return tuple(
        Option(choice.id, f"bank/{question.id}/choices/{choice.id}", choice.low, choice.high)
        for choice in question.choices
    )


def record(talk: Talk, question: Question, answer: Answer) -> None:
    """Keeps an answer and says what happened. A later answer supersedes an earlier one."""
    again = known(talk, question)
    if question.kind == "field":
        _record_field(talk, question, answer)
    else:
        _record_item(talk, question, answer, again)


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
