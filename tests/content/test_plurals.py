"""Words that go with a number."""

from __future__ import annotations

import pytest

from content.plurals import check_plurals, forms_of, has_plurals, plurals_in, resolved, without_plurals
from content.problems import Place, Report


@pytest.mark.parametrize(
    ("language", "text", "number", "said"),
    [
        ("en", "{n?question|questions}", "1", "question"),
        ("en", "{n?question|questions}", "0", "questions"),
        ("es-PE", "{n?pregunta|preguntas}", "1", "pregunta"),
        ("es-PE", "{n?pregunta|preguntas}", "21", "preguntas"),
        ("vi", "{n?câu}", "7", "câu"),
        ("ru", "{n?вопрос|вопроса|вопросов}", "1", "вопрос"),
        ("ru", "{n?вопрос|вопроса|вопросов}", "3", "вопроса"),
        ("ru", "{n?вопрос|вопроса|вопросов}", "11", "вопросов"),
        ("en", "{n?question|questions}", "", "questions"),  # what is no number is many
    ],
)
def test_the_form_goes_with_the_number(language: str, text: str, number: str, said: str) -> None:
    assert resolved(text, language, lambda _: number) == said


def test_only_words_behind_a_name_and_a_question_mark_are_plurals() -> None:
    assert not has_plurals("Shall we? {item.name} | {count}")
    assert list(plurals_in("{a.b?x|y} and {c?z}")) == [("a.b", ("x", "y")), ("c", ("z",))]
    assert without_plurals("{n} {n?x|y}") == "{n} "


@pytest.mark.parametrize(("language", "count"), [("en", 2), ("es-PE", 2), ("vi", 1), ("ar", 6), ("ru", 3)])
def test_languages_have_their_own_number_of_plurals(language: str, count: int) -> None:
    assert forms_of(language) == count


@pytest.mark.parametrize(("text", "codes"), [("{n?câu}", ()), ("{n?question|questions}", ("TEXT-019",))])
def test_a_form_too_many_is_a_problem(text: str, codes: tuple[str, ...]) -> None:
    report = Report()
    check_plurals(text, "vi", Place("po/vi.po"), report)
    assert report.codes() == codes
