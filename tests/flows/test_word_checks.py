"""Words that would lead nowhere, deceive, or mean two things are letters, in every language."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from content.problems import Problem, Report, render
from flows.compiler import compile_pack
from tests.flows.small_packs import compiled_from, economy_sources, sources_with

HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
SHOP = """
said: [shop, our shop]
steps:
  - ask: reach
    say: 'Where do you sell? Write "menu" for more.'
    choices: {near: Near, far: Far}
    synonyms: {near: [close]}
"""
TEXTS = compiled_from(economy_sources()).texts


def problems(sources: Mapping[str, bytes]) -> tuple[Problem, ...]:
    report = Report()
    compile_pack(sources, report)
    return report.problems


def shop(yaml: str = SHOP, **translations: str) -> dict[str, bytes]:
    """An economy's pack with a flow of its own and Spanish words; `__` in a name stands for a slash."""
    source = {
        **TEXTS, "shop/reach/say": 'Where do you sell? Write "menu" for more.', "shop/reach/choices/near": "Near", "shop/reach/choices/far": "Far",
    }  # fmt: skip
    keys = {name.replace("__", "/").replace("_short", "#short"): text for name, text in translations.items()}
    entries = [
        (key, source.get(key.removesuffix("#short"), "x").replace('"', '\\"'), text.replace('"', '\\"'))
        for key, text in keys.items()
    ]
    po = HEAD + "".join(
        f'msgctxt "{key}"\nmsgid "{said}"\nmsgstr "{text}"\n\n' for key, said, text in entries
    )
    return {**economy_sources(po=po), "flows/shop.yaml": f"schema: 1\nflow: shop\ntitle: Shop{yaml}".encode()}


def codes(**translations: str) -> list[str]:
    found = problems(shop(**translations))
    assert all(p.place.file == "po/es.po" for p in found), render(found)
    return [p.code for p in found]


def test_a_translation_without_mistakes_has_no_letter() -> None:
    assert codes(
        shop__said="tienda | nuestra tienda", shop__reach__say='¿Dónde vende? Escriba "menú".', menu__said="menú | opciones",
        shop__reach__choices__near="Cerca", shop__reach__choices__far="Lejos", shop__reach__synonyms__near="al lado | cerquita",
    ) == []  # fmt: skip


# --- what starts flows -------------------------------------------------------------------------------


def test_the_same_words_do_not_start_two_flows() -> None:
    assert codes(shop__said="tienda", menu__said="menú | TIENDA!") == ["FLOW-024"]
    assert codes(shop__said="tienda | tienda", menu__said="menú | ") == []
    assert codes(shop__said="tienda | ", menu__said="menú | ") == []


def test_words_of_a_region_are_looked_at_together_with_those_of_its_language() -> None:
    sources = shop(shop__said="tienda")
    sources["pack.yaml"] = sources["pack.yaml"].replace(b"[en, es]", b"[en, es, es-PE]")
    sources["po/es-PE.po"] = f'{HEAD}msgctxt "menu/said"\nmsgid "x"\nmsgstr "tienda"\n'.encode()
    assert [(p.code, p.place.file) for p in problems(sources)] in (
        [("FLOW-024", "po/es-PE.po")],
        [("FLOW-024", "po/es.po")],
    )


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ('¿Dónde? Escriba "menú".', True),
        ("¿Dónde? Escriba «menú».", True),
        ("¿Dónde? Escriba “opciones”.", True),
        ("¿Dónde? Escriba 「menú」.", True),
        ("¿Dónde? Escriba „menú“.", True),
        ('¿Dónde? Escriba "menu".', True),  # English is spoken there, too
        ('¿Dónde? Escriba "lista".', False),
        ("¿Dónde? Escriba menú.", False),
        ('¿Dónde? Escriba "tienda".', False),  # that starts another flow
        ("¿Dónde?", False),
    ],
)
def test_a_word_she_is_told_to_write_leads_where_it_does_in_english(text: str, fine: bool) -> None:
    found = codes(shop__reach__say=text, menu__said="menú | opciones", shop__said="tienda")
    assert found == ([] if fine else ["TEXT-016"])


def test_english_words_lead_nowhere_where_no_english_is_spoken() -> None:
    sources = shop(shop__reach__say='¿Dónde? Escriba "menu".', menu__said="lista")
    assert problems(sources) == ()
    sources["pack.yaml"] = sources["pack.yaml"].replace(b"[en, es]", b"[es]")
    assert [p.code for p in problems(sources)] == ["TEXT-016"]


# --- choices -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "translations",
    [
        {"shop__reach__choices__near": "Aquí", "shop__reach__choices__far": "aqui!"},
        {"shop__reach__choices__near": "Cerca", "shop__reach__synonyms__far": "lejos | cerca"},
        {"shop__reach__choices__near_short": "Cerca", "shop__reach__choices__far": "Cerca"},
        {"shop__reach__synonyms__near": "allá", "shop__reach__synonyms__far": "alla"},
    ],
)
def test_the_same_words_do_not_stand_for_two_choices(translations: dict[str, str]) -> None:
    assert codes(**translations) == ["TEXT-010"]


def test_the_same_words_may_stand_for_one_choice_twice_and_in_another_question() -> None:
    assert codes(shop__reach__choices__near="Sí", shop__reach__synonyms__near="si | sí | ") == []
    assert codes(shop__reach__synonyms__near="a | | ", shop__reach__synonyms__far="b | | ") == []


# --- signs -------------------------------------------------------------------------------------------

SIGNS = [
    ("Hola\u202e aloH", "TEXT-014"), ("Hola\u2066", "TEXT-014"), ("Ho\u200bla", "TEXT-014"), ("\ufeffHola", "TEXT-014"), ("Hola\u0007", "TEXT-014"),
    ("pаypal", "TEXT-015"), ("Βanco nuevo", "TEXT-015"), ("Αa", "TEXT-015"),
    ("می\u200cخواهم", None), ("नमस्\u200dते", None), ("Ωμέγα", None), ("банк", None), ("Tiếng Việt", None), ("السلام\u200f", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), SIGNS)
def test_signs_that_deceive_the_eye_are_letters(text: str, code: str | None) -> None:
    assert codes(shop__reach__choices__near=text) == ([code] if code else [])


@pytest.mark.parametrize(("text", "code"), [("Hi\u200b there", "TEXT-014"), ("pаypal", "TEXT-015")])
def test_signs_are_looked_at_in_the_yaml_too(text: str, code: str) -> None:
    (problem,) = problems(shop(SHOP.replace("near: Near", f'near: "{text}"')))
    assert (problem.code, problem.place.file, problem.place.line) == (code, "flows/shop.yaml", 8)


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("directory.yaml", "name: Purse", "name: Pаypal", "TEXT-015"),
        ("directory.yaml", 'contact: "911"', 'contact: "9\u200b11"', "TEXT-014"),
        ("terms.yaml", "en: {one: wallet}", "en: {one: wаllet}", "TEXT-015"),
        ("pack.yaml", "name: The ministry", "name: Mіnistry", "TEXT-015"),
    ],
)
def test_names_that_deceive_the_eye_are_letters(file: str, old: str, new: str, code: str) -> None:
    sources = shop()
    assert old.encode() in sources[file]
    sources[file] = sources[file].replace(old.encode(), new.encode())
    assert (code, file) in [(p.code, p.place.file) for p in problems(sources)]


# --- brands, terms, links ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Pay with PayPal now.", True),
        ("Pay with {term.wallet} now.", False),
        ("Grab a chair.", True),
        ("We grabbed it.", False),
    ],
)
def test_a_text_of_no_economy_names_no_brand(text: str, told: bool) -> None:
    flow = f"said: [our shop]\nsteps:\n  - say: {text}\n"
    assert ("TEXT-013" in [p.code for p in problems(sources_with(shop=flow))]) == told
    assert "TEXT-013" not in [p.code for p in problems(shop("\n" + flow))], "an economy may"


def test_a_term_of_no_economy_names_no_brand() -> None:
    sources = sources_with()
    sources["terms.yaml"] = sources["terms.yaml"].replace(b"en: {one: wallet}", b"en: {one: GCash}")
    assert [(p.code, p.place.file) for p in problems(sources)] == [("TEXT-013", "terms.yaml")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("See {term.walet}.", "TERM-001"),
        ("See {term.wallet.the}.", "TERM-002"),
        ("See {nmae}.", "TEXT-004"),
        ("See [our office].", "TEXT-011"),
    ],
)
def test_what_cannot_be_filled_in_is_a_letter_with_its_line(text: str, code: str) -> None:
    found = problems(shop(f'\nsaid: [shop]\nsteps:\n  - say: "{text}"\n'))
    assert [(p.code, p.place.file, p.place.line) for p in found] == [(code, "flows/shop.yaml", 6)]


def test_a_label_is_measured_with_its_term() -> None:
    sources = shop(SHOP.replace("near: Near", 'near: "{term.wallet}"'))
    assert problems(sources) == ()
    sources["terms.yaml"] = sources["terms.yaml"].replace(
        b"en: {one: wallet}", b"en: {one: wallet of the bank at home}"
    )
    assert "TEXT-002" in [p.code for p in problems(sources)]


@pytest.mark.parametrize(
    "link",
    [
        "https://stranger.example/x",
        "https://[::1",
        "https://a.example.evil.example",
        "http://a.example@evil.example",
    ],
)
def test_a_link_to_a_stranger_is_a_letter(link: str) -> None:
    sources = shop(f'\nsaid: [shop]\nsteps:\n  - say: "Look: {link} now"\n')
    sources["pack.yaml"] += b"hosts: [a.example]\n"
    assert [p.code for p in problems(sources)] == ["TEXT-018"]


@pytest.mark.parametrize(
    "link", ["https://a.example/x", "https://www.a.example.", "https://sub.a.example/y?z=1"]
)
def test_links_may_lead_where_the_pack_says(link: str) -> None:
    sources = shop(f'\nsaid: [shop]\nsteps:\n  - say: "Look: {link} now"\n')
    sources["pack.yaml"] += b"hosts: [a.example]\n"
    assert problems(sources) == ()


# --- files that are wrong as a whole -------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", "brands: x\nschema: 1", "brands: [[a]]\nschema: 1", "brands: []\nschema: 1", "schema: 1\nbrands: [(, '[', '\\']"])  # fmt: skip
def test_an_odd_list_of_brands_is_a_letter_or_nothing(text: str) -> None:
    problems({**sources_with(), "brands.yaml": text.encode()})


@pytest.mark.parametrize("text", ["phrases: x", "phrases: [a]", "phrases: {yes: [a]}", "phrases: {yes: {a: b}}", "phrases: {yes: }", 'phrases: {yes: ""}', "- a", "x"])  # fmt: skip
def test_odd_phrases_are_letters(text: str) -> None:
    found = problems({**sources_with(), "phrases.yaml": text.encode()})
    assert any(p.severity == "error" for p in found)
