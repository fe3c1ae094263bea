"""Reminders: said when they are wanted, never at night, never to somebody who stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.conversations import DAY, SECOND, START, World
from flows.values import Inbound
from flows.version import Version, Versions
from tests.flows.small_packs import compiled, compiled_from, sources_with

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
    world.pass_time("31m")
    assert said(world)[-1] == "Did you do it?"


def test_a_reminder_reaches_somebody_who_left_a_question_open(version: Version) -> None:
    world = begin(version, "yes")
    world.write("Ana", "menu")
    world.pass_time("3d")
    assert said(world)[-1] == "Did you do it?"  # a menu of three days ago is over


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


# --- what is looked at when a reminder is due -----------------------------------------------------

SURVEY = "survey: how_is_it\nsteps:\n  - ask: how\n    say: How is it?\n    choices: {good: Good, bad: Bad}\n"
MANY = """
steps:
  - ask: reminders
    say: May I write to you?
    choices: {yes: "Yes", no: "No"}
    save: consent.reminders
    required: yes
"""


def with_reminders(*reminders: tuple[str, str], **flows: str) -> World:
    """Ana has agreed at noon; each reminder is (flow, after)."""
    steps = "".join(f'  - remind: {flow}\n    after: {after}\n    at: "12:00"\n' for flow, after in reminders)
    return begin_at_noon(compiled(welcome=MANY + steps, **flows))


def day_by_day(world: World, days: int) -> list[list[str]]:
    """What was said on each of the next days; each ends at noon."""
    out = []
    for _ in range(days):
        before = len(said(world))
        world.pass_time("1d")
        out.append(said(world)[before:])
    return out


def test_two_reminders_never_come_on_one_day() -> None:
    world = with_reminders(("knock", "2d"), ("ring", "2d"), knock=KNOCK, ring="steps:\n  - say: Ring ring.\n")
    _, second, third, fourth = day_by_day(world, 4)
    assert sorted([*second, *third]) == ["Did you do it?", "Ring ring."]
    assert (len(second), fourth) == (1, [])


def test_beyond_the_cap_a_reminder_waits_until_the_week_is_over() -> None:
    flows = {f"note_{n}": f"steps:\n  - say: Note {n}.\n" for n in (1, 2, 3, 4)}
    world = with_reminders(*((f"note_{n}", f"{n}d") for n in (1, 2, 3, 4)), **flows)
    heard = day_by_day(world, 9)
    assert heard == [["Note 1."], ["Note 2."], ["Note 3."], [], [], [], [], ["Note 4."], []]


def test_a_survey_waits_for_seven_days_after_another() -> None:
    other = SURVEY.replace("How is", "And how is")
    world = with_reminders(("ask_one", "1d"), ("ask_two", "2d"), ask_one=SURVEY, ask_two=other)
    assert day_by_day(world, 1) == [["How is it?"]]
    world.press("Ana", "good")
    assert day_by_day(world, 8) == [[], [], [], [], [], [], ["And how is it?"], []]


def test_on_a_holiday_it_comes_the_day_after() -> None:
    steps = MANY + '  - remind: knock\n    after: 2d\n    at: "12:00"\n'
    sources = sources_with(welcome=steps, knock=KNOCK)
    first = datetime.fromtimestamp(START / SECOND, UTC) + timedelta(days=1)
    holidays = ", ".join(f"{(first + timedelta(days=days)).date()}: Feast" for days in (2, 3))
    charter = sources["pack.yaml"].decode()
    assert "economy: null " in charter
    sources["pack.yaml"] = charter.replace(
        "economy: null ", f"economy: PE\nholidays: {{{holidays}}} "
    ).encode()
    world = begin_at_noon(compiled_from(sources))
    assert day_by_day(world, 5) == [[], [], [], ["Did you do it?"], []]


def begin_at_noon(version: Version, channel: str = "web") -> World:
    world = World(Versions(version), channel=channel)
    world.now += DAY - world.now % DAY + 12 * HOUR
    world.write("Ana", "hola")
    world.press("Ana", "yes")
    return world


def held_world(after: str = "2d", outside: str = "hold") -> World:
    steps = MANY + f'  - remind: knock\n    after: {after}\n    at: "12:00"\n    outside: {outside}\n'
    world = begin_at_noon(compiled(welcome=steps, knock=KNOCK), "whatsapp")
    world.pass_time("3d")
    return world


def test_where_a_channel_takes_nothing_it_is_held_and_said_at_her_next_word() -> None:
    world = held_world()
    assert "Did you do it?" not in said(world)
    replies = world.write("Ana", "good morning, I have a new phone")
    assert [reply.text for reply in replies] == ["Did you do it?"]
    assert world.person("Ana").state["memory"]["held"] == []


def test_what_she_wrote_about_comes_first() -> None:
    world = held_world()
    replies = [reply.text for reply in world.write("Ana", "thanks")]
    assert replies[-1] == "Did you do it?"
    assert len(replies) > 1


@pytest.mark.parametrize("words", ["stop", "stop for now"])
def test_who_comes_back_to_stop_hears_nothing_that_was_held(words: str) -> None:
    world = held_world()
    replies = [reply.text for reply in world.write("Ana", words)]
    assert "Did you do it?" not in replies
    assert "reminder_said" not in [event.kind for event in world.person("Ana").events]
    kept = [entry["flow"] for entry in world.person("Ana").state["memory"]["held"]]
    assert kept == ([] if words == "stop" else ["knock"])


def test_held_for_more_than_seven_days_it_is_dropped() -> None:
    world = held_world()
    world.pass_time("8d")
    world.write("Ana", "good morning")
    assert "Did you do it?" not in said(world)


def test_a_reminder_that_may_invite_goes_out_at_once() -> None:
    assert "Did you do it?" in said(held_world(outside="invite"))


def test_on_other_channels_nothing_is_held() -> None:
    world = with_reminders(("knock", "2d"), knock=KNOCK)
    world.pass_time("3d")
    assert "Did you do it?" in said(world)


def test_an_experiment_is_drawn_once_and_spreads() -> None:
    flow = """
steps:
  - draw: greeting
    arms: [warm, plain]
  - branch:
      - if: answers.greeting == "warm"
        then: [{say: "A warm hello.", id: warm}]
      - else: [{say: "Hello.", id: plain}]
  - ask: more
    say: Once more?
    choices: {yes: "Yes", no: "No"}
  - branch:
      - if: answers.more == "yes"
        then: [{link: welcome}]
      - else: []
"""
    version = compiled(welcome=flow)
    drawn = []
    for number in range(40):
        world = World(Versions(version))
        name = f"Ana {number}"
        (first, _) = world.write(name, "hola")
        (second, _) = world.press(name, "yes")
        assert first.text == second.text
        drawn.append(first.text)
    assert 8 <= drawn.count("Hello.") <= 32
