"""What has changed between two assessments: only what was answered both times counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.change import Change, compare
from content.pack import Pack

ALONE = {"size": "one"}


def change(
    pack: Pack, before: dict[str, str], after: dict[str, str], profile: dict[str, str] = ALONE
) -> Change:
    return compare(pack.bank, pack.scoring, profile, before, after)


def choice(pack: Pack, item: str, points: int) -> str:
    question = next(one for one in pack.bank.items if one.id == item)
    return next(one.id for one in question.choices if one.points == points)


def test_one_answer_is_better_and_closes_its_gap(base: Pack) -> None:
    before = {"P1": choice(base, "P1", 0), "M1": choice(base, "M1", 2)}
    after = {"P1": choice(base, "P1", 3), "M1": choice(base, "M1", 2)}
    found = change(base, before, after)
    assert (found.asked, found.matched, found.better, found.same, found.worse) == (2, 2, 1, 1, 0)
    assert found.closed == ("findable",)
    assert found.dimensions == {"presence": (0.0, 75.0), "money": (50.0, 50.0)}
    assert found.overall == (25.0, 62.5)


def test_a_larger_business_has_a_higher_target(base: Pack) -> None:
    before, after = {"P1": choice(base, "P1", 0)}, {"P1": choice(base, "P1", 3)}
    assert change(base, before, after, {"size": "fifty_to_249"}).closed == ()


def test_what_was_not_asked_the_first_time_makes_nobody_better(base: Pack) -> None:
    found = change(base, {}, {"P1": choice(base, "P1", 4)})
    assert (found.asked, found.matched, found.overall) == (1, 0, None)


def test_not_knowing_is_no_points_and_not_applicable_is_no_item(base: Pack) -> None:
    before = {"P1": "unknown", "M1": "not_applicable"}
    after = {"P1": choice(base, "P1", 2), "M1": choice(base, "M1", 2)}
    found = change(base, before, after)
    assert (found.matched, found.better, found.dimensions) == (1, 1, {"presence": (0.0, 50.0)})


@given(data=st.data())
def test_forwards_and_backwards_mirror_each_other(base: Pack, data: st.DataObject) -> None:
    items = data.draw(st.lists(st.sampled_from(base.bank.items), unique_by=lambda item: item.id))
    answers = [
        {item.id: data.draw(st.sampled_from([*(c.id for c in item.choices), "unknown"])) for item in items}
        for _ in range(2)
    ]
    there, back = change(base, *answers), change(base, *reversed(answers))
    assert (there.better, there.worse, there.matched) == (back.worse, back.better, back.matched)
    assert not set(there.closed) & set(back.closed)
    for pair in there.dimensions.values():
        assert all(0 <= value <= 100 for value in pair)
    if there.overall and back.overall:
        assert there.overall == pytest.approx(tuple(reversed(back.overall)))
