"""Choices on a channel that shows few of them, or nothing but text."""

from __future__ import annotations

import pytest

from bot.channels.contract import as_text, page_of
from content.problems import Report
from content.sources import base_sources
from flows.compiler import compile_pack
from flows.conversations import World
from flows.values import ChoiceShown, Image, Link, Progress, Reply, Video
from flows.version import Versions

ROWS = 10  # of a list on the tightest channel


def question(count: int, page: int = 0) -> Reply:
    choices = tuple(ChoiceShown(f"7:c{n}", f"Choice {n}") for n in range(count))
    return Reply(
        "Which?", "question", expects="one", choices=choices, page=page, more=ChoiceShown("7:+1", "More …")
    )


@pytest.mark.parametrize("count", [1, 9, 10])
def test_what_fits_stands_on_one_page(count: int) -> None:
    page = page_of(question(count), ROWS)
    assert len(page.choices) == count
    assert page.more is None


@pytest.mark.parametrize("count", [11, 18, 19, 40])
def test_a_longer_list_pages_and_shows_every_choice_once(count: int) -> None:
    shown: list[str] = []
    reply = question(count)
    page = page_of(reply, ROWS)
    while True:
        shown += [choice.value for choice in page.choices]
        assert len(page.choices) + 1 <= ROWS
        assert page.more is not None
        number = int(page.more.value.partition("+")[2])
        if number == 0:
            break
        page = page_of(question(count, number), ROWS)
    assert shown == [f"7:c{n}" for n in range(count)]


def test_the_eleven_sectors_are_reached_by_more() -> None:
    version = compile_pack(base_sources(), Report())
    assert version is not None
    world = World(Versions(version), channel="whatsapp")
    for text in ("hola", "1", "1", "1", "1"):
        world.write("Ana", text)
    asked = world.person("Ana").question
    assert asked is not None
    first = page_of(asked, ROWS)
    assert len(first.choices) == 9
    assert first.more is not None
    (again,) = world.write("Ana", choice=first.more.value)
    second = page_of(again, ROWS)
    assert [choice.label for choice in second.choices] == [
        "Hair, repair, cleaning, building",
        "Something else",
    ]
    world.write("Ana", choice=second.choices[1].value)
    assert world.person("Ana").state["business"]["profile"]["sector"] == "other"


def test_a_reply_as_text_says_everything() -> None:
    reply = Reply(
        "Where?", "question", expects="one", choices=(ChoiceShown("1:a", "Here"), ChoiceShown("1:b", "There")),
        progress=Progress(4, 9, "4 of 9"), link=Link("More", "https://example.org"), image=Image("picture:x", "A net"),
    )  # fmt: skip
    assert as_text(reply) == "[4 of 9]\nWhere?\n1. Here\n2. There\nMore: https://example.org\nA net"


@pytest.mark.parametrize(("size", "facts"), [(612_000, "64 s, 0.6 MB"), (9_000, "64 s, 0.1 MB"), (0, "64 s")])
def test_a_film_as_text_says_what_it_costs(size: int, facts: str) -> None:
    reply = Reply("Two minutes.", "video", video=Video("film:abc", "What to sell", 64, size))
    assert as_text(reply) == f"Two minutes.\nWhat to sell ({facts}): /v/abc"


def test_ranges_of_numbers_have_letters() -> None:
    reply = Reply(
        "How many?",
        "question",
        choices=(ChoiceShown("1:a", "Only me"), ChoiceShown("1:b", "2 to 4")),
        lettered=True,
    )
    assert as_text(reply).endswith("A. Only me\nB. 2 to 4")
