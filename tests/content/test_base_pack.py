"""What the base pack promises its readers: short, complete, honest."""

from __future__ import annotations

import pytest

from content.bank import Question, applicable, facts_of
from content.pack import Pack, read_pack
from content.problems import Report, render
from content.sources import base_sources
from content.translations import words_of
from content.words import LABEL

MOST_WORDS = 45  # of a question with its choices
NAMES_OF_BRANDS = (
    "whatsapp",
    "telegram",
    "facebook",
    "google",
    "instagram",
    "yape",
    "zalo",
    "gcash",
    "excel",
)


def _base() -> Pack:
    report = Report()
    pack = read_pack(base_sources(), report)
    assert pack is not None, render(report.problems)
    return pack


BASE = _base()
WORDS = words_of(BASE.texts, {}, BASE.terms)
QUESTIONS = (*BASE.bank.fields, *BASE.bank.items)


def count_of(key: str) -> int:
    return len(WORDS.of(key, "en").split())


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_a_question_with_its_choices_is_short(question: Question) -> None:
    choices = sum(count_of(f"bank/{question.id}/choices/{choice.id}") for choice in question.choices)
    assert count_of(f"bank/{question.id}/ask") + choices <= MOST_WORDS


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_a_choice_has_a_form_for_a_button_and_none_looks_like_another(question: Question) -> None:
    shorts = [WORDS.of(f"bank/{question.id}/choices/{c.id}", "en", short=True) for c in question.choices]
    assert all(len(short) <= LABEL for short in shorts)
    assert len({short.casefold() for short in shorts}) == len(shorts)


def test_the_instrument_has_its_size() -> None:
    assert len(BASE.bank.items) == 30
    assert len({item.slot for item in BASE.bank.items}) == 27
    assert len({item.slot for item in BASE.bank.items if item.quick}) == 9
    assert len(BASE.bank.dimensions) == 9
    assert len(BASE.gaps) == 30
    assert len(BASE.films) == 18
    assert sum(gap.tips for gap in BASE.gaps.values()) >= 93


def test_the_right_answer_of_a_quiz_stands_in_every_place_about_equally_often() -> None:
    places = [gap.quiz.index(gap.right) for gap in BASE.gaps.values()]
    assert all(places.count(place) >= 8 for place in range(3))


@pytest.mark.parametrize("sells", ["goods", "services", "both"])
def test_the_quick_check_has_nine_questions_for_everybody(sells: str) -> None:
    facts = facts_of(BASE.bank, {"sells": sells}, {})
    assert len(applicable(BASE.bank, facts, "quick")) == 9


def test_no_base_text_names_a_brand() -> None:
    named = [key for key, text in WORDS.texts.items() if any(b in text.casefold() for b in NAMES_OF_BRANDS)]
    assert named == []


def test_what_an_economy_must_fill_is_a_named_placeholder() -> None:
    assert BASE.authority.name.startswith("[")
    assert BASE.authority.contact.startswith("[")
