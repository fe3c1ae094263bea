"""The same thing is called the same everywhere."""

from __future__ import annotations

import pytest

from content.glossary import check_glossary, read_glossary
from content.guarded_yaml import read_yaml
from content.problems import Place, Report
from content.translations import Translation

GLOSSARY = {"step": ("paso", "pasito"), "quick check": ("chequeo rápido",)}


def problems(
    source: str, translation: str, key: str = "menu/hello/say", *, fuzzy: bool = False
) -> tuple[str, ...]:
    report = Report()
    entry = Translation(source, translation, Place("po/es.po"), fuzzy)
    check_glossary(GLOSSARY, {key: entry}, {key: source}, report)
    return report.codes()


@pytest.mark.parametrize(
    ("source", "translation", "codes"),
    [
        ("Your next step.", "Su siguiente paso.", ()),
        ("Two small steps.", "Dos pasitos.", ()),
        ("Your next step.", "Su siguiente etapa.", ("TEXT-017",)),
        ("Take the Quick check.", "Haga la prueba rápida.", ("TEXT-017",)),
        ("Turn on two-step login.", "Active la verificación doble.", ()),  # another word
        ("{item.step} is done.", "{item.step} está.", ()),  # a name, not a word
    ],
)
def test_a_word_of_the_glossary_is_used_where_the_text_has_it(
    source: str, translation: str, codes: tuple[str, ...]
) -> None:
    assert problems(source, translation) == codes


@pytest.mark.parametrize("key", ["menu/said", "menu/menu/choices/a#short", "bank/size/synonyms/one"])
def test_lists_and_short_forms_are_free(key: str) -> None:
    assert problems("step", "etapa", key) == ()


def test_what_is_fuzzy_is_looked_at_anyway() -> None:
    assert problems("Your next step.", "Su etapa.", fuzzy=True) == ()


@pytest.mark.parametrize(
    "text", ["schema: 1\nglossary: [a]\n", "schema: 1\nglossary: {es: {step: paso}}\n", "schema: 1\n"]
)
def test_a_glossary_of_another_shape_is_a_letter(text: str) -> None:
    report = Report()
    document = read_yaml(text.encode(), "glossary.yaml", report)
    assert document is not None
    assert read_glossary(document, report) == {}
    assert report.errors
