"""Walks through the base pack: everything is reached, every pair of answers is possible, all roads end."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product

import pytest

from flows.conversations import World
from flows.steps.ask import Ask
from flows.version import Version, Versions
from tests.flows.small_packs import compiled_from, economy_sources
from tests.flows.walking import Walker

WALKS = 2000
SHARES = 8
ANSWERS = range(5)

NEVER_RUN = "broken/"  # the worker says its words when a turn fails; nobody walks there


def test_every_step_choice_and_branch_side_is_reached(base: Version) -> None:
    reached: set[str] = set()
    pressed: Counter[tuple[str, str]] = Counter()
    packs = (base, compiled_from(economy_sources()))
    for seed in range(240):
        world = World(Versions(packs[seed % 2]), trace=reached.add)
        walker = Walker(world, "Ana", random.Random(seed), pressed, asides=(0.05, 0.1, 0.3)[seed % 3])
        walker.walk(lambda: False, 120)
        world.pass_time("3d")
        walker.walk(lambda: False, 15)
    _perfect_business(base, reached)
    _two_phones(base, reached)
    _every_quiz(base, pressed)
    _from_a_region(reached)
    _after_days(base, reached)
    wanted = {
        place
        for flow in base.flows.values()
        for step in flow.instructions
        if step.id and not step.key.startswith(NEVER_RUN)
        for place in [step.key, *(f"{step.key}/{way}" for way in range(len(step.arms)))]
    }
    assert sorted(wanted - reached) == []
    assert sorted(_choices(base) - {choice for _, choice in pressed}) == []


def _after_days(base: Version, reached: set[str]) -> None:
    """Somebody who comes back of herself, with a step that she has opened and not done."""
    world = World(Versions(base), trace=reached.add)
    item = {"gap": "findable", "tip": 1, "opened": True}
    standing = {"mode": "quick", "result": {"level": "starting"}, "package": [item]}
    world.person("Ana").state = {
        "language": "en",
        "last_inbound": 1,
        "business": {"id": "b", "standing": standing},
    }
    world.write("Ana", "qqqq")


def _from_a_region(reached: set[str]) -> None:
    """Somebody who writes to the account of a region, and is led to the programme of her economy."""
    world = World(Versions(compiled_from(economy_sources(opening="hand_over"))), trace=reached.add)
    world.write("Ana", "hello")
    world.press("Ana", "pe")


def _perfect_business(base: Version, reached: set[str]) -> None:
    """Somebody for whom nothing is left to recommend."""
    world = World(Versions(base), trace=reached.add)
    person = world.person("Mei")
    profile = {question.id: question.choices[0].id for question in base.pack.bank.fields}
    person.state = {"language": "en", "last_inbound": 1, "business": {"id": "b", "profile": profile}}
    walker = Walker(world, "Mei", random.Random(0), always_best=True)
    world.write("Mei", "check")
    walker.walk(lambda: walker.completed("quick"), 30)
    world.press("Mei", "now")
    walker.walk(lambda: walker.completed("full"), 40)


def _two_phones(base: Version, reached: set[str]) -> None:
    """One person on two phones, with the code, with a wrong one, and when none can be made."""
    world = World(Versions(base), trace=reached.add)
    for name in ("Ana", "Ana's phone"):
        world.write(name, "hello")
        world.write(name, "connect")
    world.press("Ana", "there")
    for code in ("0000", next(iter(world.codes))):
        world.press("Ana's phone", "here")
        world.write("Ana's phone", code)
        world.write("Ana's phone", "connect")
    world.failing = frozenset({"make_code"})
    world.write("Ana", "connect")
    world.press("Ana", "there")


def _every_quiz(base: Version, pressed: Counter[tuple[str, str]]) -> None:
    """Each quiz, answered in each way."""
    for gap in base.pack.gaps.values():
        for choice in gap.quiz:
            world = World(Versions(base))
            item = {"gap": gap.id, "tip": 1}
            standing = {"mode": "quick", "result": {"level": "starting"}, "package": [item]}
            world.person("Ana").state = {
                "language": "en", "last_inbound": 1, "business": {"id": "b", "standing": standing},
            }  # fmt: skip
            world.write("Ana", "next step")
            world.press("Ana", "will_do")
            replies = world.press("Ana", choice)
            assert any(base.words.of(f"gaps/{gap.id}/quiz/explain", "en") in reply.text for reply in replies)
            pressed["quiz", choice] += 1


def _choices(base: Version) -> set[str]:
    """Every choice of every question, by id."""
    written = {
        choice
        for flow in base.flows.values()
        for step in flow.instructions
        if isinstance(step.step, Ask) and isinstance(step.step.choices, dict)
        for choice in step.step.choices
    }
    asked = {choice.id for question in base.questions.values() for choice in question.choices}
    return written | asked | {choice for gap in base.pack.gaps.values() for choice in gap.quiz}


@pytest.mark.parametrize("share", range(SHARES))
def test_random_walks_with_detours_end_in_a_result(base: Version, share: int) -> None:
    pressed: Counter[tuple[str, str]] = Counter()
    lost = []
    for seed in range(share, WALKS, SHARES):
        world = World(Versions(base))
        avoid = ("stop", "delete", "check", "full", "other_business", "steps")
        walker = Walker(world, "Ana", random.Random(seed), pressed, asides=0.15, avoid=avoid)
        if not walker.walk(walker.completed, 400):
            lost.append(seed)
    assert lost == []


PROFILES = {
    "Ana sells goods": {"org_type": "msme", "sells": "goods", "sector": "crafts_textile", "size": "one"},
    "Ben answers for a cooperative": {
        "org_type": "cooperative",
        "sells": "both",
        "sector": "food_processing",
        "size": "ten_to_49",
    },
    "Mei sells services": {
        "org_type": "msme",
        "sells": "services",
        "sector": "software_digital",
        "size": "two_to_four",
    },
    "Luz has an idea": {"org_type": "idea_only", "sells": "goods", "sector": "other", "size": None},
}


@pytest.mark.parametrize("who", PROFILES)
def test_neighbouring_questions_are_answered_in_all_pairs(base: Version, who: str) -> None:
    """Odd questions get one answer, even ones the other: all 25 pairs stand side by side everywhere."""
    known = {"role": "own", "goal": "more_customers", "place": "yes", **PROFILES[who]}
    for first, second in product(ANSWERS, ANSWERS):
        world = World(Versions(base))
        person = world.person("Ana")
        person.state = {
            "language": "en", "last_inbound": 1, "asked": 0,
            "business": {"id": "b", "profile": known, "consent": {"guidance": True, "statistics": True}},
        }  # fmt: skip
        world.write("Ana", "full check")
        world.press("Ana", "now")
        turn = 0
        while person.state.get("waiting") and not _has_result(world):
            question = person.question
            assert question is not None
            answer = (first, second)[turn % 2] % len(question.choices)
            world.write("Ana", choice=question.choices[answer].value)
            turn += 1
            assert turn < 60
        assert _has_result(world)


def _has_result(world: World) -> bool:
    standing = world.person("Ana").state["business"].get("standing")
    return bool(standing and standing["mode"] == "full")
