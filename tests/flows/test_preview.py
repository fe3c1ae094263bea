"""What is gathered for those who read a pack before people do."""

from __future__ import annotations

import pytest

from content.problems import Report, render
from content.words import SHORT
from flows.compiler import compile_pack
from flows.preview import Message, Reader, boxes, chapters, messages_of, transcripts
from flows.version import Flow, Version
from tests.flows.small_packs import compiled, sources_with

SHOP = """
steps:
  - say: Hello. Your level is {result.level}, asks {authority.name}.
    id: hello
    link: {label: Read more, url: "https://example.org/shop"}
  - ask: sells_online
    say: Do you sell on the internet?
    help: A page or a marketplace.
    choices: {no: No, shop: "Yes, in an online shop"}
    synonyms: {shop: [web shop]}
  - branch:
      - if: answers.sells_online == "no"
        then:
          - branch:
              - if: todo.left > 0
                then: [{say: Deep inside., id: deep}]
              - else: []
      - else: [{go: hello}]
  - say: Behind.
    id: behind
""".replace('shop: "Yes, in an online shop"}', 'shop: {text: "Yes, in an online shop", short: Online shop}}')

SPANISH = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgctxt "shop/sells_online/say"
msgid "Do you sell on the internet?"
msgstr "¿Vende por internet?"

msgctxt "shop/behind/say"
msgid "Behind."
msgstr "Detrás."
"""

TALK = """
schema: 1
test_cases:
  - test_case: Ana says hello
    steps:
      - user: "  hola "
      - choose: own
      - after: 2d
      - as: Ben
      - user: hello
  - test_case: Ben expects what is never said
    given: {channel: whatsapp}
    steps:
      - user: hola
      - bot: "This is not what we say"
"""


@pytest.fixture(scope="module")
def shop() -> Version:
    return compiled(shop=SHOP)


@pytest.fixture(scope="module")
def half_spanish() -> Version:
    sources = sources_with(shop=SHOP) | {"po/es.po": SPANISH.lstrip().encode()}
    sources["pack.yaml"] = sources["pack.yaml"].replace(b"languages: [en]", b"languages: [en, es]")
    return _compiled(sources)


def _compiled(sources: dict[str, bytes]) -> Version:
    report = Report()
    version = compile_pack(sources, report)
    assert version is not None, render(report.problems)
    return version


def _messages(version: Version, flow: str) -> dict[str, Message]:
    found = (
        message for at in version.flows[flow].instructions if at.id for message in messages_of(version, at)
    )
    return {message.id: message for message in found}


def test_no_text_of_the_pack_is_forgotten(base: Version) -> None:
    sections = [section for chapter in chapters(base) for section in chapter.sections]
    shown = {key for section in sections for key in section.words}
    shown |= {key for section in sections for message in section.messages for key in message.keys}
    assert {key for key in base.texts if key not in shown and key.partition("#")[0] not in shown} == set()
    assert shown <= set(base.texts)


def test_no_two_messages_and_no_two_sections_have_the_same_name(base: Version) -> None:
    sections = [section for chapter in chapters(base) for section in chapter.sections]
    ids = [message.id for section in sections for message in section.messages]
    assert len(set(ids)) == len(ids)
    assert len({section.id for section in sections}) == len(sections)


def test_every_message_of_the_base_pack_can_be_heard(base: Version) -> None:
    reader = Reader(base, "en", "web")
    silent = {
        message.id
        for chapter in chapters(base)
        for section in chapter.sections
        for message in section.messages
        if not reader.hear(message)
    }
    assert silent == set()


def test_what_depends_on_the_person_stays_in_braces(shop: Version) -> None:
    (reply,) = Reader(shop, "en", "web").hear(_messages(shop, "shop")["shop/hello/say"])
    assert reply.text == f"Hello. Your level is {{result.level}}, asks {shop.pack.authority.name}."


def test_a_link_is_below_its_message(shop: Version) -> None:
    message = _messages(shop, "shop")["shop/hello/say"]
    (reply,) = Reader(shop, "en", "web").hear(message)
    assert reply.link is not None
    assert (reply.link.label, reply.link.url) == ("Read more", "https://example.org/shop")
    assert message.keys == ("shop/hello/say", "shop/hello/link", "shop/hello/url")


def test_a_question_has_its_choices_and_its_help_stands_apart(shop: Version) -> None:
    found = _messages(shop, "shop")
    reader = Reader(shop, "en", "web")
    (question,) = reader.hear(found["shop/sells_online/say"])
    assert [choice.label for choice in question.choices] == ["No", "Yes, in an online shop"]
    assert question.choices[1].short == "Online shop"
    (help_,) = reader.hear(found["shop/sells_online/help"])
    assert help_.text == "A page or a marketplace."
    assert found["shop/sells_online/help"].what == "When somebody asks for help"


def test_a_message_that_is_half_translated_is_heard_in_the_source(half_spanish: Version) -> None:
    found, reader = _messages(half_spanish, "shop"), Reader(half_spanish, "es", "web")
    (question,) = reader.hear(found["shop/sells_online/say"])
    assert (question.lang, question.text) == ("en", "Do you sell on the internet?")
    (behind,) = reader.hear(found["shop/behind/say"])
    assert (behind.lang, behind.text) == ("es", "Detrás.")


def test_a_group_is_asked_in_its_own_words(base: Version) -> None:
    question = next(q for q in base.questions.values() if q.has_group)
    (section,) = (s for c in chapters(base) for s in c.sections if s.id == f"bank/{question.id}")
    group = next(message for message in section.messages if message.what == "To a group")
    (reply,) = Reader(base, "en", "web").hear(group)
    assert reply.text.startswith(base.words.of(f"bank/{question.id}/ask@group", "en"))
    (alone,) = Reader(base, "en", "web").hear(section.messages[0])
    assert alone.text.startswith(base.words.of(f"bank/{question.id}/ask", "en"))


def test_what_people_type_and_short_forms_stand_among_the_words(shop: Version) -> None:
    (section,) = (s for c in chapters(shop) for s in c.sections if s.id == "shop")
    assert section.words == ("shop/sells_online/synonyms/shop",)
    assert f"shop/sells_online/choices/shop{SHORT}" in shop.texts


def test_a_flow_is_drawn_as_nested_boxes(shop: Version) -> None:
    hello, ask, branch, behind = boxes(_flow(shop))
    assert [box.at.id for box in (hello, ask, behind)] == ["hello", "sells_online", "behind"]
    first, otherwise = branch.ways
    assert (first.condition, otherwise.condition) == ('answers.sells_online == "no"', None)
    (inner,) = first.boxes
    assert [box.at.id for box in inner.ways[0].boxes] == ["deep"]
    assert inner.ways[1].boxes == []
    assert [box.at.step.kind for box in otherwise.boxes] == ["go"]


def _flow(version: Version) -> Flow:
    return version.flows["shop"]


def test_a_transcript_has_what_everybody_said_in_order() -> None:
    sources = {path: text for path, text in sources_with().items() if not path.startswith("tests/")}
    ana, ben = transcripts(_compiled(sources | {"tests/talk.yaml": TALK.encode()}))
    assert (ana.name, ana.channel, ana.ok) == ("Ana says hello", "web", True)
    said = [(line.who, line.text) for line in ana.lines if line.text]
    assert said == [("Ana", "  hola "), ("Ana", "For my own business or idea"), ("Ben", "hello")]
    assert [line.note for line in ana.lines if line.note] == ["2d later"]
    assert ana.lines[1].reply is not None
    assert ana.lines[1].reply.text.startswith("Hello! I am Pasito")
    assert (ben.channel, ben.ok) == ("whatsapp", False)


def test_the_conversations_of_the_base_pack_went_as_written(base: Version) -> None:
    played = list(transcripts(base))
    assert len(played) > 10
    assert [one.name for one in played if not one.ok] == []
