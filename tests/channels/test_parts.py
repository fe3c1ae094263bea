"""One row of the outbox is one message of its platform: replies are cut and joined before they are written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.contract import Capabilities
from bot.channels.parts import cut, length, parts_for
from bot.channels.registry import CHANNELS
from flows.values import ChoiceShown, Image, Link, Progress, Reply, Video

PLATFORMS = [capabilities for capabilities in CHANNELS.values() if not capabilities.pulls]
PHONE = Capabilities(
    name="phone", text=60, buttons=3, button_label=20, rows=10, row_label=24, row_description=72,
    images=True, pulls=False, caption=20, asks=50, joins=True,
)  # fmt: skip
YES = (ChoiceShown("1:yes", "Yes"), ChoiceShown("1:no", "No"))


def question(text: str, progress: Progress | None = None) -> Reply:
    return Reply(text, "question", "en", expects="one", choices=YES, progress=progress)


def test_a_greeting_and_its_question_are_one_message() -> None:
    (one,) = parts_for([Reply("Hello."), question("Shall we?")], PHONE)
    assert (one.text, one.choices) == ("Hello.\n\nShall we?", YES)


def test_where_a_question_stands_is_said_beside_the_question() -> None:
    (one,) = parts_for([Reply("Good."), question("Next?", Progress(2, 9, "2 of 9"))], PHONE)
    assert one.text == "Good.\n\n[2 of 9]\nNext?"
    assert one.progress is None


def test_what_would_be_too_long_together_stays_apart() -> None:
    first, second = parts_for([Reply("Well done, that is a good step."), question("Shall we go on?")], PHONE)
    assert (first.kind, second.kind) == ("text", "question")


def test_a_long_text_is_cut_at_a_sentence_and_its_buttons_stay_at_the_end() -> None:
    *before, last = parts_for([question("This is the first sentence. " * 4 + "Do you agree?")], PHONE)
    assert before
    assert all(part.kind == "text" and part.text.endswith(".") for part in before)
    assert last.choices == YES


def test_words_beside_a_picture_go_before_it_when_they_are_many() -> None:
    picture = Reply("This is where your business stands.", "image", "en", image=Image("picture:1", "A net"))
    *words, shown = parts_for([picture], PHONE)
    assert shown.image == picture.image
    assert " ".join([*(part.text for part in words), shown.text]) == picture.text


def test_words_beside_a_film_go_before_it_when_they_are_many() -> None:
    platform = replace(PHONE, videos=16_000_000)
    video = Video("film:abc", "Photos", 74, 900, "V01", "en")
    film = Reply("Here is a film that shows you how it is done.", "video", "en", video=video)
    *words, shown = parts_for([Reply("Good."), film, question("And?")], platform)[:-1]
    assert shown.video == video
    assert length(shown.text) <= platform.caption
    assert " ".join([*(part.text for part in words), shown.text]).replace("\n\n", " ") == f"Good. {film.text}"


def test_a_link_is_not_joined_with_what_follows() -> None:
    link = Reply("Watch it.", "link", "en", link=Link("Watch", "https://e.org"))
    assert parts_for([link, question("And?")], PHONE) == (link, question("And?"))


def test_two_languages_are_two_messages() -> None:
    assert len(parts_for([Reply("Hello.", "text", "en"), Reply("Hola.", "text", "es")], PHONE)) == 2


def test_what_fetches_by_itself_gets_the_replies_as_they_are() -> None:
    replies = (Reply("a" * 9_000), question("?"))
    assert parts_for(replies, CHANNELS["web"]) == replies


@given(st.text(min_size=1, max_size=400), st.integers(min_value=2, max_value=80))
def test_a_cut_loses_no_word_and_every_piece_fits(text: str, room: int) -> None:
    pieces = cut(text, room)
    assert all(length(piece) <= room for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@pytest.mark.parametrize("capabilities", PLATFORMS, ids=lambda c: c.name)
@given(texts=st.lists(st.text(alphabet="ab. \n😀", min_size=1, max_size=3_000), min_size=1, max_size=5))
def test_every_part_is_within_the_limits_of_its_platform(
    capabilities: Capabilities, texts: list[str]
) -> None:
    replies = [*(Reply(text) for text in texts), question(texts[-1])]
    for part in parts_for(replies, capabilities):
        assert length(part.text) <= (capabilities.text if part.kind == "text" else capabilities.asks)
