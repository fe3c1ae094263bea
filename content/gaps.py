"""The gaps: what a low answer reveals, and what helps; and first steps for somebody with only an idea.

Read from gaps.yaml.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from content.bank import Bank
from content.guarded_yaml import Document
from content.problems import Place, Report, did_you_mean
from content.shapes import Code, File, Id, Shape, Text, check_schema, shaped
from content.words import DESCRIPTION, check_length

Writes = Literal["sentence", "number"]


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap. Its words stand under `gaps/{id}/...`.

    ease: 1.0 today with a phone, 0.8 this week, 0.6 needs money or a third party.
    after: gaps that come first while they are at 0 points.
    tips: how many there are. writes: what each of them asks her to write, so that she may write it to
    us too; None for nothing. quiz: the ids of its choices; right: one of them.
    """

    id: str
    dimension: str
    ease: float
    film: str | None
    after: tuple[str, ...]
    tips: int
    writes: tuple[Writes | None, ...]
    quiz: tuple[str, ...]
    right: str


# What an author writes


class QuizShape(Shape):
    ask: Text
    choices: dict[Id, Text]
    right: Id
    explain: Text


class TipShape(Shape):
    text: Text
    writes: Writes | None = None


def _as_mapping(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


Tip = Annotated[TipShape, BeforeValidator(_as_mapping)]


class GapShape(Shape):
    dimension: Id
    name: Text
    reason: Text
    ease: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
    film: Code | None = None
    after: Annotated[list[Id], Field(default_factory=list)]
    tips: Annotated[list[Tip], Field(min_length=1, max_length=9)]
    quiz: QuizShape


class StarterShape(Shape):
    id: Id
    name: Text
    tip: Text


class GapsShape(File):
    gaps: dict[Id, GapShape]
    starter_steps: Annotated[list[StarterShape], Field(default_factory=list)]


def read_gaps(
    document: Document, bank: Bank, films: Collection[str], report: Report
) -> tuple[dict[str, Gap], tuple[str, ...], dict[str, str]] | None:
    """The gaps by id and the ids of the starter steps, in the order of the file, and the words of both.

    None with problems in the report if something does not fit.
    """
    before = len(report.errors)
    file = shaped(GapsShape, document, (), document.value, "gaps.yaml", report)
    if file is None:
        return None
    check_schema(file, document, report)
    checker = _Checker(document, file, report)
    gaps: dict[str, Gap] = {}
    texts: dict[str, str] = {}
    for id, shape in file.gaps.items():
        checker.gap(id, shape, bank, films)
        gaps[id] = Gap(
            id, shape.dimension, shape.ease, shape.film, tuple(shape.after),
            len(shape.tips), tuple(tip.writes for tip in shape.tips), tuple(shape.quiz.choices), shape.quiz.right,
        )  # fmt: skip
        texts |= _texts(id, shape)
    for index, starter in enumerate(file.starter_steps):
        checker.starter(index, starter)
        texts |= {f"starters/{starter.id}/name": starter.name, f"starters/{starter.id}/tip": starter.tip}
    checker.circles()
    checker.used(bank)
    starters = tuple(starter.id for starter in file.starter_steps)
    return (gaps, starters, texts) if len(report.errors) == before else None


def _texts(id: str, shape: GapShape) -> dict[str, str]:
    texts = {f"gaps/{id}/name": shape.name, f"gaps/{id}/reason": shape.reason}
    texts |= {f"gaps/{id}/tips/{n}": tip.text for n, tip in enumerate(shape.tips, 1)}
    texts |= {f"gaps/{id}/quiz/ask": shape.quiz.ask, f"gaps/{id}/quiz/explain": shape.quiz.explain}
    return texts | {f"gaps/{id}/quiz/choices/{choice}": text for choice, text in shape.quiz.choices.items()}


class _Checker:
    def __init__(self, document: Document, file: GapsShape, report: Report) -> None:
        self._marks = document.marks
        self._gaps = file.gaps
        self._report = report
        self._starters: dict[str, Place] = {}

    def starter(self, index: int, starter: StarterShape) -> None:
        place = self._marks.at("starter_steps", index, "id")
        first = self._starters.setdefault(starter.id, place)
        if first != place:
            self._report.add("BANK-001", place, id=starter.id, first=first.line)

    def gap(self, id: str, shape: GapShape, bank: Bank, films: Collection[str]) -> None:
        add, at = self._report.add, self._marks.at
        if shape.dimension not in bank.dimensions:
            near = did_you_mean(shape.dimension, bank.dimensions)
            place = at("gaps", id, "dimension")
            add("BANK-002", place, dimension=shape.dimension, known=bank.dimensions, near=near)
        for index, gap in enumerate(shape.after):
            if gap not in self._gaps:
                near = did_you_mean(gap, self._gaps)
                add("GAP-003", at("gaps", id, "after", index), gap=gap, known=list(self._gaps), near=near)
        if shape.film is not None and shape.film not in films:
            near = did_you_mean(shape.film, films)
            add("GAP-006", at("gaps", id, "film"), film=shape.film, known=sorted(films), near=near)
        self._quiz(id, shape.quiz)

    def _quiz(self, id: str, quiz: QuizShape) -> None:
        add, at = self._report.add, self._marks.at
        if not 2 <= len(quiz.choices) <= 5:
            add("GAP-008", at("gaps", id, "quiz", "choices"), found=len(quiz.choices))
        if quiz.right not in quiz.choices:
            near = did_you_mean(quiz.right, quiz.choices)
            place = at("gaps", id, "quiz", "right")
            add("GAP-005", place, right=quiz.right, known=list(quiz.choices), near=near)
        for choice, text in quiz.choices.items():
            # Quiz choices are always shown as lines of a list, never on small buttons.
            key, place = f"gaps/{id}/quiz/choices/{choice}", at("gaps", id, "quiz", "choices", choice)
            check_length(text, DESCRIPTION, place, self._report, key=key, channel="the row of a list")

    def circles(self) -> None:
        """Gaps that wait for each other, each circle reported once."""
        after = {id: [gap for gap in shape.after if gap in self._gaps] for id, shape in self._gaps.items()}
        for id in after:
            circle = _circle(id, after)
            if circle and id == min(circle):
                self._report.add("GAP-004", self._marks.at("gaps", id, "after"), circle=circle)

    def used(self, bank: Bank) -> None:
        """Whether items and gaps know each other, and agree on the dimension."""
        revealed = {item.gap: item for item in bank.items}
        for id, shape in self._gaps.items():
            item = revealed.get(id)
            place = self._marks.key("gaps", id)
            if item is None:
                self._report.add("GAP-007", place, gap=id)
            elif item.dimension != shape.dimension:
                facts = {"gap": id, "dimension": shape.dimension, "item": item.id, "other": item.dimension}
                self._report.add("GAP-002", place, **facts)
        for gap, item in revealed.items():
            if gap not in self._gaps:
                near = did_you_mean(str(gap), self._gaps)
                self._report.add(
                    "GAP-001", self._marks.at(), item=item.id, gap=gap, known=list(self._gaps), near=near
                )


def _circle(start: str, after: Mapping[str, list[str]]) -> list[str]:
    """The way from a gap back to itself, or an empty list."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for gap in after[way[-1]]:
            if gap == start:
                return way
            if gap not in seen:
                seen.add(gap)
                ways.append([*way, gap])
    return []
