"""The engine, spoken to as people speak: with typos, old buttons, back and forth."""

from __future__ import annotations

import json

import pytest

from flows.conversations import World
from flows.engine import advance
from flows.state import State, from_json, to_json
from flows.values import Inbound, Reply
from flows.version import Versions
from tests.flows.small_packs import compiled

SHOP = """
steps:
  - say: Hello!
  - ask: sells_online
    say: Do you sell on the internet?
    help: A page, a marketplace or orders by chat.
    choices:
      no: No
      sometimes: {text: "Sometimes, by chat", short: Sometimes}
      shop: {text: "Yes, in an online shop", short: Online shop}
    synonyms: {shop: [web shop, marketplace]}
  - ask: workers
    type: number
    say: How many people work with you?
    least: 0
    most: 1000
  - say: Thank you.
    id: thanks
"""


@pytest.fixture
def shop() -> World:
    return World(Versions(compiled(welcome=SHOP)))


def last(replies: list[Reply]) -> str:
    return replies[-1].text


def test_the_first_word_begins_the_opening_flow_whatever_it_is(shop: World) -> None:
    replies = shop.write("Ana", "👍")
    assert [reply.text for reply in replies] == ["Hello!", "Do you sell on the internet?"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  nO ", "no"),
        ("2", "sometimes"),
        ("b", "sometimes"),
        ("sometimes", "sometimes"),
        ("Sometimes, by chat!", "sometimes"),
        ("sometmes", "sometimes"),
        ("YES, in an online shóp", "shop"),
        ("web shop", "shop"),
        ("marketplace 😀", "shop"),
    ],
)
def test_an_answer_may_be_typed_in_many_ways(shop: World, typed: str, kept: str) -> None:
    shop.write("Ana", "hola")
    assert last(shop.write("Ana", typed)) == "How many people work with you?"
    assert shop.person("Ana").state["answers"]["sells_online"] == kept


@pytest.mark.parametrize(
    "typed", ["", " ", "👍", "9", "z", "x" * 100_000, "مرحبا", "\x00\x01", "ne", "yes no", "‮abc"]
)
def test_what_is_no_answer_gets_a_calm_sentence_and_the_question_again(shop: World, typed: str) -> None:
    shop.write("Ana", "hola")
    (reply,) = shop.write("Ana", typed)
    assert reply.text.startswith("I did not understand.")
    assert reply.text.endswith("Do you sell on the internet?")
    assert len(reply.choices) == 3
    assert shop.person("Ana").state.get("answers", {}) == {}


def test_after_three_tries_there_is_a_way_out(shop: World) -> None:
    shop.write("Ana", "hola")
    for _ in range(2):
        shop.write("Ana", "qqqq")
    assert "What shall we do?" in last(shop.write("Ana", "qqqq"))
    assert last(shop.press("Ana", "skip")) == "How many people work with you?"


@pytest.mark.parametrize(
    ("typed", "kept"), [("12", 12), ("about 12", 12), ("1.200", None), ("٣", 3), ("-1", None), ("2,5", 2.5)]
)
def test_a_number_is_read_as_shop_owners_write_it(shop: World, typed: str, kept: float | None) -> None:
    shop.write("Ana", "hola")
    shop.press("Ana", "no")
    shop.write("Ana", typed)
    assert shop.person("Ana").state["answers"].get("workers") == kept


def test_a_button_of_an_earlier_question_gets_a_polite_answer(shop: World) -> None:
    shop.write("Ana", "hola")
    old = shop.person("Ana").question
    assert old is not None
    shop.press("Ana", "no")
    (reply,) = shop.write("Ana", choice=old.choices[2].value)
    assert reply.text.startswith("That button belongs to an earlier question.")
    assert reply.text.endswith("How many people work with you?")
    assert shop.person("Ana").state["answers"]["sells_online"] == "no"


def test_a_button_stays_good_after_help_was_read(shop: World) -> None:
    shop.write("Ana", "hola")
    question = shop.person("Ana").question
    assert question is not None
    shop.write("Ana", "help")
    shop.press("Ana", "answer")
    assert last(shop.write("Ana", choice=question.choices[0].value)) == "How many people work with you?"


@pytest.mark.parametrize(
    "choice", ["", "1", ":", "1:", "1:nonsense", "x:no", "1:+9999999999", "99999999999999999999:no"]
)
def test_a_forged_button_changes_nothing(shop: World, choice: str) -> None:
    shop.write("Ana", "hola")
    shop.write("Ana", choice=choice)
    assert shop.person("Ana").state.get("answers", {}) == {}
    assert last(shop.press("Ana", "no")) == "How many people work with you?"


def test_back_asks_the_question_before_and_the_new_answer_counts(shop: World) -> None:
    shop.write("Ana", "hola")
    shop.press("Ana", "no")
    assert last(shop.write("Ana", "back")) == "Do you sell on the internet?"
    shop.press("Ana", "shop")
    assert shop.person("Ana").state["answers"]["sells_online"] == "shop"


def test_back_at_the_first_question_says_so(shop: World) -> None:
    shop.write("Ana", "hola")
    replies = shop.write("Ana", "back")
    assert replies[0].text == "There is no earlier question to go back to."
    assert last(replies).endswith("Do you sell on the internet?")


def test_skip_and_i_do_not_know_go_on(shop: World) -> None:
    shop.write("Ana", "hola")
    assert last(shop.write("Ana", "skip")) == "How many people work with you?"
    assert last(shop.write("Ana", "I don't know")) == "Thank you."


def test_help_says_what_the_question_means(shop: World) -> None:
    shop.write("Ana", "hola")
    assert shop.write("Ana", "?")[0].text == "A page, a marketplace or orders by chat."


def test_stop_for_now_and_coming_back_goes_on_where_she_was(shop: World) -> None:
    shop.write("Ana", "hola")
    shop.press("Ana", "no")
    shop.write("Ana", "stop for now")
    replies = shop.write("Ana", "hello again my friend")
    assert replies[0].text == "Good to see you again."
    assert last(replies).endswith("How many people work with you?")


def test_a_button_pressed_after_stop_for_now_is_an_answer(shop: World) -> None:
    shop.write("Ana", "hola")
    question = shop.person("Ana").question
    assert question is not None
    shop.write("Ana", "stop for now")
    assert last(shop.write("Ana", choice=question.choices[0].value)) == "How many people work with you?"


def test_a_sticker_is_answered(shop: World) -> None:
    shop.write("Ana", "hola")
    assert last(shop.write("Ana", media="sticker")).startswith("I can only read words and buttons.")


def test_the_same_delivery_five_times_has_one_effect(shop: World) -> None:
    shop.write("Ana", "hola")
    inbound = Inbound("again", text="no", seed="0" * 32)
    replies = [len(shop.deliver("Ana", inbound)) for _ in range(5)]
    assert replies == [1, 0, 0, 0, 0]


def test_the_same_inbound_on_the_same_state_decides_the_same(base: object) -> None:
    versions = Versions(compiled(welcome=SHOP))
    inbound = Inbound("1", text="hola", seed="ab" * 16)
    first = advance(versions, State(), inbound, 1)
    assert advance(versions, State(), inbound, 1) == first


def test_the_state_survives_json(world: World) -> None:
    for text in ("hola", "1", "1", "1", "business", "crafts", "3", "3", "1", "2", "2", "help"):
        world.write("Ana", text)
    state = world.person("Ana").state
    assert to_json(from_json(json.loads(json.dumps(state)))) == state


def test_ana_and_ben_do_not_mix(shop: World) -> None:
    shop.write("Ana", "hola")
    shop.write("Ben", "hi")
    shop.press("Ana", "no")
    shop.press("Ben", "shop")
    assert shop.person("Ana").state["answers"]["sells_online"] == "no"
    assert shop.person("Ben").state["answers"]["sells_online"] == "shop"


def test_a_range_of_numbers_is_lettered_so_that_a_typed_three_means_three_people(world: World) -> None:
    for text in ("hola", "1", "1", "1", "business", "crafts", "goods"):
        world.write("Ana", text)
    question = world.person("Ana").question
    assert question is not None
    assert question.lettered
    world.write("Ana", "3")
    assert world.person("Ana").state["business"]["profile"]["size"] == "two_to_four"


def test_many_choices_may_be_ticked_typed_and_an_exclusive_one_stands_alone() -> None:
    flow = """
steps:
  - ask: pay
    type: many
    say: How do customers pay you?
    choices: {cash: Cash, qr: QR code, none: {text: None of these, exclusive: true}}
  - say: Thank you.
    id: thanks
"""
    world = World(Versions(compiled(welcome=flow)))
    world.write("Ana", "hola")
    assert last(world.write("Ana", "1, 3")).startswith("I did not understand")
    world.write("Ana", "1 and 2")
    assert world.person("Ana").state["answers"]["pay"] == ["cash", "qr"]
