"""One account for a region: the first question leads to the programme of her own economy."""

from __future__ import annotations

import pytest

from content.problems import Report
from flows.compiler import compile_pack
from flows.conversations import World
from flows.values import Reply
from flows.version import Version, Versions
from tests.flows.small_packs import compiled_from, economy_sources


@pytest.fixture(scope="module")
def region() -> Version:
    return compiled_from(economy_sources(opening="hand_over"))


def told(version: Version, choice: str, channel: str = "web") -> Reply:
    world = World(Versions(version), channel)
    (asked,) = world.write("Ana", "hello")
    assert [choice.label for choice in asked.choices] == ["Peru", "Viet Nam"]
    return world.press("Ana", choice)[0]


@pytest.mark.parametrize(
    ("choice", "channel", "url"),
    [
        ("pe", "web", "https://pe.example"),
        ("pe", "telegram", "https://t.me/pe_bot"),
        ("pe", "whatsapp", "https://pe.example"),  # it has no account there, but a page
        ("vn", "web", "https://t.me/vn_bot"),
    ],
)
def test_she_is_led_to_the_account_of_her_programme(
    region: Version, choice: str, channel: str, url: str
) -> None:
    reply = told(region, choice, channel)
    assert reply.link is not None
    assert (reply.kind, reply.link.url, reply.link.label) == ("link", url, "Begin there")


def test_the_programme_is_named(region: Version) -> None:
    assert told(region, "vn").text == "Your assistant is here: Viet Nam. Press the button, and we begin."


def test_she_may_type_the_name_of_her_economy(region: Version) -> None:
    world = World(Versions(region))
    world.write("Ana", "hello")
    assert "Peru" in world.write("Ana", "peru!")[0].text


def test_nothing_goes_along(region: Version) -> None:
    world = World(Versions(region))
    world.write("Ana", "hello")
    world.press("Ana", "pe")
    person = world.person("Ana")
    assert not person.state.get("business")
    assert not person.events


def problems(sources: dict[str, bytes]) -> list[tuple[str, str]]:
    report = Report()
    compile_pack(sources, report)
    return [(problem.code, problem.place.file) for problem in report.problems]


def test_a_pack_that_opens_with_it_names_programmes() -> None:
    sources = economy_sources(opening="hand_over")
    text = sources["pack.yaml"].decode()
    sources["pack.yaml"] = text[: text.index("programmes:")].encode()
    assert ("PACK-010", "pack.yaml") in problems(sources)
    assert "PACK-010" not in [code for code, _ in problems(economy_sources(opening="hand_over"))]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("https://pe.example", "http://pe.example", "SHAPE-003"),
        ("telegram: https://t.me/vn_bot", "telegrm: https://t.me/vn_bot", "SHAPE-004"),
        ("{telegram: https://t.me/vn_bot}", "{}", "SHAPE-006"),
        ("name: Viet Nam", "name: The Socialist Republic of Viet Nam", "TEXT-001"),
    ],
)
def test_what_an_author_of_programmes_is_told(old: str, new: str, code: str) -> None:
    sources = economy_sources(opening="hand_over")
    assert old.encode() in sources["pack.yaml"]
    sources["pack.yaml"] = sources["pack.yaml"].replace(old.encode(), new.encode())
    assert (code, "pack.yaml") in problems(sources)
