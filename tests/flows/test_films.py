"""Films in the chat: what is offered, what counts as a play, and what nobody can know."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from flows.conversations import EveryFilm, World
from flows.films import FilmFacts
from flows.values import Event, Reply
from flows.version import Version, Versions

SECOND = 1_000_000
MINUTE = 60 * SECOND


class OnlyVietnamese:
    def find(self, film: str, languages: Sequence[str]) -> FilmFacts | None:
        return FilmFacts("vi", 71, 0, 0)


def world_of(version: Version, films: object = None, **memory: object) -> World:
    world = World(Versions(version, films=films or EveryFilm()))  # type: ignore[arg-type]  # a stand-in of the protocol
    item = {"gap": "findable", "tip": 1, "opened": True}
    world.person("Ana").state = {
        "language": "en", "last_inbound": world.now, "memory": memory,
        "business": {
            "id": "b",
            "standing": {"mode": "quick", "result": {"level": "starting"}, "package": [{**item, "opened": False}]},
            "consent": {"guidance": True, "statistics": True},
        },
    }  # fmt: skip
    return world


@pytest.fixture
def world(base: Version) -> World:
    world = world_of(base)
    world.write("Ana", "next step")
    return world


def told(world: World) -> list[tuple[str, object]]:
    kinds = ("film_sent", "video_opened", "video_played", "video_progress", "video_completed")
    events: list[Event] = world.person("Ana").events
    return [
        (event.kind, event.data.get("source", event.data.get("part")))
        for event in events
        if event.kind in kinds
    ]


def texts(replies: list[Reply]) -> str:
    return "\n".join(reply.text for reply in replies)


def test_the_tip_says_what_the_film_costs_before_it_is_sent(base: Version) -> None:
    (*_, tip) = world_of(base).write("Ana", "next step")
    assert tip.text.endswith("A film shows how: Let customers find you (64 seconds, 2.9 MB).")


def test_without_a_film_nothing_is_offered_and_the_words_are_read(base: Version) -> None:
    world = World(Versions(base))
    world.person("Ana").state = world_of(base).person("Ana").state
    (*_, tip) = world.write("Ana", "next step")
    assert "film" not in tip.text
    assert texts(world.press("Ana", "film")).startswith("Here is a short story")
    assert told(world) == []


def test_a_film_in_another_language_says_so_and_how_big_nobody_knows(base: Version) -> None:
    (*_, tip) = world_of(base, OnlyVietnamese()).write("Ana", "next step")
    assert tip.text.endswith("(71 seconds, size not known, in Tiếng Việt).")


def test_who_saves_data_reads_first_and_gets_the_small_film(base: Version) -> None:
    world = world_of(base, settings={"save_data": True})
    (*_, tip) = world.write("Ana", "next step")
    assert "0.6 MB" in tip.text
    assert texts(world.press("Ana", "film")).startswith("Here is a short story")
    (film, _) = world.press("Ana", "show")
    assert film.video is not None
    assert (film.video.small, film.video.bytes) == (True, 600_000)


def test_saving_data_is_set_by_plain_words_and_undone(base: Version) -> None:
    world = world_of(base)
    world.write("Ana", "less data")
    world.press("Ana", "yes")
    assert world.person("Ana").state["memory"]["settings"] == {"save_data": True}
    world.write("Ana", "save my data")
    world.press("Ana", "no")
    assert world.person("Ana").state["memory"]["settings"] == {"save_data": False}


def test_opening_is_not_playing(world: World) -> None:
    world.press("Ana", "film")
    world.watch("Ana", "V02", "opened", "opened")
    assert told(world) == [("film_sent", None), ("video_opened", "player")]


def test_one_play_in_half_an_hour(world: World) -> None:
    world.press("Ana", "film")
    world.watch("Ana", "V02", "played", "25", "played", "25", "50", "25")
    world.now += 31 * MINUTE
    world.watch("Ana", "V02", "played", "25", "completed", "completed")
    assert told(world)[1:] == [
        ("video_played", "player"), ("video_progress", 25), ("video_progress", 50),
        ("video_played", "player"), ("video_progress", 25), ("video_completed", "player"),
    ]  # fmt: skip


def test_an_end_whose_beginning_was_lost_counts_both(world: World) -> None:
    world.press("Ana", "film")
    world.watch("Ana", "V02", "completed")
    assert told(world)[1:] == [("video_played", "player"), ("video_completed", "player")]


def test_a_film_that_the_pack_does_not_have_counts_nothing(world: World) -> None:
    world.press("Ana", "film")
    assert world.watch("Ana", "V99", "opened", "played", "completed") == []
    assert told(world) == [("film_sent", None)]


def test_the_end_of_the_film_answers_the_question_whether_she_has_seen_it(world: World) -> None:
    world.press("Ana", "film")
    (question,) = world.watch("Ana", "V02", "played", "completed")
    assert question.text == "Was this film useful for you?"


def test_the_end_of_another_film_answers_nothing(world: World) -> None:
    world.press("Ana", "film")
    assert world.watch("Ana", "V05", "played", "completed") == []


def test_who_says_so_too_soon_has_played_and_nobody_knows_whether_to_the_end(world: World) -> None:
    world.press("Ana", "film")
    world.now += 20 * SECOND
    world.press("Ana", "watched")
    assert told(world)[1:] == [("video_played", "said")]


def test_who_says_so_after_most_of_it_has_seen_it(world: World) -> None:
    world.press("Ana", "film")
    world.now += 40 * SECOND
    world.press("Ana", "watched")
    assert told(world)[1:] == [("video_played", "said"), ("video_completed", "said")]


def test_who_played_it_on_our_page_is_not_counted_twice(world: World) -> None:
    world.press("Ana", "film")
    world.watch("Ana", "V02", "played")
    world.now += 50 * SECOND
    world.press("Ana", "watched")
    assert told(world)[1:] == [("video_played", "player"), ("video_completed", "said")]


def test_watching_is_a_visit_and_wakes_nobody_who_paused(world: World) -> None:
    world.press("Ana", "film")
    world.write("Ana", "stop for now")
    world.now += 45 * MINUTE
    assert world.watch("Ana", "V02", "opened", "played", "completed") == []
    visits = [event for event in world.person("Ana").events if event.kind == "visit_started"]
    assert len(visits) == 1


def test_without_consent_to_be_counted_nothing_is(base: Version) -> None:
    world = world_of(base)
    world.person("Ana").state["business"]["consent"] = {"guidance": True, "statistics": False}
    world.write("Ana", "next step")
    world.press("Ana", "film")
    world.watch("Ana", "V02", "opened", "played", "completed")
    assert world.person("Ana").events == []


def test_a_survey_is_not_asked_twice_in_seven_days(world: World) -> None:
    world.press("Ana", "film")
    world.watch("Ana", "V02", "played", "completed")
    world.press("Ana", "yes")
    world.press("Ana", "next")
    world.write("Ana", "next step")
    assert [event.kind for event in world.person("Ana").events].count("survey_shown") == 1
