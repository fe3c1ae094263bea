"""Her steps: doing them, writing back what a tip asks for, going on. What people saw go wrong stays mended."""

from __future__ import annotations

from typing import Any

import pytest

from flows.conversations import World
from flows.values import Reply
from flows.version import Version, Versions

PAUSE = "31m"


def with_steps(base: Version, *gaps: str, opened: int = 0, **item: Any) -> World:
    """Ana, who has a result and a step for each gap; the first ones she has seen."""
    world = World(Versions(base))
    package = [
        {"gap": gap, "tip": 1, **({"opened": True} if place < opened else {}), **item}
        for place, gap in enumerate(gaps)
    ]
    standing = {"mode": "quick", "result": {"level": "starting"}, "package": package}
    consent = {"guidance": True, "statistics": True}
    world.person("Ana").state = {
        "language": "en", "last_inbound": world.now,
        "business": {"id": "b", "role": "own", "profile": {"role": "own"}, "standing": standing, "consent": consent},
    }  # fmt: skip
    return world


def text(replies: list[Reply]) -> str:
    return " / ".join(" ".join(reply.text.split()) for reply in replies)


def confirmed(world: World) -> list[str]:
    return [event.data["how"] for event in world.person("Ana").events if event.kind == "action_confirmed"]


# --- writing back ---------------------------------------------------------------------------------


def test_a_tip_that_asks_for_a_number_takes_a_typed_number(base: Version) -> None:
    world = with_steps(base, "records", "findable")
    (*_, question) = world.write("Ana", "next step")
    assert "two numbers" in question.text
    assert question.lettered
    assert text(world.write("Ana", "2")).endswith("Is this step done?")
    assert "Well done" in text(world.press("Ana", "yes"))
    assert confirmed(world) == ["yes"]


def test_with_a_number_tip_a_letter_chooses(base: Version) -> None:
    world = with_steps(base, "records")
    world.write("Ana", "next step")
    assert "Sort money out" in text(world.write("Ana", "c"))


def test_a_tip_that_asks_for_a_sentence_takes_it(base: Version) -> None:
    world = with_steps(base, "plan", "findable")
    world.write("Ana", "next step")
    world.write("Ana", "By the end of the month I want ten orders by message")
    assert "Good" in text(world.press("Ana", "no"))
    assert confirmed(world) == []


def test_what_she_writes_is_kept_nowhere(base: Version) -> None:
    world = with_steps(base, "plan")
    world.write("Ana", "next step")
    world.write("Ana", "My secret plan is Zanahoria")
    person = world.person("Ana")
    assert "zanahoria" not in str(person.state).lower()
    assert all("zanahoria" not in str(event).lower() for event in person.events)


def test_a_film_may_ask_for_what_another_tip_asks(base: Version) -> None:
    world = with_steps(base, "einvoice")
    world.write("Ana", "next step")
    world.press("Ana", "film")
    assert text(world.write("Ana", "in 120, out 80")).endswith("Is this step done?")


def test_a_sentence_at_another_tip_gets_a_kind_answer(base: Version) -> None:
    world = with_steps(base, "connect")
    world.write("Ana", "next step")
    said = text(world.write("Ana", "my brother has the phone this week"))
    assert said.startswith("Thank you for telling me.")
    assert "did not understand" not in said
    assert "Do this:" in said


def test_a_slip_of_the_thumb_is_no_sentence(base: Version) -> None:
    world = with_steps(base, "connect")
    world.write("Ana", "next step")
    assert text(world.write("Ana", "qqqq")).startswith("I did not understand.")


# --- done -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["done", "I did it yesterday", "done it", "finished already", "finished", "Done!"]
)
def test_done_in_a_tip_goes_on_and_counts_once(base: Version, words: str) -> None:
    world = with_steps(base, "connect", "findable")
    world.write("Ana", "next step")
    said = text(world.write("Ana", words))
    assert "Well done!" in said
    assert "Do this:" not in said
    assert "One quick question about it." in said
    world.write("Ana", "skip")
    world.write("Ana", "done")
    assert confirmed(world) == ["yes"]
    world.press("Ana", "next")
    assert "Step 2 of 2" in text(world.person("Ana").replies[-2:])


def test_ready_is_not_done(base: Version) -> None:
    world = with_steps(base, "connect")
    world.write("Ana", "next step")
    world.write("Ana", "ready?")
    assert confirmed(world) == []


def test_done_when_it_is_not_clear_asks_which_step(base: Version) -> None:
    world = with_steps(base, "connect", "findable", "pay", opened=3)
    (question,) = world.write("Ana", "done")
    assert [choice.label for choice in question.choices] == [
        "A steady connection", "Being found online", "Payments without cash",
    ]  # fmt: skip
    assert "Being found online" in text(world.write("Ana", "being found online"))
    assert [item.get("done") for item in package(world)] == [None, "yes", None]


def test_done_again_after_all_is_done_is_no_second_deed(base: Version) -> None:
    world = with_steps(base, "connect", opened=1)
    world.write("Ana", "done")
    assert "already" in text(world.write("Ana", "done"))
    assert confirmed(world) == ["yes"]


def package(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.person("Ana").state["business"]["standing"]["package"]
    return found


# --- going on -------------------------------------------------------------------------------------


def test_next_step_at_a_tip_goes_straight_to_the_next_step(base: Version) -> None:
    world = with_steps(base, "connect", "findable")
    world.write("Ana", "next step")
    said = text(world.press("Ana", "next"))
    assert said.startswith("Step 2 of 2.")


@pytest.mark.parametrize("words", ["I do not know", "does not fit"])
def test_a_tip_that_does_not_fit_is_followed_by_another(base: Version, words: str) -> None:
    world = with_steps(base, "connect")
    world.write("Ana", "next step")
    assert "stop videos" in text(world.write("Ana", words))


def test_help_at_a_tip_offers_only_what_makes_sense_there(base: Version) -> None:
    world = with_steps(base, "connect")
    world.write("Ana", "next step")
    (*_, question) = world.write("Ana", "help")
    assert [choice.value.partition(":")[2] for choice in question.choices] == ["answer", "skip"]


def test_another_tip_says_when_it_starts_over(base: Version) -> None:
    world = with_steps(base, "connect")
    world.write("Ana", "next step")
    said = [text(world.press("Ana", "other")) for _ in range(3)]
    assert [one.startswith("That was the last tip") for one in said] == [False, False, True]


@pytest.mark.parametrize(("word", "comes"), [("yes", "Step 2 of 2."), ("no", "You have your steps.")])
def test_yes_and_no_answer_whether_we_go_on(base: Version, word: str, comes: str) -> None:
    world = with_steps(base, "connect", "findable")
    world.write("Ana", "next step")
    world.press("Ana", "will_do")
    world.write("Ana", "skip")
    assert text(world.write("Ana", word)).startswith(comes)


def test_who_will_try_it_after_the_story_hears_about_done(base: Version) -> None:
    world = with_steps(base, "connect")
    world.write("Ana", "next step")
    world.press("Ana", "film")
    assert 'write "done"' in text(world.press("Ana", "will_do"))


# --- coming back ----------------------------------------------------------------------------------


def test_nobody_is_asked_about_a_step_seconds_after_it_was_given(base: Version) -> None:
    world = with_steps(base, "connect", opened=1)
    assert "Did you do it?" not in text(world.write("Ana", "hm"))


def test_after_a_pause_she_is_asked_about_the_step_that_is_open(base: Version) -> None:
    world = with_steps(base, "connect", opened=1)
    world.pass_time(PAUSE)
    assert text(world.write("Ana", "hello")).startswith("Your step was - A steady connection")
    said = world.press("Ana", "no") + world.press("Ana", "time")
    assert "this smaller step suits you better" in text(said)
    assert "stop videos" in text(said)


def test_who_takes_the_check_again_is_asked_first(base: Version) -> None:
    world = with_steps(base, "connect", opened=1)
    said = text(world.write("Ana", "check"))
    assert said.startswith("You have a result.")
    world.press("Ana", "no")
    assert [item["gap"] for item in package(world)] == ["connect"]


def test_next_step_in_the_middle_of_a_check_says_that_it_waits(base: Version) -> None:
    world = with_steps(base, "connect", opened=0)
    world.write("Ana", "check")
    world.press("Ana", "yes")
    while (world.person("Ana").state.get("assessment") or {}).get("id") is None:
        question = world.person("Ana").question
        assert question is not None
        world.write("Ana", choice=question.choices[0].value)
    assert text(world.write("Ana", "next step")).startswith("Your check waits for you.")
    assert world.write("Ana", "check")[-1].progress is not None


def test_back_after_the_result_says_what_can_be_done(base: Version) -> None:
    world = with_steps(base, "connect")
    world.write("Ana", "next step")
    assert 'Write "restart"' in text(world.write("Ana", "back"))
