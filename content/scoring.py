"""From answers to scores and a level. Pure; all numbers of the method stand in scoring.yaml.

A dimension is the share of points over its answered items, the overall score the weighted mean of the
dimensions that were measured. "I don't know" is 0 points, "does not apply" is left out, a skipped item
is as if it was not asked. We compute with whole numbers and divide once, so that 25 is exactly 25.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import floor, lcm
from typing import Annotated, Any, Literal

from pydantic import Field

from content.bank import MOST_POINTS, NOT_APPLICABLE, SKIPPED, UNKNOWN, Bank, Question, applicable, facts_of
from content.conditions import Condition, check_condition
from content.guarded_yaml import Document
from content.problems import Place, Report, did_you_mean
from content.shapes import File, Id, Shape, Text, check_schema, shaped

Mode = Literal["quick", "full", "follow_up"]

TARGET = 3  # points that are enough for a business of unknown size


@dataclass(frozen=True, slots=True)
class Level:
    """A band of the overall score; it begins at `start`, exact values included."""

    id: str
    start: float


@dataclass(frozen=True, slots=True)
class Relevance:
    """What holds for businesses like this one, and how much more or less these gaps matter to them."""

    when: Condition
    gaps: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Scoring:
    """The numbers of the method. `targets` by the choice of profile.size, `goals` by that of profile.goal."""

    weights: Mapping[str, float]
    min_answered_share: float
    levels: tuple[Level, ...]
    targets: Mapping[str, int]
    goals: Mapping[str, tuple[str, ...]]
    goal_boost: float
    urgent: frozenset[str]
    urgent_points: int
    urgent_boost: float
    relevance_limits: tuple[float, float]
    relevance: tuple[Relevance, ...]
    items: int
    per_dimension: int
    needed_ease: float


@dataclass(frozen=True, slots=True)
class Result:
    """What an assessment has shown. Scores are 0 to 100, unrounded; None is "not measured".

    dimensions: by id, in the bank's order; empty for an estimate (a quick check), where one answer
    would stand for a whole dimension.
    """

    instrument: str
    mode: Mode
    overall: float | None
    level: str | None
    dimensions: Mapping[str, float | None] = field(default_factory=dict)
    answered: int = 0
    unknown: int = 0
    not_applicable: int = 0
    skipped: int = 0

    @property
    def estimate(self) -> bool:
        return self.mode == "quick"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `Result.from_json(r.to_json()) == r`."""
        values = {name: getattr(self, name) for name in Result.__dataclass_fields__}
        return {**values, "dimensions": dict(self.dimensions)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Result:
        return cls(**data)


def score(
    bank: Bank, scoring: Scoring, profile: Mapping[str, Any], answers: Mapping[str, str], mode: Mode = "full"
) -> Result:
    """The result of these answers: item id -> choice id, `unknown`, `not_applicable` or `skipped`.

    Items that this business is not asked do not matter, whatever their answers.
    """
    asked = items_of(bank, profile, answers, mode)
    by_dimension = {
        dimension: _share([item for item in asked if item.dimension == dimension], answers, scoring)
        for dimension in bank.dimensions
    }
    overall = _mean(by_dimension, scoring)
    said = [answers.get(item.id, SKIPPED) for item in asked]
    known = [item for item in asked if item.choice(answers.get(item.id))]
    unknown, not_applicable = said.count(UNKNOWN), said.count(NOT_APPLICABLE)
    return Result(
        instrument=bank.instrument,
        mode=mode,
        overall=overall,
        level=None if overall is None else level_of(scoring, overall),
        dimensions={}
        if mode == "quick"
        else {d: None if s is None else 100 * s[0] / s[1] for d, s in by_dimension.items()},
        answered=len(known),
        unknown=unknown,
        not_applicable=not_applicable,
        skipped=len(asked) - len(known) - unknown - not_applicable,
    )


def items_of(
    bank: Bank, profile: Mapping[str, Any], answers: Mapping[str, str], mode: Mode
) -> tuple[Question, ...]:
    """The items that count for this business in this mode."""
    return applicable(bank, facts_of(bank, profile, answers), "quick" if mode == "quick" else "full")


def level_of(scoring: Scoring, overall: float) -> str:
    """The id of the highest level that begins at or below this score."""
    return [level.id for level in scoring.levels if level.start <= overall][-1]


def shown(score: float) -> int:
    """A score as people see it: whole, half up. Never computed with."""
    return floor(score + 0.5)


_Share = tuple[int, int]  # points reached, points possible


def _share(items: list[Question], answers: Mapping[str, str], scoring: Scoring) -> _Share | None:
    counted = [item for item in items if answers.get(item.id) != NOT_APPLICABLE]
    points = [point for item in counted if (point := item.points_of(answers.get(item.id))) is not None]
    if not points or len(points) < scoring.min_answered_share * len(counted):
        return None
    return sum(points), MOST_POINTS * len(points)


def _mean(by_dimension: Mapping[str, _Share | None], scoring: Scoring) -> float | None:
    """The weighted mean of the shares, 0 to 100."""
    weights = _whole(tuple(scoring.weights.items()))
    weighted = [(weights[d], s) for d, s in by_dimension.items() if s is not None]
    total = sum([weight for weight, _ in weighted])
    if not total:
        return None
    common = lcm(*[possible for _, (_, possible) in weighted])
    reached = sum([weight * points * (common // possible) for weight, (points, possible) in weighted])
    return 100 * reached / (common * total)


@lru_cache(maxsize=64)
def _whole(weights: tuple[tuple[str, float], ...]) -> dict[str, int]:
    """Weights as whole numbers of the same proportions; 0.1 is meant as a tenth, not as a binary fraction."""
    exact = {dimension: Fraction(str(weight)) for dimension, weight in weights}
    common = lcm(*[weight.denominator for weight in exact.values()])
    return {dimension: int(weight * common) for dimension, weight in exact.items()}


# What an author writes

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Factor = Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Target = Annotated[int, Field(ge=1, le=MOST_POINTS)]


class LevelShape(Shape):
    level: Id
    from_: Annotated[float, Field(alias="from", ge=0, le=100, allow_inf_nan=False)]
    name: Text
    say: Text


class UrgentShape(Shape):
    gaps: list[Id]
    max_points: Annotated[int, Field(ge=0, le=MOST_POINTS)]
    boost: Factor


class RelevanceShape(Shape):
    when: Text
    gaps: dict[Id, Factor]


class PackageShape(Shape):
    items: Annotated[int, Field(ge=1, le=9)]
    max_per_dimension: Annotated[int, Field(ge=1, le=9)]
    at_least_one_ease: Share


class ScoringShape(File):
    weights: Annotated[dict[Id, Weight], Field(default_factory=dict)]
    min_answered_share: Share
    levels: Annotated[list[LevelShape], Field(min_length=1)]
    targets: dict[Id, Target]
    goals: dict[Id, list[Id]]
    goal_boost: Factor
    urgent: UrgentShape
    relevance_limits: list[Factor]
    relevance: list[RelevanceShape]
    package: PackageShape


def read_scoring(document: Document, bank: Bank, report: Report) -> tuple[Scoring, dict[str, str]] | None:
    """The scoring of this bank and the words of its levels, or None with problems in the report."""
    before = len(report.errors)
    file = shaped(ScoringShape, document, (), document.value, "scoring.yaml", report)
    if file is None:
        return None
    check_schema(file, document, report)
    _check_levels(file, document, report)
    _check_names(file, bank, document, report)
    limits = tuple(file.relevance_limits)
    if len(limits) != 2 or limits[0] > limits[1]:
        report.add("SCORE-002", document.marks.at("relevance_limits"), found=limits)
    weights = {dimension: file.weights.get(dimension, 1.0) for dimension in bank.dimensions}
    if not sum(weights.values()):
        report.add("SCORE-003", document.marks.at("weights"))
    relevance = _relevance(file, bank, document, report)
    if len(report.errors) > before:
        return None
    texts = {f"levels/{level.level}/name": level.name for level in file.levels}
    texts |= {f"levels/{level.level}/say": level.say for level in file.levels}
    scoring = Scoring(
        weights=weights,
        min_answered_share=file.min_answered_share,
        levels=tuple(Level(level.level, level.from_) for level in file.levels),
        targets=file.targets,
        goals={goal: tuple(dimensions) for goal, dimensions in file.goals.items()},
        goal_boost=file.goal_boost,
        urgent=frozenset(file.urgent.gaps),
        urgent_points=file.urgent.max_points,
        urgent_boost=file.urgent.boost,
        relevance_limits=(limits[0], limits[1]),
        relevance=relevance,
        items=file.package.items,
        per_dimension=file.package.max_per_dimension,
        needed_ease=file.package.at_least_one_ease,
    )
    return scoring, texts


def _check_levels(file: ScoringShape, document: Document, report: Report) -> None:
    starts = [level.from_ for level in file.levels]
    if starts[0] != 0 or any(low >= high for low, high in pairwise(starts)):
        report.add("SCORE-001", document.marks.at("levels"))
    first: dict[str, int] = {}
    for index, level in enumerate(file.levels):
        place = document.marks.at("levels", index, "level")
        if level.level in first:
            report.add("BANK-001", place, id=level.level, first=first[level.level])
        first.setdefault(level.level, place.line)


def _check_names(file: ScoringShape, bank: Bank, document: Document, report: Report) -> None:
    marks = document.marks
    gaps = {item.gap for item in bank.items if item.gap}
    for dimension in file.weights:
        _check_known(
            "BANK-002", dimension, bank.dimensions, marks.key("weights", dimension), report, "dimension"
        )
    for goal, dimensions in file.goals.items():
        _check_choice("goal", goal, bank, marks.key("goals", goal), report)
        for index, dimension in enumerate(dimensions):
            _check_known(
                "BANK-002", dimension, bank.dimensions, marks.at("goals", goal, index), report, "dimension"
            )
    for size in file.targets:
        _check_choice("size", size, bank, marks.key("targets", size), report)
    size_field = bank.field("size")
    for choice in size_field.choices if size_field else ():
        if choice.id not in file.targets:
            report.add("SCORE-004", marks.key("targets"), choice=choice.id)
    for index, gap in enumerate(file.urgent.gaps):
        _check_known("GAP-003", gap, gaps, marks.at("urgent", "gaps", index), report, "gap")
    for index, rule in enumerate(file.relevance):
        for gap in rule.gaps:
            _check_known("GAP-003", gap, gaps, marks.key("relevance", index, "gaps", gap), report, "gap")


def _check_known(
    code: str, word: str, known: Collection[str], place: Place, report: Report, name: str
) -> None:
    if word not in known:
        report.add(code, place, **{name: word}, known=sorted(known), near=did_you_mean(word, known))


def _check_choice(field_id: str, choice: str, bank: Bank, place: Place, report: Report) -> None:
    question = bank.field(field_id)
    choices = {c.id for c in question.choices} if question else set()
    if choice not in choices:
        near = did_you_mean(choice, choices)
        report.add("COND-002", place, choice=choice, path=f"profile.{field_id}", known=choices, near=near)


def _relevance(file: ScoringShape, bank: Bank, document: Document, report: Report) -> tuple[Relevance, ...]:
    rules: list[Relevance] = []
    for index, rule in enumerate(file.relevance):
        place = document.marks.at("relevance", index, "when")
        condition = check_condition(rule.when, bank.vocabulary(), place, report)
        if condition:
            rules.append(Relevance(condition, rule.gaps))
    return tuple(rules)
