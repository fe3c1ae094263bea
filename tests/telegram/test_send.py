"""From replies to the exact requests that show them."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import constants

from bot.channels.telegram.capabilities import CAPABILITIES, LIMITS, VALUE_BYTES
from bot.channels.telegram.send import SIDE_BY_SIDE, message_of
from flows.values import ChoiceShown, Image, Link, Progress, Reply, Video

Json = dict[str, Any]
NO_PREVIEW = {"link_preview_options": {"is_disabled": True}}


def asked(*labels: str, **more: Any) -> Reply:
    choices = tuple(ChoiceShown(f"7:c{n}", label) for n, label in enumerate(labels))
    return Reply("Which?", "question", expects=more.pop("expects", "one"), choices=choices, **more)


def rows_of(reply: Reply) -> list[list[str]]:
    keyboard = message_of(reply, "7001").body.get("reply_markup", {}).get("inline_keyboard", [])
    return [[button["text"] for button in row] for row in keyboard]


@pytest.mark.parametrize(
    ("reply", "method", "body"),
    [
        (Reply("*Hello* <b>"), "sendMessage", {"text": "*Hello* <b>", **NO_PREVIEW}),
        (
            Reply("How many?", "question", expects="number", progress=Progress(4, 9, "4 of 9")),
            "sendMessage",
            {"text": "[4 of 9]\nHow many?", **NO_PREVIEW},
        ),
        (
            asked("Yes", "No"),
            "sendMessage",
            {
                "text": "Which?",
                "reply_markup": {
                    "inline_keyboard": [
                        [{"text": "Yes", "callback_data": "7:c0"}, {"text": "No", "callback_data": "7:c1"}]
                    ]
                },
                **NO_PREVIEW,
            },
        ),
        (
            Reply("More", "link", link=Link("Read it", "https://example.org/a")),
            "sendMessage",
            {
                "text": "More",
                "reply_markup": {"inline_keyboard": [[{"text": "Read it", "url": "https://example.org/a"}]]},
                **NO_PREVIEW,
            },
        ),
        (
            Reply("See", "video", video=Video("https://example.org/v/1", "The stall", 60, 900)),
            "sendMessage",
            {
                "text": "See",
                "reply_markup": {
                    "inline_keyboard": [[{"text": "▶ The stall", "url": "https://example.org/v/1"}]]
                },
                **NO_PREVIEW,
            },
        ),
        (
            Reply("", "image", image=Image("https://example.org/a.png", "A net")),
            "sendPhoto",
            {"photo": "https://example.org/a.png"},
        ),
    ],
)  # fmt: skip
def test_a_reply_and_its_request(reply: Reply, method: str, body: Json) -> None:
    message = message_of(reply, "7001")
    assert (message.method, message.picture) == (method, None)
    assert message.body == {"chat_id": "7001", **body}


@pytest.mark.parametrize(("small", "size"), [(False, (720, 900)), (True, (360, 450))])
def test_a_film_of_ours_is_shown_itself(small: bool, size: tuple[int, int]) -> None:
    film = Video("film:abc", "The stall", 60, 900, "V01", "en", small)
    message = message_of(Reply("See. 60 seconds.", "video", video=film), "7001")
    assert (message.method, message.film) == ("sendVideo", film)
    assert message.body == {
        "chat_id": "7001",
        "caption": "See. 60 seconds.",
        "duration": 60,
        "width": size[0],
        "height": size[1],
        "supports_streaming": True,
    }


def test_a_film_without_words_has_its_title() -> None:
    film = Video("film:abc", "The stall", 60, 900, "V01", "en")
    assert message_of(Reply("", "video", video=film), "7001").body["caption"] == "The stall"


def test_a_picture_of_ours_is_uploaded() -> None:
    message = message_of(Reply("Your result", "image", image=Image("picture:abc", "A net")), "7001")
    assert (message.method, message.picture) == ("sendPhoto", "abc")
    assert message.body == {"chat_id": "7001", "caption": "Your result"}


@pytest.mark.parametrize(
    "url", ["tel:+51999", "http://localhost:8000/v/1", "/v/1", "http://[", "javascript:alert(1)"]
)
def test_an_address_that_no_button_takes_stands_in_the_text(url: str) -> None:
    body = message_of(Reply("Call", "link", link=Link("Adviser", url)), "7001").body
    assert body["text"] == f"Call\nAdviser: {url}"
    assert "reply_markup" not in body


def test_longer_answers_stand_one_below_the_other() -> None:
    assert rows_of(asked("More customers", "Saving time")) == [["More customers"], ["Saving time"]]


def test_four_short_answers_stand_one_below_the_other() -> None:
    assert len(rows_of(asked("a", "b", "c", "d"))) == 4


def test_labels_too_long_for_a_button_stand_in_the_text() -> None:
    reply = Reply(
        "For whom?",
        "question",
        expects="one",
        choices=(
            ChoiceShown("7:own", "For my own business or idea"),
            ChoiceShown("7:member", "For a group or cooperative that I belong to", "My group"),
            ChoiceShown("7:help", "I help somebody else with their business"),
        ),
    )
    assert message_of(reply, "7001").body["text"].splitlines() == [
        "For whom?",
        "1. For my own business or idea",
        "2. For a group or cooperative that I belong to",
        "3. I help somebody else with their business",
    ]
    assert rows_of(reply) == [["1. For my own business or idea"], ["2. My group"], ["3"]]


def test_ranges_of_numbers_keep_their_letters() -> None:
    reply = asked("Only me", "From two to four people, counting those who help", lettered=True)
    assert rows_of(reply) == [["A. Only me", "B"]]


def test_a_value_too_long_for_a_button_makes_numbered_text() -> None:
    """Bytes count, not characters."""
    reply = Reply("Which?", "question", expects="one", choices=(ChoiceShown("7:" + "ñ" * 32, "Yes"),))
    message = message_of(reply, "7001")
    assert message.body["text"] == "Which?\n1. Yes"
    assert "reply_markup" not in message.body


def test_several_answers_are_typed() -> None:
    reply = asked("Phone", "Laptop", expects="many")
    assert message_of(reply, "7001").body["text"] == "Which?\n1. Phone\n2. Laptop"
    assert rows_of(reply) == []


def test_a_long_list_pages() -> None:
    reply = asked(*(f"Choice {n}" for n in range(13)), more=ChoiceShown("7:+1", "More …"))
    assert [row[0] for row in rows_of(reply)] == [*(f"Choice {n}" for n in range(11)), "More …"]


def test_every_message_has_words() -> None:
    assert message_of(Reply("", "link", link=Link("Read", "https://example.org")), "1").body["text"] == "Read"
    assert message_of(Reply(""), "1").body["text"] == "…"


def test_what_we_believe_of_telegram_is_what_its_library_says() -> None:
    assert CAPABILITIES.text == CAPABILITIES.asks == constants.MessageLimit.MAX_TEXT_LENGTH
    assert CAPABILITIES.caption == constants.MessageLimit.CAPTION_LENGTH
    assert CAPABILITIES.videos == constants.FileSizeLimit.FILESIZE_UPLOAD
    assert CAPABILITIES.buttons == constants.InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER
    assert SIDE_BY_SIDE <= constants.InlineKeyboardMarkupLimit.BUTTONS_PER_ROW
    assert VALUE_BYTES == constants.InlineKeyboardButtonLimit.MAX_CALLBACK_DATA
    assert LIMITS.account_every >= 1 / constants.FloodLimit.MESSAGES_PER_SECOND
    assert LIMITS.account_burst < constants.FloodLimit.MESSAGES_PER_SECOND
    assert LIMITS.person_every >= 1 / constants.FloodLimit.MESSAGES_PER_SECOND_PER_CHAT
