"""The meetings that a programme holds: trainings, workshops, symposiums. Read from meetings.yaml.

People join by a link or a QR code that carries the meeting's code. What they know is asked with the same
two questions before and after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from content.directory import Address, Day
from content.guarded_yaml import Document, Path
from content.problems import Report, did_you_mean
from content.shapes import File, Id, Shape, Text, check_schema, shaped
from content.words import DESCRIPTION, check_length

CAMPAIGN = "m-"  # what the campaign of a link begins with, before the meeting's code
QUESTIONS = 2  # about what people know; the same number at each meeting, so that gains can be compared

MeetingKind = Literal["training", "workshop", "symposium"]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A question about what people know. Its words stand under `meetings/{code}/knowledge/{n}`, n from 1."""

    choices: tuple[str, ...]
    right: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting. Its words stand under `meetings/{code}/title` and `meetings/{code}/sessions/{id}`.

    first, last: its days; most have one only.
    """

    code: str
    kind: MeetingKind
    first: date
    last: date
    sessions: tuple[str, ...]
    link: str | None
    knowledge: tuple[Knowledge, ...]

    @property
    def campaign(self) -> str:
        """What a link to it carries."""
        return CAMPAIGN + self.code


# What an author writes


class KnowledgeShape(Shape):
    ask: Text
    choices: dict[Id, Text]
    right: Id


class MeetingShape(Shape):
    kind: MeetingKind
    title: Text
    day: Day
    until: Day | None = None
    sessions: dict[Id, Text]
    link: Address | None = None
    knowledge: Annotated[list[KnowledgeShape], Field(min_length=QUESTIONS, max_length=QUESTIONS)]

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until is not None and self.until < self.day:
            raise ValueError(f"a meeting that ends on {self.day} or later")
        return self


# It stands in links beside a language, and Telegram takes 64 signs in all.
MeetingCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{3,24}$")]


class MeetingsShape(File):
    meetings: Annotated[dict[MeetingCode, MeetingShape], Field(default_factory=dict)]


def read_meetings(document: Document, report: Report) -> tuple[dict[str, Meeting], dict[str, str]] | None:
    """The meetings by code and their words, or None with problems in the report."""
    before = len(report.errors)
    file = shaped(MeetingsShape, document, (), document.value, "meetings.yaml", report)
    if file is None:
        return None
    check_schema(file, document, report)
    meetings: dict[str, Meeting] = {}
    texts: dict[str, str] = {}
    for code, shape in file.meetings.items():
        if not shape.sessions:
            report.add(
                "SHAPE-007", document.marks.at("meetings", code, "sessions"), what=code, key="sessions"
            )
        for id, name in shape.sessions.items():
            _check_row(name, ("meetings", code, "sessions", id), document, report)
        for number, question in enumerate(shape.knowledge):
            _check_question(code, number, question, document, report)
        meetings[code] = _meeting(code, shape)
        texts |= _texts(code, shape)
    return (meetings, texts) if len(report.errors) == before else None


def _check_question(
    code: str, number: int, question: KnowledgeShape, document: Document, report: Report
) -> None:
    path, choices = ("meetings", code, "knowledge", number), question.choices
    if not 2 <= len(choices) <= 5:
        report.add("GAP-008", document.marks.at(*path, "choices"), found=len(choices))
    if question.right not in choices:
        near = did_you_mean(question.right, choices)
        place = document.marks.at(*path, "right")
        report.add("GAP-005", place, right=question.right, known=list(choices), near=near)
    for choice, text in choices.items():
        _check_row(text, (*path, "choices", choice), document, report)


def _check_row(text: str, path: Path, document: Document, report: Report) -> None:
    """Sessions and choices are shown as lines of a list, never on small buttons."""
    key = "/".join(map(str, path))
    check_length(text, DESCRIPTION, document.marks.at(*path), report, key=key, channel="the row of a list")


def _meeting(code: str, shape: MeetingShape) -> Meeting:
    first = date.fromisoformat(shape.day)
    return Meeting(
        code,
        shape.kind,
        first,
        date.fromisoformat(shape.until) if shape.until else first,
        tuple(shape.sessions),
        shape.link,
        tuple(Knowledge(tuple(question.choices), question.right) for question in shape.knowledge),
    )


def _texts(code: str, shape: MeetingShape) -> dict[str, str]:
    texts = {f"meetings/{code}/title": shape.title}
    texts |= {f"meetings/{code}/sessions/{id}": name for id, name in shape.sessions.items()}
    for number, question in enumerate(shape.knowledge, 1):
        key = f"meetings/{code}/knowledge/{number}"
        texts[f"{key}/ask"] = question.ask
        texts |= {f"{key}/choices/{choice}": text for choice, text in question.choices.items()}
    return texts
