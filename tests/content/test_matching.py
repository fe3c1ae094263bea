"""Which gaps a person works on next. The sums by hand are in test_scoring.py; here the laws."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from math import prod

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.matching import Recommendation, choose_package
from content.pack import Pack
from content.problems import Problem, render
from content.scoring import Mode, items_of, score

Problems = Callable[..., tuple[Problem, ...]]

calm = settings(max_examples=200, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def packages(
    draw: st.DrawFn, pack: Pack
) -> tuple[dict[str, str | None], dict[str, str], Mode, tuple[Recommendation, ...]]:
    profile = {f.id: draw(st.sampled_from([None, *(c.id for c in f.choices)])) for f in pack.bank.fields}
    # Low and high answers in clusters: there, one dimension or none is open.
    ceiling = draw(st.integers(0, 4))
    answers = {
        item.id: draw(
            st.sampled_from([*(c.id for c in item.choices[ceiling:]), "unknown", "not_applicable", "skipped"])
        )
        for item in pack.bank.items
    }
    mode: Mode = draw(st.sampled_from(["quick", "full"]))
    result = score(pack.bank, pack.scoring, profile, answers, mode)
    return profile, answers, mode, choose_package(pack, profile, answers, result)


@calm
@given(st.data())
def test_the_laws_of_a_package(base: Pack, data: st.DataObject) -> None:
    profile, answers, mode, package = data.draw(packages(base))
    points = {
        item.gap: item.points_of(answers.get(item.id)) for item in items_of(base.bank, profile, answers, mode)
    }

    def waits(gap: str) -> bool:
        return any(points.get(first) == 0 for first in base.gaps[gap].after)

    target = base.scoring.targets.get(profile["size"] or "", 3)
    is_open = {gap for gap, reached in points.items() if gap and reached is not None and reached < target}
    # At most three, no gap twice, never two from one dimension, and only what was asked and is open.
    assert len(package) <= 3
    assert len({r.dimension for r in package}) == len(package)
    assert {r.gap for r in package} <= is_open
    assert bool(package) == bool(is_open)
    # Nothing is recommended whose prerequisite is at 0 points.
    assert not [r.gap for r in package if waits(r.gap)]
    # One is doable today, if any that is doable today is open and does not wait.
    today = [gap for gap in is_open if base.gaps[gap].ease == 1.0 and not waits(gap)]
    assert not today or any(base.gaps[r.gap].ease == 1.0 for r in package)
    # As many as there are dimensions with a gap that does not wait, up to three.
    ready = {base.gaps[gap].dimension for gap in is_open if not waits(gap)}
    assert len(package) == min(3, len(ready))
    for r in package:
        assert r.priority == pytest.approx(prod(r.factors.values()))
        assert r.priority > 0
        assert 0.5 <= r.factors["relevance"] <= 2.0
        assert r.target == target
        assert r.points == points[r.gap]
        assert r.dimension == base.gaps[r.gap].dimension
        assert r.instead_of is None or r.gap != r.instead_of
        assert Recommendation.from_json(json.loads(json.dumps(r.to_json()))) == r
    again = choose_package(
        base, profile, dict(reversed(answers.items())), score(base.bank, base.scoring, profile, answers, mode)
    )
    assert again == package


def package_of(pack: Pack, answers: dict[str, str], **profile: str) -> list[tuple[str, str | None]]:
    result = score(pack.bank, pack.scoring, profile, answers)
    return [(r.gap, r.instead_of) for r in choose_package(pack, profile, answers, result)]


def test_a_gap_that_waits_is_replaced_by_what_it_waits_for(small: Pack) -> None:
    # delivery 3/4 x 1.2 x 0.8 = 0.72 is above findable 3/4 x 0.8 = 0.6, but findable is at 0.
    answers = {"P1": "a", "S1": "a"}
    assert package_of(small, answers, sells="goods") == [("findable", "delivery")]


def test_a_prerequisite_with_one_point_is_no_hindrance(small: Pack) -> None:
    answers = {"P1": "b", "P2": "d", "S1": "a"}
    assert package_of(small, answers, sells="goods") == [("delivery", None), ("findable", None)]


def test_a_chain_of_prerequisites_leads_to_its_beginning(small: Pack) -> None:
    gaps = {**small.gaps, "booking": replace(small.gaps["booking"], after=("content",))}
    # P1 without points opens P2: content is at 0, and so is what it waits for.
    pack = replace(small, gaps={**gaps, "content": replace(gaps["content"], after=("delivery",))})
    pack = replace(pack, gaps={**pack.gaps, "delivery": replace(pack.gaps["delivery"], after=())})
    assert package_of(pack, {"P1": "d", "P2": "a", "S1": "a"}, sells="goods") == [("delivery", "content")]


def test_one_is_doable_today(small: Pack) -> None:
    # findable 2/4 x 0.8 = 0.4 is above content 1/4 x 1.0 = 0.25, in the same dimension; delivery takes a week.
    answers = {"P1": "b", "P2": "c", "S1": "a"}
    assert package_of(small, answers, sells="goods") == [("delivery", None), ("content", None)]


def test_of_two_equal_gaps_the_first_in_the_file_wins(small: Pack) -> None:
    even = replace(
        small, gaps={id: replace(gap, ease=1.0, after=(), dimension=id) for id, gap in small.gaps.items()}
    )
    answers = {"P1": "b", "P2": "c", "S1": "b"}
    assert package_of(even, answers) == [("findable", None), ("delivery", None), ("content", None)]
    turned = replace(even, gaps=dict(reversed(even.gaps.items())))
    assert package_of(turned, answers) == [("delivery", None), ("findable", None), ("content", None)]


def test_what_is_good_enough_is_left_alone(small: Pack) -> None:
    assert package_of(small, {"P1": "d", "P2": "d", "S1": "d"}, size="one") == []
    assert package_of(small, {"P1": "d", "P2": "d", "S1": "d"}, size="more") != []


def test_goal_urgency_and_relevance_move_a_gap(small: Pack) -> None:
    answers = {"P1": "d", "P2": "b"}
    result = score(small.bank, small.scoring, {}, answers)
    (plain,) = choose_package(small, {}, answers, result)
    assert plain.factors == {"gap": 0.5, "relevance": 1.0, "goal": 1.0, "urgency": 1.25, "ease": 1.0}
    (wished,) = choose_package(small, {"goal": "customers"}, answers, result)
    assert wished.factors["goal"] == 1.5
    (better,) = choose_package(small, {}, {"P1": "d", "P2": "c"}, result)
    assert better.factors["urgency"] == 1.0  # at 2 points it is not urgent any more


def test_relevance_stays_within_its_limits(small: Pack) -> None:
    rule = small.scoring.relevance[0]
    for factor, kept in ((9.0, 2.0), (0.1, 0.5)):
        scoring = replace(small.scoring, relevance=(replace(rule, gaps={"delivery": factor}),))
        pack = replace(small, scoring=scoring)
        answers = {"P1": "e", "P2": "e", "S1": "a"}
        result = score(pack.bank, scoring, {"sells": "goods"}, answers)
        (only,) = choose_package(pack, {"sells": "goods"}, answers, result)
        assert only.factors["relevance"] == kept


def test_the_quick_check_recommends_only_what_it_asked(small: Pack) -> None:
    answers = {"P1": "b", "P2": "a", "S1": "e"}
    quick = score(small.bank, small.scoring, {}, answers, "quick")
    assert [r.gap for r in choose_package(small, {}, answers, quick)] == ["findable"]


LETTERS = [
    ("after: [findable]", "after: [findabel]", "GAP-003"),
    ("after: []", "after: [content]", "GAP-004"),
    ("dimension: presence", "dimension: sales", "GAP-002"),
    ("dimension: presence", "dimension: presents", "BANK-002"),
    ("  booking:", "  bookings:", "GAP-001"),
    ("film: V01", "film: V09", "GAP-006"),
    ("ease: 0.8", "ease: 1.8", "SHAPE-003"),
    ("tips: [One tip, Another tip]", "tips: []", "SHAPE-006"),
    ("tips: [One tip, Another tip]", "tips: [{text: One tip, writes: novel}]", "SHAPE-004"),
    ("right: x", "right: z", "GAP-005"),
    ("choices: {x: This, y: That}", "choices: {x: This}", "GAP-008"),
    ("x: This", f"x: {'long ' * 15}", "TEXT-001"),
    (
        "schema: 1",
        "schema: 1\nstarter_steps: [{id: a, name: A, tip: T}, {id: a, name: B, tip: U}]",
        "BANK-001",
    ),
    ("reason: Reason", "raeson: Reason", "SHAPE-001"),
]


@pytest.mark.parametrize(("old", "new", "code"), LETTERS)
def test_what_an_author_is_told(problems_with: Problems, old: str, new: str, code: str) -> None:
    problems = problems_with("gaps", old, new)
    assert code in [problem.code for problem in problems], render(problems)
    assert all(problem.place.file == "gaps.yaml" for problem in problems)


def test_a_gap_that_no_item_reveals_is_a_hint(problems_with: Problems) -> None:
    extra = "  spare: {dimension: sales, name: N, reason: R, ease: 1.0, tips: [T], quiz: {ask: A, choices: {x: X, y: Y}, right: x, explain: E}}\n"
    (problem,) = problems_with("gaps", "gaps:\n", f"gaps:\n{extra}")
    assert (problem.code, problem.severity) == ("GAP-007", "hint")
