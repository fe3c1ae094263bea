"""The right words in the right language."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.problems import Place, Report
from content.translations import check_catalogue, read_catalogue
from content.words import (
    Words,
    chain,
    check_placeholders,
    direction,
    fill,
    is_language,
)

WORDS = Words(
    {
        "menu/hello/say": "Hello",
        "menu/hello/say#terminal": "Hello there",
        "bank/size/choices/one": "Only me, nobody else",
        "bank/size/choices/one#short": "Only me",
        "bank/size/choices/few": "A few",
    },
    {
        "es": {"menu/hello/say": "Hola", "bank/size/choices/one": "Solo yo, nadie más"},
        "es-PE": {"bank/size/choices/few": "Unos pocos"},
    },
)


@pytest.mark.parametrize(
    ("language", "expected", "in_language"),
    [
        ("es-PE", "Hola", "es"),
        ("es", "Hola", "es"),
        ("en", "Hello", "en"),
        ("vi", "Hello", "en"),
        ("es_PE", "Hola", "es"),
    ],
)
def test_the_nearest_language_answers(language: str, expected: str, in_language: str) -> None:
    assert WORDS.of("menu/hello/say", language) == expected
    assert WORDS.language_of("menu/hello/say", language) == in_language


def test_a_short_form_is_used_where_there_is_one() -> None:
    assert WORDS.of("bank/size/choices/one", "en", short=True) == "Only me"
    assert WORDS.of("bank/size/choices/few", "en", short=True) == "A few"


def test_her_language_matters_more_than_the_short_form() -> None:
    assert WORDS.of("bank/size/choices/one", "es", short=True) == "Solo yo, nadie más"


def test_a_channel_may_have_its_own_words() -> None:
    assert WORDS.of("menu/hello/say", "en", channel="terminal") == "Hello there"
    assert WORDS.of("menu/hello/say", "en", channel="telegram") == "Hello"


def test_a_key_without_words_is_a_mistake_of_ours() -> None:
    assert not WORDS.has("menu/hello/gone")
    with pytest.raises(KeyError):
        WORDS.of("menu/hello/gone", "en")
    with pytest.raises(KeyError):
        WORDS.language_of("menu/hello/gone", "es")


@pytest.mark.parametrize(
    ("tag", "tags"),
    [("es-Latn-PE", ("es-Latn-PE", "es-Latn", "es")), ("en", ()), ("en-PG", ("en-PG",)), ("vi", ("vi",))],
)
def test_the_chain_of_a_language(tag: str, tags: tuple[str, ...]) -> None:
    assert chain(tag) == tags


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("ar", "rtl"),
        ("ar-EG", "rtl"),
        ("az-Arab", "rtl"),
        ("es-PE", "ltr"),
        ("zh-Hant", "ltr"),
        ("ur", "rtl"),
    ],
)
def test_the_direction_of_a_language(tag: str, expected: str) -> None:
    assert direction(tag) == expected


@pytest.mark.parametrize("tag", ["en", "es-PE", "zh-Hant", "es-419", "fil", "zh-Hant-TW"])
def test_these_are_languages(tag: str) -> None:
    assert is_language(tag)


@pytest.mark.parametrize("tag", ["english", "es_PE", "", "e", "es-pe", "../x"])
def test_these_are_no_languages(tag: str) -> None:
    assert not is_language(tag)


def test_placeholders_are_filled_from_what_is_given() -> None:
    facts = {"name": "Ana", "count": 9, "score": {"overall": 25.5}, "a.b": "flat"}
    assert fill("{name}: {count}, {score.overall}, {a.b}", facts) == "Ana: 9, 25.5, flat"


@pytest.mark.parametrize(
    "text",
    [
        "{name.__class__}",
        "{gone}",
        "{name!r}",
        "{0}",
        "{name:>999999999}",
        "{score}",
        "{",
        "{}",
        "{nothing}",
        "{yes}",
    ],
)
def test_unknown_placeholders_are_harmless(text: str) -> None:
    assert fill(text, {"name": "Ana", "score": {}, "nothing": None, "yes": True}) == text


def test_what_is_filled_in_is_not_filled_again() -> None:
    assert fill("{name}", {"name": "{secret}", "secret": "x"}) == "{secret}"


@given(st.text("{}ab.!:0 ", max_size=40))
def test_no_text_makes_filling_raise(text: str) -> None:
    fill(text, {"a": "x", "b": {"a": 1}})


def test_an_author_hears_of_placeholders_that_nobody_fills() -> None:
    report = Report()
    check_placeholders("Hi {nmae}, {count}", ["name", "count"], Place("f.yaml", 3, 5), report)
    assert [(p.code, p.remedy) for p in report.problems] == [("TEXT-004", "Did you mean 'name'?")]


PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"

msgctxt "menu/hello/say"
msgid "Hello"
msgstr "Hola"

#, fuzzy
msgctxt "bank/size/ask"
msgid "How many?"
msgstr "¿Cuántos?"

msgctxt "bank/size/help"
msgid "Help"
msgstr ""
"""


def test_finished_translations_are_read_by_key() -> None:
    report = Report()
    catalogue = read_catalogue(PO.encode(), "po/es.po", report)
    assert report.ok
    assert {key: entry.text for key, entry in catalogue.items() if not entry.fuzzy} == {
        "menu/hello/say": "Hola"
    }
    assert catalogue["menu/hello/say"].place.line == 7


CHANGED = [
    ("Hello", "Hello", ()),
    ("Hello there", "Hello", ("TEXT-007",)),
    ("Hello {name}", "Hello {name}", ("TEXT-006",)),
    (None, "Hello", ("TEXT-008",)),
]


@pytest.mark.parametrize(("now", "then", "codes"), CHANGED)
def test_translations_are_compared_with_the_texts(now: str | None, then: str, codes: tuple[str, ...]) -> None:
    report = Report()
    catalogue = read_catalogue(PO.replace('"Hello"', f'"{then}"').encode(), "po/es.po", report)
    check_catalogue(catalogue, {"menu/hello/say": now} if now else {}, "es", {}, report)
    assert report.codes() == codes


def test_a_translated_label_must_fit_a_button() -> None:
    report = Report()
    po = PO.replace("menu/hello/say", "bank/size/choices/one").replace(
        "Hola", "Una persona trabajando sola aquí"
    )
    catalogue = read_catalogue(po.encode(), "po/es.po", report)
    check_catalogue(catalogue, {"bank/size/choices/one": "Hello"}, "es", {}, report)
    assert report.codes() == ("TEXT-002",)


@pytest.mark.parametrize(
    "source",
    [b"msgid", b"\xff\xfe", b'msgid "a', b'msgctxt "a"\nmsgid "b"\nmsgid "c"', b"\x00", b"#" * 1_000_001],
)
def test_a_broken_translation_file_is_a_letter_or_nothing(source: bytes) -> None:
    report = Report()
    assert read_catalogue(source, "po/es.po", report) == {}
    assert set(report.codes()) <= {"TEXT-009"}


@settings(max_examples=200, deadline=1000)
@given(
    st.one_of(
        st.binary(max_size=120),
        st.lists(
            st.sampled_from([*PO.split(), 'msgid_plural "x"', 'msgstr[0] "y"', "\n", "#~"]), max_size=30
        ).map(lambda words: " ".join(words).encode()),
    )
)
def test_no_translation_file_makes_reading_raise(source: bytes) -> None:
    read_catalogue(source, "po/es.po", Report())


def test_the_content_hash_changes_with_any_word() -> None:
    texts, more = dict(WORDS.texts), {"es": {"menu/hello/say": "Hola!"}}
    hashes = {
        WORDS.content_hash(),
        Words({**texts, "menu/hello/say": "Hi"}, WORDS.translations).content_hash(),
        Words(texts, {**WORDS.translations, **more}).content_hash(),
        Words(texts).content_hash(),
    }
    assert len(hashes) == 4
    assert Words(dict(reversed(texts.items())), WORDS.translations).content_hash() == WORDS.content_hash()
