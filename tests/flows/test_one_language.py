"""Nobody reads a question in one language and its answers in another."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from flows.conversations import World
from flows.values import Reply
from flows.version import Version, Versions
from tests.flows.small_packs import compiled_from, economy_sources

HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
ENGLISH = compiled_from(economy_sources()).texts
TALK = """
steps:
  - say: Hello {authority.name}
    id: hello
    link: {label: Read this, url: "https://a.example"}
  - ask: reach
    say: Where do you sell?
    choices: {near: Near, far: Far, other: Other, no: Nowhere}
    synonyms: {near: [close]}
"""
ASK = TALK[TALK.index("  - ask") :]


def po(**translations: str) -> str:
    """A file with these translations; `__` in a name stands for a slash."""
    return HEAD + "".join(
        f'msgctxt "{key}"\nmsgid "{TEXTS.get(key, "x")}"\nmsgstr "{text}"\n\n'
        for key, text in ((name.replace("__", "/"), text) for name, text in translations.items())
    )


TEXTS = {
    **ENGLISH, "welcome/hello/say": "Hello {authority.name}", "welcome/hello/link": "Read this", "welcome/reach/say": "Where do you sell?",
    **{f"welcome/reach/choices/{id}": label for id, label in (("near", "Near"), ("far", "Far"), ("other", "Other"), ("no", "Nowhere"))},
}  # fmt: skip
HELLO = {"welcome__hello__say": "Hola {authority.name}", "welcome__hello__link": "Leer"}
REACH = {
    "welcome__reach__say": "¿Dónde vende?", "welcome__reach__choices__near": "Cerca", "welcome__reach__choices__far": "Lejos",
    "welcome__reach__choices__other": "Otro", "welcome__reach__choices__no": "En ninguna parte",
}  # fmt: skip


def first(translations: Mapping[str, str], language: str = "es", talk: str = TALK) -> list[Reply]:
    """The first messages that Ana gets in her language."""
    sources = economy_sources(po=po(**translations))
    sources["flows/welcome.yaml"] = f"schema: 1\nflow: welcome\ntitle: Welcome\n{talk}".encode()
    sources["pack.yaml"] = sources["pack.yaml"].replace(b"hosts:", b"# hosts:") + b"hosts: [a.example]\n"
    return greeted(compiled_from(sources), language)


def greeted(version: Version, language: str = "es") -> list[Reply]:
    world = World(Versions(version))
    world.person("Ana").state = {"language": language}
    return world.write("Ana", "hola")


def words(reply: Reply) -> list[str]:
    link = [reply.link.label] if reply.link else []
    more = [reply.more.label] if reply.more else []
    return [reply.text, *(choice.label for choice in reply.choices), *link, *more]


def test_a_message_with_its_link_is_in_her_language() -> None:
    hello, _ = first(HELLO)
    assert words(hello) == ["Hola The ministry", "Leer"]
    assert hello.lang == "es"


@pytest.mark.parametrize("missing", HELLO)
def test_a_message_and_its_link_are_in_one_language(missing: str) -> None:
    hello, _ = first({name: text for name, text in HELLO.items() if name != missing})
    assert words(hello) == ["Hello The ministry", "Read this"]
    assert hello.lang == "en"


def test_a_question_is_asked_with_its_answers_in_her_language() -> None:
    _, asked = first({**REACH, "engine__more": "Más …"})
    assert words(asked) == ["¿Dónde vende?", "Cerca", "Lejos", "Otro", "En ninguna parte", "Más …"]
    assert asked.lang == "es"


@pytest.mark.parametrize("missing", [*REACH, "engine__more"])
def test_a_question_with_one_part_missing_is_asked_in_english_as_a_whole(missing: str) -> None:
    """The words for more choices are part of what she reads, too."""
    parts = {**REACH, "engine__more": "Más …"}
    _, asked = first({name: text for name, text in parts.items() if name != missing})
    assert words(asked) == ["Where do you sell?", "Near", "Far", "Other", "Nowhere", "More …"]
    assert asked.lang == "en"


def test_she_may_still_type_in_her_language() -> None:
    part = {**REACH, "welcome__reach__synonyms__near": "cerquita"}
    part.pop("welcome__reach__choices__far")
    sources = economy_sources(po=po(**part))
    sources["flows/welcome.yaml"] = f"schema: 1\nflow: welcome\ntitle: W\nsteps:\n{ASK}".encode()
    world = World(Versions(compiled_from(sources)))
    world.person("Ana").state = {"language": "es"}
    world.write("Ana", "hola")
    world.write("Ana", "cerquita")
    assert world.person("Ana").state["answers"] == {"reach": "near"}


def test_progress_is_told_in_the_language_of_its_question() -> None:
    talk = "steps:\n  - questions: quick\n"
    asked = {f"bank/P1/{part}": text for part, text in (("ask", "¿Qué encuentran?"),)}
    (reply, *_) = first({key.replace("/", "__"): text for key, text in asked.items()}, talk=talk)
    assert reply.progress is not None
    assert (reply.lang, reply.progress.words.split(" ")[1]) == ("en", "of")


def test_programmes_without_a_translation_take_their_question_along() -> None:
    parts = {f"hand_over__{key}": "¿Dónde está su negocio?" for key in _hand_over("say")}
    reply, *_ = greeted(compiled_from(economy_sources(opening="hand_over", po=po(**parts))))
    assert words(reply) == ["Hello! I am Pasito. Where is your business?", "Peru", "Viet Nam"]
    names = {"programmes__pe": "Perú", "programmes__vn": "Vietnam"}
    reply, *_ = greeted(compiled_from(economy_sources(opening="hand_over", po=po(**parts, **names))))
    assert words(reply) == ["¿Dónde está su negocio?", "Perú", "Vietnam"]


def _hand_over(part: str) -> list[str]:
    """The key of a part of the step that hands over, which has no id."""
    return [
        key.removeprefix("hand_over/").replace("/", "__")
        for key in ENGLISH
        if key.startswith("hand_over/") and key.endswith(part)
    ]


def test_a_law_and_what_sells_well_are_told_in_one_language() -> None:
    half = po(
        laws__labels__name="Etiquetas",
        engine__sells_well="Se vende bien: {names}.",
        products__panela="Panela",
    )
    world = World(Versions(compiled_from(economy_sources(po=half))))
    world.person("Ana").state = {"language": "es", "last_inbound": 1}
    assert "Labels: Food has a label." in [reply.text for reply in world.write("Ana", "rules")]
    assert "These sell well online from here now: Panela, Alpaca yarn." in [
        reply.text for reply in world.write("Ana", "where can i sell")
    ]


def test_a_region_that_changes_one_label_still_asks_in_spanish() -> None:
    sources = economy_sources(po=po(**REACH, engine__more="Más …"))
    sources["po/es-PE.po"] = po(welcome__reach__choices__near="Acá nomás").encode()
    sources["pack.yaml"] = sources["pack.yaml"].replace(b"[en, es]", b"[en, es-PE, es]")
    sources["flows/welcome.yaml"] = f"schema: 1\nflow: welcome\ntitle: W\nsteps:\n{ASK}".encode()
    (asked,) = greeted(compiled_from(sources), "es-PE")
    assert words(asked) == ["¿Dónde vende?", "Acá nomás", "Lejos", "Otro", "En ninguna parte", "Más …"]
