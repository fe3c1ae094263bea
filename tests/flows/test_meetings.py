"""A whole meeting as conversations: joining by a link, before, on the day, after it, and half a year later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from flows.conversations import SECOND, World
from flows.meetings import invitation
from flows.values import Event, Reply
from flows.version import Version, Versions
from tests.flows.small_packs import MEETINGS, compiled_from, economy_sources, sources_with

CODE = "chat_selling"
KINDS = ("meeting_", "knowledge_", "survey_", "reminder_")


@pytest.fixture(scope="module")
def version() -> Version:
    """The base pack with one meeting, in one language."""
    return compiled_from({**sources_with(), "meetings.yaml": MEETINGS.encode()})


@pytest.fixture
def world(version: Version) -> World:
    """On Sunday, 15 June 2025; the meeting is on Friday."""
    return World(Versions(version))


def opens(world: World, name: str = "Ana", campaign: str = f"m-{CODE}") -> list[Reply]:
    """Somebody opens the link of a campaign."""
    return world.write(name, kind="start", data={"campaign": campaign})


def presses(world: World, *choices: str, name: str = "Ana") -> list[Reply]:
    replies: list[Reply] = []
    for choice in choices:
        question = world.person(name).question
        assert question is not None
        offered = [one.value.partition(":")[2] for one in question.choices]
        assert choice in offered, f"{question.text}: {offered}"
        replies += world.press(name, choice)
    return replies


def joins(world: World, name: str = "Ana", role: str = "owner") -> list[Reply]:
    """Agrees to all, says who she is, and answers one of the two questions rightly."""
    opens(world, name)
    about_her = (role, "pe", "woman", "age_25_29")
    return presses(world, "yes", "yes", *about_her, "yes", "jokes", "day", name=name)


def at(world: World, day: str, hour: int = 12) -> None:
    """The clock goes on to a day and an hour; what is due until then happens."""
    end = int(datetime.fromisoformat(f"{day}T{hour:02}:00").replace(tzinfo=UTC).timestamp()) * SECOND
    minutes = (end - world.now) // SECOND // 60
    assert minutes > 0
    for span in _spans(minutes):
        world.pass_time(span)


def _spans(minutes: int) -> Iterator[str]:
    while minutes:
        yield f"{min(minutes, 9999)}m"
        minutes -= min(minutes, 9999)


def events(world: World, name: str = "Ana") -> list[Event]:
    """What was written about meetings and surveys since the last time."""
    person = world.person(name)
    new = person.events[person.new_events :]
    person.new_events = len(person.events)
    return [event for event in new if event.kind.startswith(KINDS)]


def told(world: World, name: str = "Ana") -> list[tuple[str, object]]:
    names = ("right", "answer", "reminder", "survey", "meeting")
    return [
        (event.kind, next(event.data[name] for name in names if name in event.data))
        for event in events(world, name)
    ]


def heard(world: World, name: str = "Ana") -> str:
    return world.person(name).replies[-1].text


# --- joining ---


def test_a_link_begins_with_the_meeting_and_the_check_follows(world: World) -> None:
    shown = opens(world)[1]
    assert shown.text.splitlines() == [
        "Selling by chat", "Friday, June 20, 2025", "• A catalogue in the chat", "• Answers that sell",
    ]  # fmt: skip
    assert shown.link is not None
    assert shown.link.url == "https://meetings.example/chat-selling"
    presses(world, "yes", "yes", "owner", "pe", "woman", "age_25_29", "yes", "jokes", "day", "yes")
    question = world.person("Ana").question
    assert question is not None
    assert question.text.startswith("Are you answering for your own")


def test_joining_says_who_comes_and_what_is_known_before(world: World) -> None:
    joins(world)
    joined, first, second = events(world)
    assert joined.data == {
        "meeting": CODE, "kind": "workshop", "role": "owner", "economy": "PE", "sex": "woman", "age": "age_25_29",
    }  # fmt: skip
    assert first.data == {"meeting": CODE, "question": 1, "when": "before", "right": False, "again": False}
    assert second.data == {"meeting": CODE, "question": 2, "when": "before", "right": True, "again": False}


def test_everything_about_her_may_be_skipped(world: World) -> None:
    opens(world)
    presses(world, "yes", "yes")
    for _ in range(4):
        world.write("Ana", "skip")
    presses(world, "no")
    world.write("Ana", "skip")
    world.write("Ana", "skip")
    (joined,) = events(world)
    assert joined.kind == "meeting_joined"
    assert {joined.data[name] for name in ("role", "economy", "sex", "age")} == {None}


@pytest.mark.parametrize("refused", [("no",), ("yes", "no")])
def test_who_is_not_counted_sees_the_meeting_and_is_asked_nothing(
    world: World, refused: tuple[str, ...]
) -> None:
    shown = opens(world)
    presses(world, *refused)
    assert "A catalogue in the chat" in shown[1].text
    assert "I ask you nothing about the meeting" in world.person("Ana").replies[-2].text
    at(world, "2026-02-01")
    assert events(world) == []


def test_who_is_in_the_middle_of_the_check_comes_to_the_meeting_and_back(world: World) -> None:
    world.write("Ana", "hello")
    presses(world, "own", "yes", "yes")
    before = world.person("Ana").state["business"]["profile"]
    opens(world)
    presses(world, "cooperative", "pe", "woman", "age_25_29", "yes", "prices", "day", "yes")
    assert world.person("Ana").state["business"]["profile"] == before
    question = world.person("Ana").question
    assert question is not None
    assert question.text.startswith("What")


def test_a_person_who_answers_a_question_again_is_counted_as_again(world: World) -> None:
    opens(world)
    presses(world, "yes", "yes", "owner", "pe", "woman", "age_25_29", "yes", "jokes")
    world.write("Ana", "back")
    presses(world, "prices")
    first, second = [event for event in events(world) if event.kind == "knowledge_answered"]
    assert (first.data["right"], first.data["again"]) == (False, False)
    assert (second.data["right"], second.data["again"]) == (True, True)


def test_a_second_scan_does_not_join_twice(world: World) -> None:
    joins(world)
    told(world)
    opens(world)
    assert heard(world).startswith("You are on the list.")
    assert told(world) == []


def test_a_language_is_chosen_before_anything_else() -> None:
    world = World(Versions(compiled_from(economy_sources())))
    (question,) = opens(world)
    assert [choice.label for choice in question.choices] == ["English", "Español"]
    replies = world.press("Ana", "en")
    assert "Selling by chat" in " ".join(reply.text for reply in replies)


@pytest.mark.parametrize("campaign", ["market-day", "m-unknown", "m-", CODE, None, 7])
def test_other_campaigns_begin_nothing(version: Version, campaign: object) -> None:
    assert invitation(version, campaign) is None


# --- the day, and after it ---


def test_who_joins_on_the_day_is_there(world: World) -> None:
    at(world, "2025-06-20", 9)
    joins(world)
    assert told(world)[:2] == [("meeting_joined", CODE), ("meeting_attended", CODE)]


def test_who_joined_before_says_on_the_day_that_she_is_there(world: World) -> None:
    joins(world)
    told(world)
    at(world, "2025-06-20", 9)
    opens(world)
    presses(world, "yes")
    world.write("Ana", "i am here")
    assert told(world) == [("meeting_attended", CODE)]


def test_from_the_evening_to_half_a_year_later(world: World) -> None:
    joins(world)
    told(world)

    # Friday at 18:00, local time.
    at(world, "2025-06-20", 17)
    assert told(world) == []
    at(world, "2025-06-20", 19)
    assert heard(world) == "Selling by chat - were you there?"
    presses(world, "yes", "yes", "prices")
    assert heard(world).startswith("How soon should an order be answered?")
    assert "Right! Pictures and prices" in [reply.text for reply in world.person("Ana").replies]
    presses(world, "week")
    world.write("Ana", choices=tuple(choice.value for choice in world.person("Ana").question.choices))  # type: ignore[union-attr]  # a question waits
    presses(world, "five", "four", "two", "four", "three", "considering", "money", "tool", "words")
    assert told(world) == [
        ("reminder_said", "meeting_after"), ("meeting_attended", CODE), ("survey_shown", "meeting_evaluation"),
        ("knowledge_answered", True), ("knowledge_answered", False),
        ("survey_answered", "catalogue"), ("survey_answered", "answers"),
        *[("survey_answered", answer) for answer in (
            "five", "four", "two", "four", "three", "considering", "money", "tool", "words",
        )],
    ]  # fmt: skip

    # Nobody who has answered is reminded; after half a year she is asked what came of it.
    at(world, "2025-12-25")
    assert heard(world).startswith("Half a year ago you were at Selling by chat.")
    presses(world, "partly", "tool")
    assert told(world) == [
        ("reminder_said", "meeting_follow_up"), ("survey_shown", "meeting_follow_up"),
        ("survey_answered", "partly"), ("survey_answered", "tool"),
    ]  # fmt: skip


def test_answers_to_an_evaluation_name_the_meeting_and_say_again(world: World) -> None:
    joins(world)
    at(world, "2025-06-20", 19)
    presses(world, "yes", "yes", "prices", "day")
    world.write("Ana", "skip")
    events(world)
    presses(world, "five")
    world.write("Ana", "back")
    presses(world, "three")
    first, second = events(world)
    assert first.data == {
        "survey": "meeting_evaluation", "question": "objectives", "answer": "five", "about": CODE, "again": False,
    }  # fmt: skip
    assert (second.data["answer"], second.data["again"]) == ("three", True)


def test_who_has_not_answered_is_reminded_once(world: World) -> None:
    joins(world)
    told(world)
    at(world, "2025-09-01")
    assert told(world) == [("reminder_said", "meeting_after"), ("reminder_said", "meeting_reminder")]
    presses(world, "yes")
    assert told(world) == [("meeting_attended", CODE), ("survey_shown", "meeting_evaluation")]


@pytest.mark.parametrize("says_so", [("no",), None])
def test_who_was_not_there_is_left_alone(world: World, says_so: tuple[str, ...] | None) -> None:
    joins(world)
    at(world, "2025-06-20", 19)
    if says_so is not None:
        presses(world, *says_so)
    else:
        at(world, "2025-06-23")
        presses(world, "absent")
    told(world)
    at(world, "2026-03-01")
    assert told(world) == []


def test_without_consent_to_reminders_she_asks_herself(world: World) -> None:
    opens(world)
    presses(world, "yes", "yes", "trainer", "pe", "man", "age_35_44", "no", "prices", "day")
    at(world, "2025-06-21")
    told(world)
    world.write("Ana", "meeting")
    presses(world, "yes", "yes")
    assert told(world) == [("meeting_attended", CODE), ("survey_shown", "meeting_evaluation")]


def test_who_joins_when_all_is_over_is_asked_at_once(world: World) -> None:
    at(world, "2025-06-22")
    opens(world)
    replies = presses(world, "yes", "yes", "official", "vn", "man", "age_45_54", "yes")
    assert replies[-1].text == "Selling by chat - were you there?"


def test_a_survey_of_yesterday_moves_the_evaluation(world: World) -> None:
    joins(world)
    state = world.person("Ana").state
    yesterday = int(datetime(2025, 6, 19, 18, tzinfo=UTC).timestamp()) * SECOND
    state["memory"] = {**state["memory"], "surveys": {"after_film": {"shown": yesterday}}}
    told(world)
    at(world, "2025-06-25")
    assert told(world) == []
    at(world, "2025-06-27")
    assert told(world) == [("reminder_said", "meeting_after")]


def test_two_meetings_are_kept_apart(version: Version) -> None:
    second = (
        MEETINGS.partition("meetings:\n")[2].replace(CODE, "next_step").replace("2025-06-20", "2025-06-23")
    )
    both = MEETINGS + second.replace("Selling by chat", "The next step")
    world = World(Versions(compiled_from({**sources_with(), "meetings.yaml": both.encode()})))
    joins(world)
    opens(world, campaign="m-next_step")
    presses(world, "owner", "prices", "day")  # where she comes from is known
    assert len([key for key in world.person("Ana").timers if key.startswith("meeting_after")]) == 2
    at(world, "2025-06-20", 19)
    assert heard(world) == "Selling by chat - were you there?"
    presses(world, "no")
    told(world)
    at(world, "2025-06-23", 19)
    assert heard(world) == "The next step - were you there?"
    presses(world, "yes", "yes")
    happened = events(world)
    assert [event.data.get("meeting") or event.data.get("about") for event in happened[1:]] == [
        "next_step"
    ] * 2


def test_a_meeting_that_is_gone_is_not_spoken_of(world: World, base: Version) -> None:
    joins(world)
    presses(world, "later")
    told(world)
    world.versions = Versions(base, {world.versions.live.structure: world.versions.live})
    at(world, "2025-06-25")
    assert told(world) == []
    world.write("Ana", "meeting")
    assert heard(world).startswith("I know of no meeting")


def test_what_is_kept_of_her_names_the_meeting(world: World) -> None:
    joins(world)
    replies = world.write("Ana", "my data")
    assert "Meetings you have joined: Selling by chat" in " ".join(reply.text for reply in replies)


# --- officials ---


def test_officials_are_asked_five_questions_and_again_a_year_later(base: Version) -> None:
    world = World(Versions(base))
    opens(world, "Ben", "officials")
    presses(world, "yes", "yes", "pe", "trial", "budget", "considering", "training", "yes", name="Ben")
    assert [(e.data["question"], e.data["answer"]) for e in events(world, "Ben")[1:]] == [
        ("economy", "pe"), ("in_programmes", "trial"), ("what_lacks", "budget"), ("will_adopt", "considering"),
        ("which_support", "training"),
    ]  # fmt: skip
    world.pass_time("366d")
    assert heard(world, "Ben").startswith("A year ago you told me")
    presses(world, "yes", "pe", "yes", name="Ben")
    assert [event.kind for event in events(world, "Ben")] == [
        "reminder_said", "survey_shown", "survey_answered", "survey_answered",
    ]  # fmt: skip


def test_an_official_who_may_not_be_counted_is_asked_nothing(base: Version) -> None:
    world = World(Versions(base))
    opens(world, "Ben", "officials")
    presses(world, "yes", "no", name="Ben")
    assert heard(world, "Ben").startswith("Good. Without that your answers cannot be counted")
    assert not world.person("Ben").state["frames"]
