"""What people saw go wrong, and must not see again."""

from __future__ import annotations

import re
from typing import Any

import pytest

from flows.conversations import World
from flows.values import Inbound
from flows.version import Version, Versions
from tests.flows.small_packs import compiled

ABOUT = ("hola", "1", "1", "1", "1", "3", "1", "a", "1", "2")  # up to the first item of the quick check


def begin(world: World, answers: int = 0) -> None:
    for text in (*ABOUT, *["1"] * answers):
        world.write("Ana", text)


def last(world: World) -> str:
    return world.person("Ana").replies[-1].text


def state(world: World) -> dict[str, Any]:
    return world.person("Ana").state


def test_a_check_begun_by_typing_can_be_skipped_through_and_paused(world: World) -> None:
    begin(world, 9)
    world.write("Ana", "full check")
    world.press("Ana", "now")
    question = last(world)
    world.write("Ana", "skip")
    assert last(world) != question
    world.write("Ana", "i do not know")
    world.write("Ana", "back")
    world.write("Ana", "stop for now")
    world.write("Ana", "hello")
    assert "?" in last(world)
    assert state(world)["assessment"]["mode"] == "full"


def test_typing_check_in_the_middle_of_a_check_goes_on_with_it(world: World) -> None:
    begin(world, 3)
    before = last(world)
    world.write("Ana", "check")
    assert last(world) == before
    assert len(state(world)["assessment"]["answers"]) == 3


def test_the_quick_check_does_not_end_an_open_full_check(world: World) -> None:
    begin(world, 9)
    world.write("Ana", "full check")
    world.press("Ana", "now")
    world.write("Ana", "menu")
    world.press("Ana", "check")
    assessment = state(world)["assessment"]
    assert assessment["mode"] == "full"
    assert assessment["completed"] is None


def test_a_check_taken_again_counts_its_questions(world: World) -> None:
    begin(world, 9)
    world.write("Ana", "check")
    world.press("Ana", "yes")
    assert any(reply.text.startswith("9 short questions") for reply in world.person("Ana").replies[-3:])


def test_counting_begins_at_one(world: World) -> None:
    begin(world, 9)
    questions = [reply for reply in world.person("Ana").replies if reply.progress]
    counted = [(q.progress.place, q.progress.count) for q in questions if q.progress]
    assert counted[0] == (1, 6)
    assert counted[-9:] == [(place, 9) for place in range(1, 10)]


@pytest.mark.parametrize("about_people", ["later", "yes"])
def test_the_full_check_asks_as_many_questions_as_it_said(world: World, about_people: str) -> None:
    begin(world, 9)
    world.write("Ana", "next step")
    world.write("Ana", "next step")
    world.write("Ana", "next step")
    world.press("Ana", "yes")
    world.press("Ana", about_people)
    while "Shall we begin?" not in last(world):
        world.write("Ana", "a")
    announced = re.search(r"It takes (\d+) more questions", last(world))
    assert announced is not None
    before = len(world.person("Ana").replies)
    world.press("Ana", "now")
    while state(world)["business"]["standing"]["mode"] == "quick":
        world.write("Ana", "a")
    said = world.person("Ana").replies[before:]
    asked = [reply for reply in said if reply.progress]
    assert len(asked) == int(announced[1])
    assert any(reply.text.startswith("Almost done.") for reply in said) == (about_people == "later")


def test_back_and_forth_does_not_change_the_count(world: World) -> None:
    begin(world, 3)
    world.write("Ana", "back")
    world.write("Ana", "back")
    question = world.person("Ana").replies[-1]
    assert question.progress is not None
    assert question.progress.words == "2 of 9"
    world.write("Ana", "1")
    question = world.person("Ana").replies[-1]
    assert question.progress is not None
    assert question.progress.words == "4 of 9"  # the third has its answer


def test_back_reaches_the_first_question(world: World) -> None:
    world.write("Ana", "hola")
    world.press("Ana", "assisted")
    world.write("Ana", "back")
    assert last(world).startswith("Are you answering for your own business")
    world.press("Ana", "own")
    assert state(world)["business"]["role"] == "own"


@pytest.mark.parametrize("typed", ["00012345", "000", "1" * 60])
def test_odd_numbers_are_no_answer_and_no_crash(world: World, typed: str) -> None:
    world.write("Ana", "hola")
    world.write("Ana", typed)
    assert last(world).endswith("helping somebody?")


def test_start_pressed_again_after_weeks_shows_the_way(world: World) -> None:
    begin(world, 2)
    question = last(world)
    world.pass_time("30d")
    replies = world.deliver("Ana", Inbound("again", "start", seed="0" * 32))
    assert replies[-1].text.endswith(question)


def test_a_command_with_the_name_of_the_bot_is_understood(world: World) -> None:
    begin(world)
    world.write("Ana", "/menu@PasitoBot")
    assert last(world) == "What would you like to do?"


def test_stop_withdraws_the_consent_to_reminders(world: World) -> None:
    begin(world, 1)
    world.write("Ana", "stop")
    assert state(world)["consent"]["reminders"] is False


def test_help_in_a_menu_stays_in_the_menu(world: World) -> None:
    begin(world, 1)
    world.write("Ana", "menu")
    world.write("Ana", "help")
    assert last(world).endswith("What would you like to do?")


def test_a_flow_that_the_new_version_lacks_is_still_there_for_those_inside() -> None:
    old = compiled(
        welcome="steps:\n  - ask: a\n    say: A?\n    choices: {y: 'Yes'}\n  - link: gone\n",
        gone="steps:\n  - say: Good bye.\n",
    )
    world = World(Versions(old))
    world.write("Ana", "hola")
    world.versions = Versions(compiled(welcome="steps:\n  - say: Hello\n"), {old.structure: old})
    world.press("Ana", "y")
    assert last(world) == "Good bye."


def test_a_package_item_whose_gap_has_gone_is_left_out(base: Version) -> None:
    world = World(Versions(base))
    standing = {
        "mode": "quick", "result": {"level": "excellent", "overall": 99.0, "dimensions": {}},
        "package": [{"gap": "gone", "tip": 1, "opened": True}, {"gap": "findable", "tip": 1, "opened": True}],
    }  # fmt: skip
    world.person("Ana").state = {
        "language": "en",
        "last_inbound": 1,
        "business": {"id": "b", "standing": standing},
    }
    for text in ("my result", "done", "next step", "menu"):
        assert world.write("Ana", text)


def test_an_answer_whose_choice_has_gone_is_asked_again(base: Version) -> None:
    world = World(Versions(base))
    world.person("Ana").state = {
        "language": "en", "last_inbound": 1,
        "business": {
            "id": "b", "profile": {q.id: q.choices[0].id for q in base.pack.bank.fields},
            "consent": {"guidance": True, "statistics": True},
        },
        "assessment": {"id": "a", "mode": "quick", "instrument": "older", "answers": {"A1": "gone", "P1": "nothing"}},
    }  # fmt: skip
    world.write("Ana", "check")
    assert last(world) == "How does your business get on the internet?"
    assert state(world)["assessment"]["answers"] == {"P1": "nothing"}
