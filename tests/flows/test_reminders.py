"""Reminders: said when they are wanted, never at night, never to somebody who stopped."""

from __future__ import annotations

import pytest

from flows.conversations import DAY, SECOND, World
from flows.values import Inbound
from flows.version import Version, Versions
from tests.flows.small_packs import compiled

HOUR = 3600 * SECOND

FLOW = """
steps:
  - ask: reminders
    say: May I write to you?
    choices: {yes: "Yes", no: "No"}
    save: consent.reminders
    required: yes
  - remind: knock
    after: 2d
"""
KNOCK = "steps:\n  - say: Did you do it?\n"


@pytest.fixture(scope="module")
def version() -> Version:
    return compiled(welcome=FLOW, knock=KNOCK)


def begin(version: Version, answer: str, at_hour: int = 12) -> World:
    world = World(Versions(version))
    world.now += DAY - world.now % DAY + at_hour * HOUR
    world.write("Ana", "hola")
    world.press("Ana", answer)
    return world


def said(world: World) -> list[str]:
    return [reply.text for reply in world.person("Ana").replies]


def test_a_reminder_comes_after_its_time_and_once(version: Version) -> None:
    world = begin(version, "yes")
    world.pass_time("47h")
    assert "Did you do it?" not in said(world)
    world.pass_time("2h")
    world.pass_time("9d")
    assert said(world).count("Did you do it?") == 1


def test_without_consent_there_is_no_reminder(version: Version) -> None:
    world = begin(version, "no")
    world.pass_time("9d")
    assert "Did you do it?" not in said(world)


def test_in_quiet_hours_it_waits_for_the_morning(version: Version) -> None:
    world = begin(version, "yes", at_hour=22)
    world.pass_time("49h")
    assert "Did you do it?" not in said(world)
    world.pass_time("9h")
    assert said(world)[-1] == "Did you do it?"


def test_after_stop_no_reminder_comes(version: Version) -> None:
    world = begin(version, "yes")
    world.write("Ana", "stop")
    world.pass_time("9d")
    assert "Did you do it?" not in said(world)


def test_a_timer_that_rings_after_stop_says_nothing_and_is_counted(version: Version) -> None:
    """A worker may have taken the timer before she wrote stop."""
    world = begin(version, "yes")
    world.write("Ana", "stop")
    before = len(said(world))
    late = Inbound("t:1", "timer", seed="0" * 32, data={"key": "knock", "body": {"flow": "knock"}})
    assert world.deliver("Ana", late) == []
    assert len(said(world)) == before


def test_who_has_just_written_is_not_disturbed(version: Version) -> None:
    world = begin(version, "yes")
    world.pass_time("47h")
    world.write("Ana", "menu")
    world.pass_time("25m")
    late = Inbound("t:1", "timer", seed="0" * 32, data={"key": "knock", "body": {"flow": "knock"}})
    assert world.deliver("Ana", late) == []


def test_a_reminder_reaches_somebody_who_left_a_question_open(version: Version) -> None:
    world = begin(version, "yes")
    world.write("Ana", "menu")
    world.pass_time("3d")
    assert said(world)[-2] == "Did you do it?"
    assert said(world)[-1].endswith("What would you like to do?")


WAITS = """
steps:
  - ask: here
    say: Are you there?
    timeout: {after: 20h, go: nudge}
    choices: {yes: "Yes"}
  - say: Good.
    id: good
  - end: here
  - say: I wait for you.
    id: nudge
  - go: here
"""


def test_who_does_not_answer_is_met_on_another_way() -> None:
    world = World(Versions(compiled(welcome=WAITS)))
    world.now += DAY - world.now % DAY + 14 * HOUR
    world.write("Ana", "hola")
    world.pass_time("21h")
    assert said(world)[-2:] == ["I wait for you.", "Are you there?"]


def test_an_answer_in_time_leaves_the_timeout_without_effect() -> None:
    world = World(Versions(compiled(welcome=WAITS)))
    world.now += DAY - world.now % DAY + 14 * HOUR
    world.write("Ana", "hola")
    world.press("Ana", "yes")
    world.pass_time("9d")
    assert said(world)[-1] == "Good."
