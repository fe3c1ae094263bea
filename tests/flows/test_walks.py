"""Walks through the base pack: everything is reached, every pair of answers is possible, all roads end."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product

import pytest

from flows.conversations import DAY, EveryFilm, World
from flows.films import NO_FILMS
from flows.steps.ask import Ask
from flows.values import Inbound
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
        films = EveryFilm() if seed % 3 else NO_FILMS
        world = World(Versions(packs[seed % 2], films=films), trace=reached.add)
        walker = Walker(world, "Ana", random.Random(seed), pressed, asides=(0.05, 0.1, 0.3)[seed % 3])
        walker.walk(lambda: False, 120)
        for span, inbounds in (("3d", 15), ("29d", 20), ("60d", 30), ("95d", 30)):
            world.pass_time(span)
            walker.walk(lambda: False, inbounds)
    _perfect_business(base, reached)
    _two_phones(base, reached)
    _every_quiz(base, pressed)
    _from_a_region(reached)
    _after_days(base, reached)
    _film_gone(base, reached)
    _papers(base, reached)
    _ways_on(base, reached)
    _measured_again(base, reached)
    _meetings(reached, pressed)
    _her_story(base, reached, pressed)
    wanted = {
        place
        for flow in base.flows.values()
        for step in flow.instructions
        if step.id and not step.key.startswith(NEVER_RUN)
        for place in [step.key, *(f"{step.key}/{way}" for way in range(len(step.arms)))]
    }
    assert " ".join(sorted(wanted - reached)) == ""
    assert sorted(_choices(base) - {choice for _, choice in pressed}) == []


def _film_gone(base: Version, reached: set[str]) -> None:
    """The film was there when she was asked, and cannot be sent any more; she says something to its words."""
    world = World(Versions(base, films=EveryFilm()), trace=reached.add)
    _with_steps(world, {"gap": "devices", "tip": 1})
    world.write("Ana", "next step")
    world.failing = frozenset({"film"})
    world.press("Ana", "film")
    world.write("Ana", "my sister sells bread in the next street")


def _papers(base: Version, reached: set[str]) -> None:
    """The guidebook with a part of it, and the plan before and after there are steps."""
    world = World(Versions(base), trace=reached.add)
    world.write("Ana", "hello")
    world.write("Ana", "plan")
    _with_steps(world, {"gap": "findable", "tip": 1})
    world.write("Ana", "plan")
    world.write("Ana", "guide")
    world.press("Ana", "money")


def _ways_on(base: Version, reached: set[str]) -> None:
    """What only some come to: looking at the path early and late, and everything done."""
    for change in (None, _better()):
        world = World(Versions(base), trace=reached.add)
        _with_steps(world, {"gap": "findable", "tip": 1}, change=change)
        world.write("Ana", "my path")
    world = World(Versions(base), trace=reached.add)
    _with_steps(world, {"gap": "findable", "tip": 1, "opened": True, "done": "yes"})
    world.write("Ana", "new steps")
    world = World(Versions(base), trace=reached.add)
    _with_steps(world, {"gap": "findable", "tip": 1, "opened": True})
    world.write("Ana", "done")
    for choice in ("five", "customers", "yes"):
        world.press("Ana", choice)
    for films in (EveryFilm(), NO_FILMS):
        world = World(Versions(base, films=films), trace=reached.add)
        _with_steps(world, {"gap": "findable", "tip": 1, "opened": True})
        world.write("Ana", "qqqq")
        for choice in ("no", "how", "show"):
            world.press("Ana", choice)


def _measured_again(base: Version, reached: set[str]) -> None:
    """A month later: the same answer, and one that cannot be compared."""
    for answer in ("nothing", "does not fit"):
        world = World(Versions(base), trace=reached.add)
        answers = {"P1": "nothing"}
        baseline = {
            "mode": "quick", "instrument": base.instrument, "completed": world.now - 30 * DAY,
            "answers": answers, "result": {"level": "starting"},
        }  # fmt: skip
        _with_steps(world, {"gap": "findable", "tip": 1, "opened": True}, baseline=baseline, answers=answers)
        world.write("Ana", "again")
        world.press("Ana", "yes")
        if answer == "nothing":
            world.press("Ana", answer)
        else:
            world.write("Ana", answer)


def _her_story(base: Version, reached: set[str], pressed: Counter[tuple[str, str]]) -> None:
    """Asked whether others may learn from it: a story with a name and without, one that is left, and silence."""
    stories = (
        ("yes", "before", "did", "changed", "crisis", "name", "Ana", "withdraw my story"),
        ("yes", "before", "did", "changed", "normal", "no_name"),
        ("yes", "before", "did", "changed", "normal", "no"),
        ("yes", "before", "skip"),
        ("yes", "before", ""),
        ("no",),
    )
    for said in stories:
        world = World(Versions(base), trace=reached.add)
        _with_steps(
            world, {"gap": "findable", "tip": 1, "opened": True}, change={**_better(), "closed": ["findable"]}
        )
        world.person("Ana").state["business"]["consent"] = {"guidance": True}
        world.write("Ana", "done")
        for words in said:
            question = world.person("Ana").question
            assert question is not None
            offered = {choice.value.partition(":")[2] for choice in question.choices}
            if not words:
                world.pass_time("4d")
            elif words in offered:
                world.press("Ana", words)
                pressed["her story", words] += 1
            else:
                world.write("Ana", words)


def _better() -> dict[str, object]:
    return {
        "better": 2, "same": 0, "worse": 0, "matched": 2, "closed": [], "dimensions": {}, "overall": None,
        "levels": [None, None],
    }  # fmt: skip


def _with_steps(world: World, *items: dict[str, object], **standing: object) -> None:
    world.person("Ana").state = {
        "language": "en",
        "last_inbound": 1,
        "business": {
            "id": "b",
            "standing": {
                "mode": "quick",
                "result": {"level": "starting"},
                "package": list(items),
                **standing,
            },
        },
    }


def _meetings(reached: set[str], pressed: Counter[tuple[str, str]]) -> None:
    """Links of a meeting and of the survey for officials, opened before the day, on it and after it."""
    version = compiled_from(economy_sources())
    for seed in range(60):
        world = World(Versions(version), trace=reached.add)
        walker = Walker(world, "Ana", random.Random(seed), pressed, avoid=("no", "stop") if seed % 5 else ())
        world.pass_time(("1d", "5d", "8d")[seed % 3])
        _opens(world, "officials" if seed % 4 == 3 else "m-chat_selling")
        walker.walk(lambda: False, 12)
        for span in ("1d", "4d", "2d", "184d", "180d"):
            if seed % 2:
                world.write("Ana", "meeting")
            world.pass_time(span)
            walker.walk(lambda: False, 8)
    _at_a_meeting(version, reached)


def _at_a_meeting(version: Version, reached: set[str]) -> None:
    """What is said to those who are there on the day, who were not, and who would rather not be asked."""
    for day, choice in (("5d", "no"), ("5d", "yes"), ("8d", "no")):
        world = _with_meeting(version, reached, joined=1)
        world.pass_time(day)
        _opens(world, "m-chat_selling")
        world.press("Ana", choice)
        world.write("Ana", "meeting")
    for day in ("1d", "8d"):
        world = _with_meeting(version, reached)
        world.pass_time(day)
        _opens(world, "m-chat_selling")
        for _ in range(7):
            world.write("Ana", "skip")
    world = _with_meeting(version, reached, joined=1)
    reminder = {"flow": "meeting_reminder", "notes": {"meeting": "chat_selling"}}
    world.deliver("Ana", Inbound("t:1", "timer", seed="0" * 32, data={"key": "reminder", "body": reminder}))
    world.press("Ana", "no")


def _with_meeting(version: Version, reached: set[str], **kept: object) -> World:
    """Somebody with a result who agreed to all, and what is kept of the meeting if she has joined it."""
    world = World(Versions(version), trace=reached.add)
    _with_steps(world, {"gap": "findable", "tip": 1})
    state = world.person("Ana").state
    state |= {"memory": {"meetings": {"chat_selling": kept} if kept else {}}, "consent": {"reminders": True}}
    state["business"]["consent"] = {"guidance": True, "statistics": True}
    return world


def _opens(world: World, campaign: str) -> None:
    world.write("Ana", kind="start", data={"campaign": campaign})


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
