"""Films, whose spoken words can be read in three messages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.films import Film, spoken_parts, word_count
from content.pack import Pack
from content.problems import Problem, render
from content.translations import words_of as pack_words
from content.words import Words

Problems = Callable[..., tuple[Problem, ...]]


def test_every_film_fits_three_messages_of_45_words(base: Pack) -> None:
    words = pack_words(base.texts, {}, base.terms)
    for film in base.films.values():
        parts = spoken_parts(film, words, "en")
        assert len(parts) == 3, film.id
        assert max(word_count(part) for part in parts) <= 45
        scenes = [words.of(f"films/{film.id}/scenes/{n}/words", "en") for n in range(1, film.scenes + 1)]
        assert " ".join(parts) == " ".join(scenes)
        assert 55 <= film.seconds <= 90


def words_of(*scenes: str) -> tuple[Film, Words]:
    return Film("V", len(scenes), 60), Words(
        {f"films/V/scenes/{n}/words": scene for n, scene in enumerate(scenes, 1)}
    )


def test_messages_break_between_scenes_where_that_fits() -> None:
    film, words = words_of("One two. Three four.", "Five six.", "Seven.", "Eight nine ten.")
    assert spoken_parts(film, words, "en", parts=2, limit=7) == (
        "One two. Three four. Five six.",
        "Seven. Eight nine ten.",
    )


def test_else_between_sentences() -> None:
    film, words = words_of("One two three. Four five six.", "Seven eight nine. Ten.")
    assert spoken_parts(film, words, "en", parts=2, limit=6) == (
        "One two three. Four five six.",
        "Seven eight nine. Ten.",
    )
    assert spoken_parts(film, words, "en", parts=3, limit=5) == (
        "One two three.",
        "Four five six.",
        "Seven eight nine. Ten.",
    )


def test_a_longer_film_takes_more_messages() -> None:
    film, words = words_of(*["One two three four five."] * 8)
    assert [word_count(part) for part in spoken_parts(film, words, "en", parts=3, limit=10)] == [
        10,
        10,
        10,
        10,
    ]


@given(
    st.lists(st.text("ab. !。", min_size=1, max_size=60), min_size=1, max_size=9),
    st.integers(1, 4),
    st.integers(1, 20),
)
def test_no_word_is_lost(scenes: list[str], parts: int, limit: int) -> None:
    film, words = words_of(*scenes)
    said = "".join("".join(spoken_parts(film, words, "en", parts, limit)).split())
    assert said == "".join("".join(scenes).split())


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Two words", 2),
        ("", 0),
        ("one - two", 2),
        ("don't stop", 2),
        ("我们卖椅子", 3),
        ("Zoom 会议", 2),
        ("ขายของออนไลน์", 3),
    ],
)
def test_words_are_counted_also_without_spaces(text: str, count: int) -> None:
    assert word_count(text) == count


LETTERS = [
    ("words: This scene has got", "words: This scene has got so very many more words that nobody can read all of them", "FILM-002"),
    ("- picture: Scene 0\n        words: This scene", "- picture: Scene 0\n        wrods: This scene", "SHAPE-001"),
    ("title: A film", "title:", "SHAPE-006"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code"), LETTERS)
def test_what_an_author_is_told(problems_with: Problems, old: str, new: str, code: str) -> None:
    problems = problems_with("films", old, new)
    assert code in [problem.code for problem in problems], render(problems)


def test_a_film_has_95_to_150_words(problems_with: Problems, files: dict[str, str]) -> None:
    scene = files["films.yaml"].split("    scenes:\n")[1].split("      - picture: Scene 1")[0]
    assert "FILM-001" in [p.code for p in problems_with("films", scene, "")]
    assert "FILM-001" in [p.code for p in problems_with("films", scene, scene * 4)]
