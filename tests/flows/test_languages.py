"""The language of a conversation: told by a link, the platform or the first words, else asked; and how it is typed."""

from __future__ import annotations

import pytest

from content.problems import Report, render
from content.sources import base_sources
from flows.compiler import compile_pack
from flows.conversations import World
from flows.reader import PHRASE_ROOMS
from flows.understand import plain
from flows.values import Inbound, Reply
from flows.version import Version, Versions

VIETNAMESE = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgctxt "greeting/said"
msgid "hello"
msgstr "xin chào | chào bạn | hello | 👋 | /chao"

msgctxt "language/said"
msgid "language"
msgstr "ngôn ngữ"

msgctxt "welcome/hello/say"
msgid "Hello!"
msgstr "Chào bạn!"

msgctxt "engine/language_guessed"
msgid "I write in {language}. For another language, write \\"language\\"."
msgstr "Tôi đang viết bằng {language}. Muốn đổi tiếng khác, bạn gõ \\"ngôn ngữ\\"."
"""
GUESSED = 'Tôi đang viết bằng Tiếng Việt. Muốn đổi tiếng khác, bạn gõ "ngôn ngữ".'
ASKED = "Hello! Which language do you want to use?"


def version(languages: str, **flows: str) -> Version:
    """The base pack in these languages, with some words of Vietnamese where that is one."""
    sources = dict(base_sources())
    manifest = sources["pack.yaml"].decode().replace("languages: [en]", f"languages: [{languages}]")
    sources["pack.yaml"] = manifest.encode()
    if "vi" in languages:
        sources["po/vi.po"] = VIETNAMESE.strip().encode()
    sources |= {
        f"flows/{name}.yaml": f"schema: 1\nflow: {name}\ntitle: {name}\n{yaml}".encode()
        for name, yaml in flows.items()
    }
    report = Report()
    compiled = compile_pack(sources, report)
    assert compiled is not None, render(report.problems)
    return compiled


@pytest.fixture(scope="module")
def both() -> Version:
    return version("en, vi")


def start(both: Version, **data: str) -> tuple[World, list[Reply]]:
    world = World(Versions(both))
    return world, world.deliver("Ana", Inbound("1", "start", seed="0" * 32, data=data))


@pytest.mark.parametrize("hint", ["vi", "vi-VN", "VI", "vi_VN"])
def test_the_hint_of_a_link_or_a_platform_takes_the_place_of_the_question(both: Version, hint: str) -> None:
    world, replies = start(both, language=hint)
    texts = [reply.text for reply in replies]
    assert texts[:2] == ["Chào bạn!", GUESSED]
    assert replies[0].lang == "vi"
    assert ASKED not in " ".join(texts)
    assert world.person("Ana").state["language"] == "vi"


def test_that_the_language_was_guessed_is_said_once(both: Version) -> None:
    world, _ = start(both, language="vi")
    later = [*world.press("Ana", "own"), *world.write("Ana", "menu"), *world.write("Ana", "xin chào")]
    assert later
    assert not any(GUESSED in reply.text for reply in later)


@pytest.mark.parametrize("hint", ["", "de", "xx_YY", "vietnamese", "é" * 500])
def test_without_a_hint_that_fits_she_is_asked(both: Version, hint: str) -> None:
    world, replies = start(both, language=hint)
    assert [reply.text for reply in replies] == [ASKED]
    assert [choice.label for choice in replies[0].choices] == ["English", "Tiếng Việt"]
    assert world.press("Ana", "vi")[0].text == "Chào bạn!"


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("Xin chào!", "vi"), ("xin chao", "vi"), ("CHÀO BẠN", "vi"), ("ngôn ngữ", "vi"),
        ("good morning", "en"), ("thanks", "en"), ("menu", "en"),
        ("hello", None),  # people type it in both
        ("👋", None), ("/chao", None), ("/menu", None), ("?", None), ("", None), ("abc", None),
    ],
)  # fmt: skip
def test_first_words_that_only_one_language_has_tell_the_language(
    both: Version, words: str, language: str | None
) -> None:
    """Where Vietnamese has no list of its own, the English one does not count as one: "thanks"."""
    world = World(Versions(both))
    texts = [reply.text for reply in world.write("Ana", words)]
    assert (ASKED in texts[0]) == (language is None)
    assert world.person("Ana").state["language"] == (language or "en")


def test_a_hint_weighs_more_than_the_first_words(both: Version) -> None:
    world = World(Versions(both))
    world.write("Ana", "good morning", data={"language": "vi-VN"})
    assert world.person("Ana").state["language"] == "vi"


def test_the_language_can_be_changed_at_any_time(both: Version) -> None:
    world, _ = start(both, language="vi")
    world.write("Ana", "ngôn ngữ")
    world.press("Ana", "en")
    assert world.person("Ana").state["language"] == "en"
    world.write("Ana", "ngôn ngữ")  # the words of all languages of the pack are understood in each
    world.press("Ana", "vi")
    assert world.person("Ana").state["language"] == "vi"


def test_with_one_language_nothing_is_asked_and_nothing_said() -> None:
    alone = version("vi")
    for texts in (start(alone, language="en"), start(alone)):
        said = " ".join(reply.text for reply in texts[1])
        assert "Chào bạn!" in said
        assert GUESSED not in said
        assert ASKED not in said


def test_a_conversation_test_may_give_the_language(both: Version) -> None:
    world = World(Versions(both))
    world.person("Ana").state = {"language": "vi"}
    assert world.write("Ana", "hello")[0].text == "Chào bạn!"


def test_a_flow_that_asks_first_still_knows_the_hint() -> None:
    """The note is kept with the opening flow, not only for its first turn."""
    asks = """steps:
  - ask: ready
    say: Ready?
    choices: {yes: "Yes", no: "No"}
  - say: "known: yes"
    when: conversation.language_known
  - say: "known: no"
    when: "!conversation.language_known"
"""
    world, _ = start(version("en, vi", welcome=asks), language="vi")
    assert world.press("Ana", "yes")[0].text == "known: yes"
    world, _ = start(version("en, vi", welcome=asks))
    assert world.press("Ana", "yes")[0].text == "known: no"


def test_what_a_pack_says_in_phrases_yaml_must_have_its_form() -> None:
    sources = dict(base_sources())
    sources["phrases.yaml"] = b"schema: 1\nchanges:\n  - {change: send, set: [not, a, text]}\n"
    report = Report()
    assert compile_pack(sources, report) is None
    assert "phrases.yaml" in render(report.errors)


def test_a_pack_changes_words_of_the_page_and_of_the_engine_by_their_names() -> None:
    sources = dict(base_sources())
    sources["phrases.yaml"] = (
        b'schema: 1\nchanges:\n  - {replace: send, with: Go}\n  - {replace: progress, with: "{place}/{count}"}\n'
    )
    report = Report()
    compiled = compile_pack(sources, report)
    assert compiled is not None, render(report.problems)
    assert compiled.words.of("web/send", "en") == "Go"
    assert compiled.words.of("engine/progress", "en") == "{place}/{count}"


def test_no_name_stands_for_a_sentence_and_for_a_word_of_the_page(base: Version) -> None:
    """A change names what it changes by its name alone."""
    names = {room: {key.partition("/")[2] for key in base.texts if key.startswith(f"{room}/")}
             for room in PHRASE_ROOMS.values()}  # fmt: skip
    assert all(names.values())
    assert len(set().union(*names.values())) == sum(map(len, names.values()))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Đồng ý", "dong y"), ("dừng lại đi", "dung lai di"), ("Smørrebrød", "smorrebrod"), ("Łódź", "lodz"),
        ("ALTIN / altın", "altin / altin"), ("æble", "aeble"), ("ŒUVRE", "oeuvre"), ("Straße", "strasse"),
        ("Þór ð", "thor d"), ("ǿ", "o"), ("Pīpītanga", "pipitanga"), ("ñandú", "nandu"), ("कि", "कि"),
    ],
)  # fmt: skip
def test_letters_are_compared_as_people_type_them_without_their_signs(typed: str, meant: str) -> None:
    assert plain(typed) == meant
