"""Papers in the chat: the way to the guidebook and the plan, a chapter to read here, and what a plan holds."""

from __future__ import annotations

import pytest

from flows.conversations import World
from flows.papers import WEEKS, PlannedStep, planned
from flows.state import Business, business_from_json
from flows.values import Inbound
from flows.version import Version, Versions
from tests.flows.test_films import texts, world_of
from tests.flows.test_three_months import LOWEST, Ana


@pytest.fixture
def world(base: Version) -> World:
    return world_of(base)


def test_guide_gives_a_link_and_offers_its_chapters(world: World, base: Version) -> None:
    link, question = world.write("Ana", "guide")
    assert link.kind == "link"
    assert link.link
    assert (link.link.label, link.link.url) == ("Open the guide", "https://pasito.example/guide")
    shown = [choice.value.partition(":")[2] for choice in question.choices]
    assert shown == ["presence", "sales", "money", "access", "ops", "people", "data", "security", "strategy"]
    assert tuple(shown) == base.pack.chapters


def test_a_chapter_is_read_in_the_chat(world: World, base: Version) -> None:
    world.write("Ana", "guidebook")
    replies = world.press("Ana", "money")
    said = texts(replies)
    for gap in base.pack.gaps.values():
        name = base.words.of(f"gaps/{gap.id}/name", "en")
        assert (f"{name}. {base.words.of(f'gaps/{gap.id}/tips/1', 'en')}" in said) == (
            gap.dimension == "money"
        )
    assert 'write "guide"' in said
    assert all(len(reply.text) <= 600 for reply in replies)


def test_a_question_is_still_there_after_the_guide(world: World) -> None:
    world.write("Ana", "next step")
    before = world.person("Ana").question
    world.write("Ana", "handbook")
    world.press("Ana", "sales")
    after = world.person("Ana").question
    assert before
    assert after
    assert [choice.value.partition(":")[2] for choice in before.choices] == [
        choice.value.partition(":")[2] for choice in after.choices
    ]


def test_plan_gives_a_link(world: World) -> None:
    (reply, *_) = world.write("Ana", "training plan")
    assert reply.link
    assert reply.link.url == "https://pasito.example/plan"


def test_there_is_no_plan_before_there_are_steps(base: Version) -> None:
    world = World(Versions(base))
    world.write("Ana", "hello")
    (reply, *_) = world.write("Ana", "plan")
    assert reply.link is None
    assert "quick check" in reply.text


@pytest.mark.parametrize("failing", [True, False])
def test_without_a_link_she_is_told_so(base: Version, failing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of(base)
    if failing:
        world.failing = frozenset({"paper"})
    else:
        monkeypatch.setattr(world, "_called", lambda person, call: None)
    (reply, *_) = world.write("Ana", "plan")
    assert reply.link is None
    assert ("later" if failing else "web page") in reply.text


@pytest.mark.parametrize("paper", ["guide", "plan"])
def test_an_opened_paper_is_an_event_of_hers(world: World, paper: str) -> None:
    world.pass_time("1h")
    inbound = Inbound("g", "event", seed="0" * 32, data={"paper": paper, "seen": "opened"})
    assert world.deliver("Ana", inbound) == []
    assert [e.data for e in world.person("Ana").events if e.kind == "guide_opened"] == [{"paper": paper}]
    assert [e.kind for e in world.person("Ana").events].count("visit_started") == 1


def test_an_opened_paper_changes_nothing_that_waits(world: World) -> None:
    world.write("Ana", "next step")
    before = world.person("Ana").question
    world.deliver("Ana", Inbound("g", "event", seed="0" * 32, data={"paper": "guide", "seen": "opened"}))
    assert world.person("Ana").question == before
    assert world.press("Ana", "film")


# --- what a plan holds ---


def business(*items: dict[str, object]) -> Business:
    return business_from_json({"id": "b", "standing": {"package": list(items)}})


def test_a_plan_begins_with_what_is_to_do_of_her_package(base: Version) -> None:
    steps = planned(
        base.pack,
        business(
            {"gap": "pay", "done": "yes"}, {"gap": "findable", "done": "partly"}, {"gap": "order", "aside": True},
            {"gap": "backup", "closed": True}, {"gap": "records"}, {"gap": "gone_from_the_pack"},
        ),
    )  # fmt: skip
    assert steps == (PlannedStep("findable"), PlannedStep("records"))


def test_a_plan_of_an_idea_has_its_first_steps(base: Version) -> None:
    first = base.pack.starters[0]
    assert planned(base.pack, business({"starter": first, "gap": None})) == (PlannedStep(starter=first),)


def test_without_a_package_there_is_no_plan(base: Version) -> None:
    assert planned(base.pack, None) == ()
    assert planned(base.pack, business()) == ()


def test_the_next_gaps_in_line_fill_the_four_weeks(base: Version) -> None:
    ana = Ana(base)
    ana.writes("hello")
    ana.answers(LOWEST, until="film")
    found = business_from_json(ana.person.state["business"])
    package = [item["gap"] for item in (found.standing or {})["package"]]
    steps = planned(base.pack, found)
    assert len(steps) == WEEKS
    assert [step.gap for step in steps[: len(package)]] == package
    assert len(set(steps)) == WEEKS
