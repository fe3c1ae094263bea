"""A message is translated as a whole or not at all; what cannot be right in a translation is a letter."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from content.problems import Place, Report
from content.translations import (
    LINK,
    Catalogue,
    Translation,
    check_catalogue,
    is_list,
    is_needed,
    message_of,
    read_catalogue,
    words_of,
)
from content.words import Words

TEXTS = {
    "bank/size/ask": "How many work there?",
    "bank/size/help": "Count yourself.",
    "bank/size/choices/one": "Only me, nobody else",
    "bank/size/choices/one#short": "Only me",
    "bank/size/choices/few": "A few",
    "bank/size/synonyms/one": "alone | by myself",
    "menu/hello/say": "Hello",
    "menu/pay/say": "Use {term.wallet}.",
    "menu/said": "menu | start",
    "films/V01/title": "A film",
    "films/V01/scenes/1/words": "Look",
    "films/V01/scenes/1/picture": "A shop",
    "levels/starting/name": "Starting",
    "dimensions/sales/name": "Selling",
}
SIZE = {
    "bank/size/ask": "¿Cuántos?",
    "bank/size/choices/one": "Solo yo",
    "bank/size/choices/few": "Unos pocos",
}
TERMS = {
    "wallet": {
        "en": {"one": "a wallet"},
        "es": {"one": "una billetera"},
        "es-PE": {"one": "una billetera digital"},
    }
}


def catalogue(entries: Mapping[str, str], fuzzy: tuple[str, ...] = ()) -> Catalogue:
    return {
        key: Translation(TEXTS.get(key, ""), text, Place("po/es.po"), key in fuzzy)
        for key, text in entries.items()
    }


def words(fuzzy: tuple[str, ...] = (), **languages: Mapping[str, str]) -> Words:
    catalogues = {tag.replace("_", "-"): catalogue(entries, fuzzy) for tag, entries in languages.items()}
    return words_of(TEXTS, catalogues, TERMS)


def size(found: Words, language: str = "es") -> list[str]:
    return [found.of(key, language) for key in SIZE]


def test_a_whole_question_is_asked_in_her_language() -> None:
    assert size(words(es=SIZE)) == list(SIZE.values())


@pytest.mark.parametrize("missing", SIZE)
def test_a_question_with_one_part_missing_falls_back_as_a_whole(missing: str) -> None:
    half = {key: text for key, text in SIZE.items() if key != missing}
    assert size(words(es=half)) == [TEXTS[key] for key in SIZE]
    assert size(words((missing,), es=SIZE)) == [TEXTS[key] for key in SIZE], "a fuzzy part is none"


def test_other_messages_stay_translated() -> None:
    found = words(es={"bank/size/ask": "¿Cuántos?", "menu/hello/say": "Hola"})
    assert found.of("menu/hello/say", "es") == "Hola"
    assert found.language_of("bank/size/ask", "es") == "en"


def test_a_film_and_the_picture_of_a_result_are_whole_too() -> None:
    assert words(es={"films/V01/title": "Un film"}).of("films/V01/title", "es") == "A film"
    assert (
        words(es={"films/V01/title": "Un film", "films/V01/scenes/1/words": "Mire"}).of(
            "films/V01/title", "es"
        )
        == "Un film"
    )
    assert words(es={"levels/starting/name": "Comienzo"}).of("levels/starting/name", "es") == "Starting"


def test_a_short_form_need_not_be_translated() -> None:
    found = words(es=SIZE)
    assert found.of("bank/size/choices/one", "es", short=True) == "Solo yo"
    assert found.of("bank/size/choices/one", "en", short=True) == "Only me"
    with_short = words(es={**SIZE, "bank/size/choices/few#short": "Pocos"})
    assert with_short.of("bank/size/choices/few", "es", short=True) == "Pocos"


def test_the_words_people_type_are_there_whatever_is_said() -> None:
    found = words(es={"bank/size/synonyms/one": "sola | solo", "menu/said": "menú"})
    assert (found.of("bank/size/synonyms/one", "es"), found.of("menu/said", "es")) == ("sola | solo", "menú")


def test_a_region_falls_back_to_its_language_and_then_to_english() -> None:
    found = words(es={**SIZE, "menu/hello/say": "Hola"}, es_PE={"menu/hello/say": "Buenas"})
    assert [found.of("menu/hello/say", tag) for tag in ("es-PE", "es-MX", "es", "vi", "en")] == [
        "Buenas", "Hola", "Hola", "Hello", "Hello",
    ]  # fmt: skip
    assert size(found, "es-PE") == list(SIZE.values())
    assert found.of("films/V01/title", "es-PE") == "A film"


def test_a_region_may_change_one_label_of_a_question() -> None:
    found = words(es=SIZE, es_PE={"bank/size/choices/few": "Unos cuantos"})
    assert size(found, "es-PE") == ["¿Cuántos?", "Solo yo", "Unos cuantos"]
    assert {found.language_of(key, "es-PE") for key in SIZE} == {"es-PE"}
    assert size(found, "es") == list(SIZE.values())


def test_a_region_may_complete_a_question_of_its_language() -> None:
    half = {key: text for key, text in SIZE.items() if key != "bank/size/ask"}
    found = words(es=half, es_PE={"bank/size/ask": "¿Cuántos son?"})
    assert size(found, "es-PE") == ["¿Cuántos son?", "Solo yo", "Unos pocos"]
    assert size(found, "es") == [TEXTS[key] for key in SIZE]


def test_a_region_reads_its_own_terms_in_the_words_of_its_language() -> None:
    found = words(es={"menu/pay/say": "Use {term.wallet}."}, es_PE={"menu/hello/say": "Buenas"})
    assert found.of("menu/pay/say", "es-PE") == "Use una billetera digital."
    assert found.of("menu/pay/say", "es") == "Use una billetera."


def test_a_language_is_whole_when_nothing_that_is_said_is_missing() -> None:
    everything = {key: "x" for key in TEXTS if is_needed(key)}
    assert {key for key in TEXTS if not is_needed(key)} == {
        "bank/size/choices/one#short", "bank/size/synonyms/one", "menu/said", "films/V01/scenes/1/picture",
    }  # fmt: skip
    assert words(es=everything).is_whole("es")
    assert words(es=everything).is_whole("es-PE")
    rest = {key: everything.pop(key) for key in ("bank/size/help", "menu/hello/say")}
    assert not words(es=everything).is_whole("es")
    assert words(es=everything, es_PE=rest).is_whole("es-PE")
    assert words().is_whole("en")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("bank/size/ask@group", "bank/size"),
        ("bank/size/choices/one#short", "bank/size"),
        ("bank/size/help", None),
        ("menu/reach/say", "menu/reach"),
        ("menu/reach/choices/far", "menu/reach"),
        ("gaps/order/quiz/ask", "gaps/order/quiz"),
        ("gaps/order/quiz/choices/a", "gaps/order/quiz"),
        ("gaps/order/tips/1", None),
        ("films/V01/scenes/2/words", "films/V01"),
        ("dimensions/sales/name", "levels"),
    ],
)
def test_the_parts_of_a_message_are_known_by_their_keys(key: str, message: str | None) -> None:
    assert message_of(key) == message


def test_lists_of_what_people_type_are_known_by_their_keys() -> None:
    assert [key for key in (*TEXTS, "engine/words_yes") if is_list(key)] == [
        "bank/size/synonyms/one",
        "menu/said",
        "engine/words_yes",
    ]


# --- letters ---------------------------------------------------------------------------------------


def codes(
    key: str, source: str, text: str, language: str = "es", texts: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    report = Report()
    entry = Translation(source, text, Place("po/es.po"))
    check_catalogue({key: entry}, {key: source, **(texts or {})}, language, TERMS, report)
    return report.codes()


SAY = "menu/hello/say"


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("Hi {name}, {count}", "{count}, hola {name}", ()),
        ("Hi {name}", "Hola", ("TEXT-006",)),
        ("Hi", "Hola {name}", ("TEXT-006",)),
        ("Hi {name}", "Hola {nombre}", ("TEXT-006",)),
        ("A {term.wallet.many}", "Una {Term.wallet}", ()),
        ("A {term.wallet}", "Una billetera", ("TEXT-006",)),
        ("See https://a.example/x.", "Mire https://a.example/x, por favor", ()),
        ("See https://a.example/x", "https://a.example/x。", ()),
        ("See https://a.example/x", "Mire https://a.example/y", ("TEXT-012",)),
        ("See https://a.example", "Mire", ("TEXT-012",)),
        ("See this", "Mire https://evil.example", ("TEXT-012",)),
    ],
)
def test_what_must_not_change_in_a_translation(source: str, text: str, expected: tuple[str, ...]) -> None:
    terms = {"wallet": {"en": {"one": "w", "many": "ws"}, "es": {"one": "b", "many": "bs"}}}
    report = Report()
    check_catalogue({SAY: Translation(source, text, Place("f"))}, {SAY: source}, "es", terms, report)
    assert report.codes() == expected


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("(https://a.example/x)", "https://a.example/x"),
        ("https://a.example/x?y=1!", "https://a.example/x?y=1"),
        ("«https://a.example/x»", "https://a.example/x"),
        ("https://a.example/x.html", "https://a.example/x.html"),
    ],
)
def test_a_link_ends_where_the_sentence_goes_on(text: str, link: str) -> None:
    assert LINK.findall(text) == [link]


def test_a_text_that_has_changed_since_is_a_hint() -> None:
    report = Report()
    check_catalogue({SAY: Translation("Hello", "Hola", Place("f"))}, {SAY: "Hello there"}, "es", {}, report)
    assert [(p.code, p.severity) for p in report.problems] == [("TEXT-007", "hint")]


def test_a_language_may_have_short_forms_and_synonyms_that_the_source_lacks() -> None:
    label = {"bank/size/choices/few": "A few"}
    assert codes("bank/size/choices/few#short", "A few", "Pocos", texts=label) == ()
    assert codes("bank/size/synonyms/few", "A few", "pocos | dos o tres", texts=label) == ()


@pytest.mark.parametrize(
    ("key", "length", "code"),
    [
        ("bank/size/choices/few", 21, "TEXT-002"), ("bank/size/choices/few", 73, "TEXT-001"), ("bank/size/ask", 1025, "TEXT-001"),
        ("gaps/order/quiz/choices/a", 73, "TEXT-001"), ("menu/hello/say", 5000, "TEXT-001"),
    ],
)  # fmt: skip
def test_a_translation_that_a_channel_would_cut_is_a_letter(key: str, length: int, code: str) -> None:
    assert code in codes(key, "A few", "x" * length)
    assert codes(key, "A few", "x" * 20) == ()


def test_a_long_label_needs_a_short_form_that_is_short() -> None:
    key = "bank/size/choices/few"
    for short, expected in (("Pocos", ()), ("Una cantidad pequeña de personas", ("TEXT-003",))):
        report = Report()
        entries = {
            key: Translation("A few", "Unas pocas personas más", Place("f")),
            f"{key}#short": Translation("A few", short, Place("f")),
        }
        check_catalogue(entries, {key: "A few"}, "es", {}, report)
        assert report.codes() == expected


def test_a_label_is_measured_with_its_term_put_in() -> None:
    terms = {"wallet": {"en": {"one": "w"}, "es": {"one": "billetera digital del banco"}}}
    report = Report()
    key = "bank/size/choices/few"
    check_catalogue(
        {key: Translation("{term.wallet}", "{term.wallet}", Place("f"))},
        {key: "{term.wallet}"},
        "es",
        terms,
        report,
    )
    assert report.codes() == ("TEXT-002",)


BROKEN = [
    b'msgid "a\nmsgstr "b"\n',
    b'msgctxt "k"\nmsgid "a"\nmsgstr "b\n',
    b"schema: 1\npack: pe\n",
    b'msgctxt "k"\nmsgid "a"\n\xff\xfe\n',
    b"\x00" * 1000,
    b"PK\x03\x04" + b"x" * 1000,
    b"x" * 10_000_000,
]  # fmt: skip


@pytest.mark.parametrize("source", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_one_letter_and_no_translation(source: bytes) -> None:
    report = Report()
    assert read_catalogue(source, "po/es.po", report) == {}
    assert [(p.code, p.place.file) for p in report.problems] == [("TEXT-009", "po/es.po")]
