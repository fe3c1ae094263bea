"""What is called differently everywhere is set once."""

from __future__ import annotations

import pytest

from content.guarded_yaml import read_yaml
from content.problems import Place, Problem, Report, render
from content.terms import check_terms, filled, read_terms, terms_in, without_terms

TERMS = """schema: 1
terms:
  wallet:
    about: What holds money and pays.
    en: {one: wallet, many: wallets}
    es: {one: billetera, many: billeteras}
    es-PE: {one: "billetera digital", the: "la billetera digital"}
  courier:
    en: courier
"""


def read(text: str) -> tuple[dict[str, dict[str, dict[str, str]]], tuple[Problem, ...]]:
    report = Report()
    document = read_yaml(text.encode(), "terms.yaml", report)
    assert document is not None, render(report.problems)
    return read_terms(document, report), report.problems


KNOWN, PROBLEMS = read(TERMS)


def test_terms_are_read_by_language_and_form() -> None:
    assert not PROBLEMS
    assert KNOWN["courier"] == {"en": {"one": "courier"}}
    assert KNOWN["wallet"]["es-PE"] == {"one": "billetera digital", "the": "la billetera digital"}
    assert "about" not in KNOWN["wallet"]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Your {term.wallet}.", "en", "Your wallet."),
        ("{Term.wallet.many} pay.", "en", "Wallets pay."),
        ("Use {term.wallet.the}", "es-PE", "Use la billetera digital"),
        ("{term.wallet.many}", "es-PE", "billeteras"),  # the form is common Spanish
        ("{term.courier}", "es-PE", "courier"),
        ("{term.gone} {term.wallet.gone}", "en", "{term.gone} {term.wallet.gone}"),
        ("{name}, {term.wallet}", "en", "{name}, wallet"),
        ("no braces", "en", "no braces"),
    ],
)
def test_the_words_of_the_economy_stand_in_a_text(text: str, language: str, expected: str) -> None:
    assert filled(text, KNOWN, language) == expected


def test_terms_are_told_from_other_placeholders() -> None:
    text = "{name} {term.wallet} {Term.courier.a} {terms.x} {term.}"
    assert list(terms_in(text)) == [("wallet", "one"), ("courier", "a")]
    assert without_terms(text) == "{name}   {terms.x} {term.}"


@pytest.mark.parametrize(
    ("text", "language", "codes"),
    [
        ("{term.wallet} {term.wallet.many}", "en", ()),
        ("{term.walet}", "en", ("TERM-001",)),
        ("{term.wallet.the}", "en", ("TERM-002",)),
        ("{term.wallet.the} {term.wallet.many}", "es-PE", ()),
        ("{term.wallet.the}", "es", ("TERM-002",)),
        ("{term.courier}", "es-PE", ("TERM-002",)),  # an English word in the middle of a Spanish text
        ("{term.courier}", "en-PG", ()),
    ],
)
def test_terms_and_forms_that_a_language_lacks_are_letters(
    text: str, language: str, codes: tuple[str, ...]
) -> None:
    report = Report()
    check_terms(text, KNOWN, language, Place("po/x.po"), report)
    assert report.codes() == codes


def test_the_term_that_was_meant_is_named() -> None:
    report = Report()
    check_terms("{term.walet}", KNOWN, "en", Place("f"), report)
    assert report.problems[0].remedy == "Did you mean 'wallet'?"


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("en: courier", "es: courier", "TERM-003", "terms.yaml:8:3"),
        ("en: courier", "en: {many: couriers}", "TERM-003", "terms.yaml:9:5"),
        ("en: courier", "english: courier", "PACK-003", "terms.yaml:9:5"),
        ("en: courier", "en: [courier]", "SHAPE-006", "terms.yaml:9:9"),
        ("en: courier", "en:", "SHAPE-006", "terms.yaml:9:8"),
        ("en: courier", "en: {one: [x]}", "SHAPE-006", "terms.yaml:9:15"),
        ("en: courier", 'en: ""', "SHAPE-003", "terms.yaml:9:10"),
        ("en: courier", 'en: "{term.wallet}"', "TEXT-004", "terms.yaml:9:10"),
        ("en: courier", 'en: "{name}"', "TEXT-004", "terms.yaml:9:10"),
        ("  courier:", "  Courier Firm:", "SHAPE-005", "terms.yaml:8:3"),
        ("schema: 1", "schema: 2", "PACK-002", "terms.yaml:1:9"),
    ],
)
def test_what_an_author_of_terms_is_told(old: str, new: str, code: str, place: str) -> None:
    assert old in TERMS
    _, problems = read(TERMS.replace(old, new))
    assert (code, place) in [(p.code, str(p.place)) for p in problems], render(problems)
    assert not any("constrained" in p.finding or "dict[" in p.finding for p in problems)
