"""Half a year of one business: path, reminders, measuring again. The events say exactly what happened."""

from __future__ import annotations

from typing import Any

import pytest

from flows.conversations import EveryFilm, World
from flows.values import Event, Reply
from flows.version import Version, Versions

LOWEST, HIGHER = 0, 3
# What every check writes for each question is not what these tests are about.
QUIET = {"question_answered", "profile_answered", "consent_given"}


class Ana:
    """Ana and her phone, in a world whose clock goes on only when she says so."""

    def __init__(self, version: Version) -> None:
        self.world = World(Versions(version, films=EveryFilm()))
        self.person = self.world.person("Ana")

    def writes(self, text: str) -> list[Reply]:
        return self.world.write("Ana", text)

    def presses(self, *choices: str) -> list[Reply]:
        replies: list[Reply] = []
        for choice in choices:
            question = self.person.question
            assert question is not None
            assert choice in {one.value.partition(":")[2] for one in question.choices}, question.text
            replies += self.world.press("Ana", choice)
        return replies

    def answers(self, place: int, until: str) -> None:
        """Gives every question the answer at this place, until one offers a choice."""
        for _ in range(80):
            question = self.person.question
            assert question is not None
            if not self.person.state.get("waiting"):
                return
            offered = [one.value for one in question.choices]
            if until in {value.partition(":")[2] for value in offered}:
                return
            self.world.write("Ana", choice=offered[min(place, len(offered) - 1)])
        raise AssertionError(f"{until} was never offered")

    def waits(self, span: str) -> list[Reply]:
        before = len(self.person.replies)
        self.world.pass_time(span)
        return self.person.replies[before:]

    def happened(self) -> list[tuple[str, Any]]:
        """What was written since the last time, each event with the value that tells most."""
        new = self.person.events[self.person.new_events :]
        self.person.new_events = len(self.person.events)
        return [_told(event) for event in new if event.kind not in QUIET]

    @property
    def film(self) -> str:
        return next(reply.video.film for reply in reversed(self.person.replies) if reply.video)


def _told(event: Event) -> tuple[str, Any]:
    names = ("cycle", "how", "barrier", "reminder", "survey", "film", "mode", "gap", "part")
    return event.kind, next((event.data[name] for name in names if name in event.data), None)


@pytest.fixture
def ana(base: Version) -> Ana:
    """She has taken both checks with the lowest answers, and wants to be reminded."""
    ana = Ana(base)
    ana.writes("hello")
    ana.answers(LOWEST, until="film")
    ana.presses("next", "next", "next", "yes", "later", "now")
    ana.answers(LOWEST, until="film")
    ana.happened()
    return ana


def test_a_film_is_sent_watched_and_followed_by_a_question(ana: Ana) -> None:
    (film, question) = ana.presses("film")
    assert (film.kind, question.text) == ("video", "Tell me when you have seen it.")
    assert film.video is not None
    assert film.video.bytes == 2_900_000
    ana.world.watch("Ana", ana.film, "opened", "played", "25", "50", "75")
    ana.world.now += 60_000_000
    (asked,) = ana.world.watch("Ana", ana.film, "100", "completed")
    assert asked.text == "Was this film useful for you?"
    ana.presses("yes", "will_do")
    assert ana.happened() == [
        ("film_sent", "V02"), ("video_opened", "V02"), ("video_played", "V02"),
        *[("video_progress", "V02")] * 4, ("video_completed", "V02"),
        ("survey_shown", "after_film"), ("survey_answered", "after_film"), ("action_promised", "findable"),
    ]  # fmt: skip


def test_half_a_year(ana: Ana) -> None:
    ana.presses("next", "next", "next")
    assert ana.happened() == [("item_opened", "accounts"), ("item_opened", "devices")]

    # Two days later, in the morning: she did a part, and it does not fit her.
    (asked,) = ana.waits("3d")
    assert asked.text.endswith("Did you do it?")
    ana.presses("partly", "fit")
    assert ana.happened() == [
        ("reminder_said", "did_you_do_it"), ("visit_started", None), ("action_confirmed", "partly"),
        ("barrier_told", "fit"), ("item_put_aside", "devices"), ("item_assigned", "reply"), ("item_opened", "reply"),
    ]  # fmt: skip

    # Five days later: done. She would rather not tell a story of it.
    ana.waits("6d")
    ana.presses("yes", "no")
    assert ana.happened() == [
        ("reminder_said", "did_you_do_it"), ("visit_started", None), ("action_confirmed", "yes"),
    ]  # fmt: skip

    # Nobody answers the next reminder; after 30 days the questions of the steps are asked again.
    (reminded, *_, month) = ana.waits("25d")
    assert reminded.text.endswith("Did you do it?")
    assert month.text.startswith("A month has passed since your check. 3 short questions")
    ana.presses("yes")
    ana.answers(HIGHER, until="five")
    picture = next(reply.image for reply in ana.person.replies if reply.image and "now" in reply.text)
    assert "Being found and talking to customers: 0 before, 75 now" in picture.alt
    assert ana.happened() == [
        ("reminder_said", "did_you_do_it"), ("reminder_said", "follow_up"), ("visit_started", None),
        ("diagnostic_started", "follow_up"), ("reassessed", "30d"), ("survey_shown", "after_package"),
    ]  # fmt: skip

    # New steps, of which nothing was in the first package.
    before = {"findable", "accounts", "devices", "reply"}
    ana.presses("five", "customers", "yes")
    assigned = [gap for kind, gap in ana.happened() if kind == "item_assigned"]
    assert len(assigned) == 3
    assert not before & set(assigned)

    # After 90 days the full check once more: T1, matched item by item against T0.
    replies = ana.waits("62d")
    assert "Three months ago you took the full check." in " ".join(reply.text for reply in replies)
    ana.presses("yes")
    ana.answers(HIGHER, until="more")
    ana.presses("more", "more", "less")
    happened = ana.happened()
    assert [entry for entry in happened if entry[0] == "reassessed"] == [("reassessed", "T1")]
    assert happened.count(("survey_shown", "business_change")) == 1
    assert happened.count(("survey_answered", "business_change")) == 3
    t1 = next(event for event in ana.person.events if event.data.get("cycle") == "T1")
    assert (t1.data["asked"], t1.data["matched"], t1.data["better"]) == (
        26,
        24,
        24,
    )  # two were not asked at first
    assert (t1.data["before"], t1.data["worse"]) == (0.0, 0)
    assert t1.data["after"] == pytest.approx(75.0)
    assert (t1.data["level_before"], t1.data["level_after"]) == ("starting", "leading")

    # After 180 days T2, against the same T0, and nothing after that.
    ana.waits("90d")
    assert ("reminder_said", "sixth_month") in ana.happened()
    ana.presses("yes")
    ana.answers(LOWEST, until="film")
    t2 = next(event for event in ana.person.events if event.data.get("cycle") == "T2")
    assert (t2.data["before"], t2.data["after"], t2.data["better"]) == (0.0, 0.0, 0)
    assert {"third_month", "sixth_month", "follow_up"}.isdisjoint(ana.person.timers)


def test_what_was_promised_is_asked_for_once(ana: Ana) -> None:
    ana.presses("next", "next", "next")
    asked = [reply for reply in ana.waits("25d") if reply.text.endswith("Did you do it?")]
    assert len(asked) == 1


def test_who_said_stop_hears_nothing_for_half_a_year(ana: Ana) -> None:
    ana.presses("next", "next", "next")
    ana.waits("3d")
    ana.writes("stop")
    assert ana.waits("200d") == []
    stopped = next(event for event in ana.person.events if event.kind == "opted_out")
    assert stopped.data == {"after": "did_you_do_it"}
