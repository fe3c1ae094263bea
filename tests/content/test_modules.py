"""Making things: a dimension of an economy's own, switched on by one line, beside the comparable score."""

from __future__ import annotations

import random

import pytest

from content.bank import applicable, facts_of
from content.matching import choose_package
from content.pack import Pack
from content.scoring import score
from content.sources import base_sources
from content.words import hash_of
from tests.content.extending import child, good

PROFILE = {
    "org_type": "msme", "sector": "manufacturing", "size": "two_to_four", "sells": "goods", "goal": "save_time", "role": "own",
}  # fmt: skip
OURS = ("K1", "K2", "K3", "K4", "K5")
GAPS = ("machines", "quality_record", "buyer_orders")


@pytest.fixture(scope="module")
def parent() -> dict[str, bytes]:
    return dict(base_sources())


@pytest.fixture(scope="module")
def without(parent: dict[str, bytes]) -> Pack:
    return good(child(parent), {"base": parent})


@pytest.fixture(scope="module")
def making(parent: dict[str, bytes]) -> Pack:
    return good(child(parent, pack="modules: [making]\n"), {"base": parent})


def asked(pack: Pack, **profile: str) -> list[str]:
    return [
        item.id for item in applicable(pack.bank, facts_of(pack.bank, {**PROFILE, **profile}, {}), "full")
    ]


def answers(pack: Pack, seed: int) -> dict[str, str]:
    dice = random.Random(seed)
    return {id: dice.choice([c.id for c in item.choices]) for item in pack.bank.items if (id := item.id)}


def test_one_line_adds_five_questions_three_gaps_tips_and_quizzes(without: Pack, making: Pack) -> None:
    assert [item.id for item in making.bank.items if item not in without.bank.items] == list(OURS)
    assert [gap for gap in making.gaps if gap not in without.gaps] == list(GAPS)
    for gap in GAPS:
        assert making.gaps[gap].tips >= 3
        assert f"gaps/{gap}/quiz/explain" in making.texts
    assert making.modules == ("making",)


def test_only_those_who_make_things_are_asked(making: Pack) -> None:
    assert asked(making)[-5:] == list(OURS)
    assert not set(OURS) & set(asked(making, sector="software_digital"))


@pytest.mark.parametrize("seed", range(20))
def test_the_overall_score_is_the_same_with_and_without(without: Pack, making: Pack, seed: int) -> None:
    given = answers(making, seed)
    plain, more = (score(pack.bank, pack.scoring, PROFILE, given) for pack in (without, making))
    assert (plain.overall, plain.level) == (more.overall, more.level)
    assert {**plain.dimensions, "making": more.dimensions["making"]} == dict(more.dimensions)
    quick, other = (score(pack.bank, pack.scoring, PROFILE, given, "quick") for pack in (without, making))
    assert (quick.overall, quick.answered) == (other.overall, other.answered)


def test_the_dimension_is_measured_from_its_own_answers(making: Pack) -> None:
    best = {id: making.bank.item(id).choices[-1].id for id in OURS}  # type: ignore[union-attr]  # they are there
    worst = {id: making.bank.item(id).choices[0].id for id in OURS}  # type: ignore[union-attr]  # as above
    assert score(making.bank, making.scoring, PROFILE, best).dimensions["making"] == 100
    assert score(making.bank, making.scoring, PROFILE, worst).dimensions["making"] == 0
    alone = score(making.bank, making.scoring, PROFILE, best)
    assert (alone.overall, alone.level) == (None, None), "it says nothing of the whole"


def test_its_gaps_may_become_next_steps(making: Pack) -> None:
    given = {item.id: item.choices[-1].id for item in making.bank.items} | {
        "K1": making.bank.item("K1").choices[0].id
    }  # type: ignore[union-attr]  # as above
    result = score(making.bank, making.scoring, PROFILE, given)
    assert "machines" in [chosen.gap for chosen in choose_package(making, PROFILE, given, result)]


def test_results_are_compared_with_those_of_everybody_else(without: Pack, making: Pack) -> None:
    assert hash_of(without.measured()) == hash_of(making.measured())
    assert without.bank.instrument == making.bank.instrument
