"""What we send: a reply and the exact request for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.parts import parts_for
from bot.channels.whatsapp.capabilities import CAPABILITIES
from bot.channels.whatsapp.send import Template, body_of, content_of, template_body
from flows.values import ChoiceShown, Image, Link, Progress, Reply, Video
from tests.standins.whatsapp import check_message
from tests.whatsapp.replies import outgoing, question

Json = dict[str, Any]
SECTORS = ("Trade", "Food", "Crafts", "Services", "Farming", "Transport", "Building", "Health", "Tourism")
LONG = "We use it every day for orders, stock and payments"


def interactive(reply: Reply, **more: str) -> Json:
    content = content_of(reply, **more)
    assert content["type"] == "interactive", content
    found: Json = content["interactive"]
    return found


def rows(reply: Reply) -> list[Json]:
    found: list[Json] = interactive(reply)["action"]["sections"][0]["rows"]
    return found


def text(reply: Reply) -> str:
    content = content_of(reply)
    assert content["type"] == "text"
    return str(content["text"]["body"])


def test_words_go_to_her_phone_with_their_name() -> None:
    assert body_of(outgoing("hola")) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "51987654321",
        "biz_opaque_callback_data": "talk:7",
        "type": "text",
        "text": {"body": "hola", "preview_url": False},
    }


def test_who_hides_her_phone_is_reached_by_her_id() -> None:
    body = body_of(outgoing("hola", address="PE.1349", address_kind="whatsapp_id"))
    assert body["recipient"] == "PE.1349"
    assert "to" not in body


# --- choices -------------------------------------------------------------------------------------------


def test_three_short_choices_are_buttons() -> None:
    shown = interactive(question("Yes", "No", (LONG, "Every day")))
    assert shown["type"] == "button"
    assert shown["body"] == {"text": "Do you sell online?"}
    assert [button["reply"] for button in shown["action"]["buttons"]] == [
        {"id": "4:c0", "title": "Yes"},
        {"id": "4:c1", "title": "No"},
        {"id": "4:c2", "title": "Every day"},
    ]


def test_four_choices_are_a_list_with_the_whole_option_below_its_short_form() -> None:
    shown = question("Yes", "No", "Sometimes", (LONG, "Every day"))
    assert interactive(shown, list_word="Elegir")["action"]["button"] == "Elegir"
    assert rows(shown)[2:] == [
        {"id": "4:c2", "title": "Sometimes"},
        {"id": "4:c3", "title": "Every day", "description": LONG},
    ]


def test_a_label_of_24_characters_stands_in_a_list_and_not_on_a_button() -> None:
    label = "x" * 24
    assert rows(question("Yes", label))[1] == {"id": "4:c1", "title": label}


def test_a_long_list_pages_by_itself() -> None:
    more = ChoiceShown("4:+1", "More")
    first = rows(question(*SECTORS, "Other", "None", more=more))
    assert [row["title"] for row in first] == [*SECTORS, "More"]
    assert first[-1]["id"] == "4:+1"
    second = rows(question(*SECTORS, "Other", "None", more=more, page=1))
    assert [(row["id"], row["title"]) for row in second] == [
        ("4:c9", "Other"), ("4:c10", "None"), ("4:+0", "More"),
    ]  # fmt: skip


def test_a_word_too_long_for_the_button_of_a_list_is_a_sign() -> None:
    assert interactive(question(*SECTORS), list_word="x" * 21)["action"]["button"] == "☰"


NUMBERED = {
    "a_label_without_a_short_form": question("Yes", "x" * 25),
    "an_option_longer_than_a_description": question("A", "B", "C", ("x" * 73, "short")),
    "two_buttons_that_read_the_same": question(("x" * 80, "Yes"), ("y" * 80, "Yes")),
    "more_rows_than_a_list_has": question(*SECTORS, "Other", "None"),
    "a_question_longer_than_its_box": question("Yes", "No", text="x" * 1025),
    "several_may_be_chosen": question("Yes", "No", expects="many"),
    "a_payload_longer_than_an_id": question(choices=(ChoiceShown("4:" + "x" * 300, "Yes"),)),
}


@pytest.mark.parametrize("case", NUMBERED)
def test_what_fits_nowhere_is_numbered(case: str) -> None:
    reply = NUMBERED[case]
    lines = text(reply).splitlines()
    assert lines[0] == reply.text
    assert lines[1:] == [f"{at}. {choice.label}" for at, choice in enumerate(reply.choices, 1)]


def test_ranges_of_numbers_are_lettered() -> None:
    assert text(question("1 to 9 " * 5, "10 to 49", lettered=True)).splitlines()[1].startswith("A. 1 to 9")


def test_where_she_stands_is_said_in_words() -> None:
    shown = interactive(question("Yes", "No", progress=Progress(4, 9, "4 of 9")))
    assert shown["body"]["text"] == "[4 of 9]\nDo you sell online?"


# --- links, pictures, films --------------------------------------------------------------------------------


def test_a_link_is_a_button_of_its_own() -> None:
    reply = Reply("A tip.", "link", link=Link("Watch", "https://example.org/v"))
    assert interactive(reply) == {
        "type": "cta_url",
        "body": {"text": "A tip."},
        "action": {
            "name": "cta_url",
            "parameters": {"display_text": "Watch", "url": "https://example.org/v"},
        },
    }


@pytest.mark.parametrize(
    "link",
    [
        Link("x" * 21, "https://example.org/v"),
        Link("Watch", "http://127.0.0.1:8000/v"),
        Link("Watch", "http://[::1]/v"),
        Link("Watch", "http://localhost/v"),
        Link("Watch", "mailto:ana@example.org"),
    ],
)
def test_a_link_that_no_button_takes_is_words(link: Link) -> None:
    assert text(Reply("A tip.", "link", link=link)) == f"A tip.\n{link.label}: {link.url}"


def test_a_link_beside_choices_is_words_for_there_is_no_message_with_both() -> None:
    shown = interactive(question("Yes", "No", link=Link("Watch", "https://example.org/v")))
    assert shown["type"] == "button"
    assert shown["body"]["text"].endswith("\nWatch: https://example.org/v")


def test_a_picture_is_sent_by_its_id_or_its_address() -> None:
    reply = Reply("Your result", "image", image=Image("https://example.org/p.png", "A chart"))
    assert content_of(reply) == {
        "type": "image", "image": {"link": "https://example.org/p.png", "caption": "Your result"},
    }  # fmt: skip
    assert content_of(reply, media="55")["image"] == {"id": "55", "caption": "Your result"}


def test_a_picture_without_words_has_those_of_who_cannot_see_it() -> None:
    assert content_of(Reply("", "image", image=Image("picture:1", "A chart")), media="5")["image"] == {
        "id": "5", "caption": "A chart",
    }  # fmt: skip


def test_a_film_is_played_in_the_talk_and_a_page_with_a_film_is_a_link() -> None:
    film = Video("film:abc", "Photos that sell", 80, 4_000_000, "V01", "es")
    assert content_of(Reply("Look. 80 seconds.", "video", video=film), media="55") == {
        "type": "video",
        "video": {"id": "55", "caption": "Look. 80 seconds."},
    }
    assert content_of(Reply("", "video", video=film), media="55")["video"]["caption"] == "Photos that sell"
    page = Video("https://example.org/v/abc", "Photos that sell", 80, 4_000_000, "V01", "es")
    assert text(Reply("Look.", "video", video=page)) == "Look.\nPhotos that sell: https://example.org/v/abc"


def test_a_pdf_is_a_document() -> None:
    reply = Reply("The form.", "link", link=Link("Open", "https://example.org/forms/ruc.pdf?v=2"))
    assert content_of(reply) == {
        "type": "document",
        "document": {
            "link": "https://example.org/forms/ruc.pdf?v=2", "filename": "ruc.pdf", "caption": "The form.",
        },
    }  # fmt: skip


def test_a_template_is_sent_in_its_language() -> None:
    body = template_body(outgoing(), Template("your_next_step", "es"))
    assert body["template"] == {"name": "your_next_step", "language": {"code": "es"}}
    assert (body["type"], body["biz_opaque_callback_data"]) == ("template", "talk:7")


# --- nothing of ours is refused ----------------------------------------------------------------------------

LABELS = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=90)
CHOICE = st.builds(
    ChoiceShown, st.integers(0, 99).map(lambda n: f"4:{n}"), LABELS, st.text("abc", max_size=20)
)
WORDS = st.text("abc. \nñ", min_size=1, max_size=3000).filter(lambda words: bool(words.strip()))
REPLIES = st.builds(
    Reply,
    WORDS,
    st.sampled_from(["text", "question"]),
    st.just("es"),
    st.sampled_from(["one", "many", "text"]),
    st.lists(CHOICE, max_size=8, unique_by=lambda choice: choice.value).map(tuple),
    link=st.none()
    | st.builds(Link, st.text("abc", min_size=1, max_size=25), st.just("https://example.org/v")),
    progress=st.none() | st.just(Progress(4, 9, "4 of 9")),
    image=st.none(),
    video=st.none(),
)


@given(REPLIES)
def test_whatever_fits_into_parts_the_platform_takes(reply: Reply) -> None:
    for part in parts_for([reply], CAPABILITIES):
        body = body_of(outgoing(part))
        check_message(body, media={}, templates=set())
        sent = repr(body)
        assert all(repr(choice.label)[1:-1] in sent or choice.short in sent for choice in part.choices)
