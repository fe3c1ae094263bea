"""In the middle of a question: menus and greetings are left as easily as they are entered."""

from __future__ import annotations

import pytest

from flows.conversations import World
from flows.values import Reply
from flows.version import Version, Versions
from tests.flows.small_packs import compiled

SHOP = """
steps:
  - ask: sells_online
    say: Do you sell on the internet?
    choices: {never: Not yet, sometimes: "Sometimes, by chat", shop: In an online shop}
    synonyms: {shop: [web shop]}
  - ask: pays
    say: How do people pay you?
    choices: {cash: In cash, card: By card}
"""


@pytest.fixture
def shop() -> World:
    world = World(Versions(compiled(welcome=SHOP)))
    world.write("Ana", "hola")
    return world


def last(replies: list[Reply]) -> str:
    return replies[-1].text


def lost(world: World) -> None:
    for _ in range(3):
        world.write("Ana", "qqqq")
    assert "What shall we do?" in world.person("Ana").replies[-1].text


@pytest.mark.parametrize("answer", ["In an online shop", "web shop", "not yet"])
@pytest.mark.parametrize("aside", ["menu", "help", "lost"])
def test_the_words_of_the_question_behind_answer_it(shop: World, aside: str, answer: str) -> None:
    if aside == "lost":
        lost(shop)
    else:
        shop.write("Ana", aside)
    assert last(shop.write("Ana", answer)) == "How do people pay you?"


def test_the_button_of_the_question_behind_answers_it(shop: World) -> None:
    question = shop.person("Ana").question
    assert question is not None
    shop.write("Ana", "menu")
    assert last(shop.write("Ana", choice=question.choices[2].value)) == "How do people pay you?"
    assert shop.person("Ana").state["answers"]["sells_online"] == "shop"


def test_a_bare_number_means_the_menu(shop: World) -> None:
    shop.write("Ana", "menu")
    shop.write("Ana", "8")
    assert "sells_online" not in shop.person("Ana").state.get("answers", {})


def test_who_is_lost_twice_is_back_at_the_question(shop: World) -> None:
    lost(shop)
    assert (
        last(shop.write("Ana", "qqqq"))
        == "No problem. Here is the question once more:\n\nDo you sell on the internet?"
    )
    assert last(shop.write("Ana", "2")) == "How do people pay you?"


def test_a_menu_is_left_after_two_misses(shop: World) -> None:
    shop.write("Ana", "menu")
    assert last(shop.write("Ana", "qqqq")).endswith("What would you like to do?")
    assert last(shop.write("Ana", "qqqq")).endswith("Do you sell on the internet?")


def test_a_negative_number_opens_nothing_in_a_menu(shop: World) -> None:
    shop.write("Ana", "menu")
    assert last(shop.write("Ana", "-3")).endswith("What would you like to do?")


@pytest.mark.parametrize("words", ["hello", "helo", "hi", "good morning", "Hey!"])
def test_a_greeting_is_greeted_and_the_question_waits(shop: World, words: str) -> None:
    said = [reply.text for reply in shop.write("Ana", words)]
    assert said == ["Hello!", "Back to the question:\n\nDo you sell on the internet?"]


def test_after_bye_and_hi_we_go_on_where_she_was(shop: World) -> None:
    shop.write("Ana", "bye")
    assert last(shop.write("Ana", "hi")).endswith("Do you sell on the internet?")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("who are you", "I am Pasito"),
        ("what is this", "I am Pasito"),
        ("is it free", "It costs nothing"),
        ("how does this work", "I am Pasito"),
        ("thanks", "You are welcome."),
        ("call me", "A person can be reached here"),
    ],
)
def test_a_question_about_us_is_answered_and_the_question_waits(shop: World, words: str, said: str) -> None:
    answer, question = shop.write("Ana", words)
    assert said in answer.text
    assert question.text.endswith("Do you sell on the internet?")


@pytest.mark.parametrize("words", ["quit", "exit", "I want to stop"])
def test_who_wants_to_leave_may_leave(shop: World, words: str) -> None:
    assert "go on where we are" in last(shop.write("Ana", words))


def test_phone_may_be_an_answer(shop: World) -> None:
    assert not any("A person can be reached" in reply.text for reply in shop.write("Ana", "phone"))


def test_an_aside_that_goes_over_to_another_keeps_the_buttons_of_the_question_good(shop: World) -> None:
    question = shop.person("Ana").question
    assert question is not None
    shop.write("Ana", "menu")
    assert last(shop.press("Ana", "human")).startswith("Back to the question:")
    assert last(shop.write("Ana", choice=question.choices[0].value)) == "How do people pay you?"


def test_words_that_were_edited_change_no_answer(base: Version) -> None:
    world = World(Versions(base))
    world.write("Ana", "hi")
    (reply,) = world.write("Ana", media="edited")
    assert reply.text.startswith('I read only new messages. To change an answer, write "back".')
