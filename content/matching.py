"""Which gaps a person works on next: three, one per dimension, at least one doable today.

priority = (target - points) / 4 x relevance x goal x urgency x ease. The factors are kept with each
recommendation, so that the assistant can say why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from content.bank import MOST_POINTS, applicable, facts_of
from content.gaps import Gap
from content.scoring import TARGET, Result, Scoring

if TYPE_CHECKING:
    from content.pack import Pack


class Recommendation(NamedTuple):
    """A gap to work on, and why.

    points, target: where it is, and what would be enough.
    factors: gap, relevance, goal, urgency, ease; their product is the priority.
    instead_of: the gap that waits for this one.
    """

    gap: str
    dimension: str
    points: int
    target: int
    priority: float
    factors: Mapping[str, float]
    instead_of: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `Recommendation.from_json(r.to_json()) == r`."""
        return {**self._asdict(), "factors": dict(self.factors)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Recommendation:
        return cls(**data)


def choose_package(
    pack: Pack, profile: Mapping[str, Any], answers: Mapping[str, str], result: Result
) -> tuple[Recommendation, ...]:
    """The gaps to work on, most important first. What the result's mode does not ask is not recommended."""
    scoring = pack.scoring
    facts = facts_of(pack.bank, profile, answers)
    points = _points_by_gap(pack, facts, answers, result)
    holding = [rule.gaps for rule in scoring.relevance if rule.when.holds(facts)]
    target = scoring.targets.get(str(profile.get("size")), TARGET)
    ranked = [
        recommendation
        for gap in pack.gaps.values()
        if points.get(gap.id, target) < target  # what has reached its target has no priority
        and (recommendation := _weigh(gap, points[gap.id], target, scoring, profile, holding)).priority > 0
    ]
    ranked.sort(
        key=lambda recommendation: -recommendation.priority
    )  # stable: ties go by the order of the file
    by_gap = {recommendation.gap: recommendation for recommendation in ranked}
    first = _with_prerequisites(ranked, by_gap, pack.gaps, points)
    return _one_doable_today(_best(first, scoring), first, pack.gaps, scoring)


def _points_by_gap(
    pack: Pack, facts: Mapping[str, Any], answers: Mapping[str, str], result: Result
) -> dict[str, int]:
    """The points of each gap that was asked about; the lowest where several items reveal it."""
    points: dict[str, int] = {}
    for item in applicable(pack.bank, facts, "quick" if result.mode == "quick" else "full"):
        reached = item.points_of(answers.get(item.id))
        if item.gap and reached is not None:
            points[item.gap] = min(reached, points.get(item.gap, reached))
    return points


def _weigh(
    gap: Gap,
    points: int,
    target: int,
    scoring: Scoring,
    profile: Mapping[str, Any],
    holding: Sequence[Mapping[str, float]],
) -> Recommendation:
    """holding: the relevance of gaps by each rule that holds for this business."""
    factors = {
        "gap": (target - points) / MOST_POINTS,
        "relevance": _relevance(gap.id, scoring, holding),
        "goal": scoring.goal_boost
        if gap.dimension in scoring.goals.get(str(profile.get("goal")), ())
        else 1.0,
        "urgency": scoring.urgent_boost
        if gap.id in scoring.urgent and points <= scoring.urgent_points
        else 1.0,
        "ease": gap.ease,
    }
    priority = 1.0
    for factor in factors.values():
        priority *= factor
    return Recommendation(gap.id, gap.dimension, points, target, priority, factors)


def _relevance(gap: str, scoring: Scoring, holding: Sequence[Mapping[str, float]]) -> float:
    relevance = 1.0
    for gaps in holding:
        relevance *= gaps.get(gap, 1.0)
    low, high = scoring.relevance_limits
    return min(high, max(low, relevance))


def _with_prerequisites(
    ranked: Sequence[Recommendation],
    by_gap: Mapping[str, Recommendation],
    gaps: Mapping[str, Gap],
    points: Mapping[str, int],
) -> list[Recommendation]:
    """Each gap, or in its place the one that must stand first; every gap once."""
    out: dict[str, Recommendation] = {}
    for recommendation in ranked:
        first = recommendation.gap
        while missing := next((gap for gap in gaps[first].after if points.get(gap) == 0), None):
            first = missing
        if first == recommendation.gap:
            out.setdefault(first, recommendation)
        else:
            out.setdefault(first, _instead(by_gap[first], recommendation.gap))
    return list(out.values())


def _instead(recommendation: Recommendation, waiting: str) -> Recommendation:
    return recommendation._replace(instead_of=waiting)


def _best(ranked: Sequence[Recommendation], scoring: Scoring) -> list[Recommendation]:
    chosen: list[Recommendation] = []
    for recommendation in ranked:
        same = sum(1 for other in chosen if other.dimension == recommendation.dimension)
        if len(chosen) < scoring.items and same < scoring.per_dimension:
            chosen.append(recommendation)
    return chosen


def _one_doable_today(
    chosen: list[Recommendation], ranked: Sequence[Recommendation], gaps: Mapping[str, Gap], scoring: Scoring
) -> tuple[Recommendation, ...]:
    """The same, but if all need more than a day and one that does not is open, it takes the place of another.

    It takes the place of the one in its dimension, else of the least important.
    """
    easy = [r for r in ranked if gaps[r.gap].ease >= scoring.needed_ease]
    if not easy or any(gaps[r.gap].ease >= scoring.needed_ease for r in chosen):
        return tuple(chosen)
    best = easy[0]
    same = [r for r in chosen if r.dimension == best.dimension]
    leaves = same[-1] if len(same) >= scoring.per_dimension else chosen[-1]
    return (*(r for r in chosen if r is not leaves), best)
