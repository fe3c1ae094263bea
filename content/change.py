"""What has changed between two assessments: matched items only.

An item is matched when it has points both times: same business, same item, same instrument. So what
was asked only once, or does not apply, makes nobody better or worse. Without a group to compare with
this is change among those who answered again, and no proof of what caused it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from content.bank import MOST_POINTS, Bank, Question
from content.scoring import TARGET, Scoring

Pair = tuple[float, float]  # before, after; 0 to 100


@dataclass(frozen=True, slots=True)
class Change:
    """asked: items with points the second time; matched: those of them with points the first time, too.

    better, worse: how many matched items have more or fewer points. closed: gaps that have reached
    their target since. dimensions: by id, over their matched items. overall: the weighted mean of
    these; None when nothing matched.
    """

    asked: int
    matched: int
    better: int
    worse: int
    closed: tuple[str, ...]
    dimensions: Mapping[str, Pair]
    overall: Pair | None

    @property
    def same(self) -> int:
        return self.matched - self.better - self.worse


def compare(
    bank: Bank,
    scoring: Scoring,
    profile: Mapping[str, Any],
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> Change:
    """The change from one set of answers (item id -> choice id) to a later one of the same business."""
    asked = [item for item in bank.items if item.points_of(after.get(item.id)) is not None]
    points = [
        (item, first, item.points_of(after.get(item.id)) or 0)
        for item in asked
        if (first := item.points_of(before.get(item.id))) is not None
    ]
    target = scoring.targets.get(str(profile.get("size")), TARGET)
    closed = [item.gap for item, first, then in points if item.gap and first < target <= then]
    dimensions = {
        dimension: pair
        for dimension in bank.dimensions
        if (pair := _share([entry for entry in points if entry[0].dimension == dimension])) is not None
    }
    return Change(
        asked=len(asked),
        matched=len(points),
        better=sum(then > first for _, first, then in points),
        worse=sum(then < first for _, first, then in points),
        closed=tuple(dict.fromkeys(closed)),
        dimensions=dimensions,
        overall=_mean(dimensions, scoring),
    )


def _share(points: Sequence[tuple[Question, int, int]]) -> Pair | None:
    if not points:
        return None
    possible = MOST_POINTS * len(points)
    return (
        100 * sum(first for _, first, _ in points) / possible,
        100 * sum(then for _, _, then in points) / possible,
    )


def _mean(dimensions: Mapping[str, Pair], scoring: Scoring) -> Pair | None:
    weights = {dimension: scoring.weights.get(dimension, 1.0) for dimension in dimensions}
    total = sum(weights.values())
    if not total:
        return None
    first = sum(weights[dimension] * pair[0] for dimension, pair in dimensions.items()) / total
    then = sum(weights[dimension] * pair[1] for dimension, pair in dimensions.items()) / total
    return first, then
