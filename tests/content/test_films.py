"""Films, whose spoken words can be read in three messages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.drawings import Placed, parts
from content.films import Film, read_films, spoken_parts, word_count
from content.guarded_yaml import read_yaml
from content.pack import Pack
from content.problems import Place, Problem, Report, render
from content.translations import Translation, check_catalogue
from content.translations import words_of as pack_words
from content.words import Words
from tests.content.extending import as_bytes, child, good

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


# What is drawn, whose film it is, and how long a translation may be

SCENE_1 = "- picture: Scene 1\n"
DRAWING = "        drawing:\n          - {part: %s, x: 50, y: 60, size: 40, flip: true}\n"


def drawn(part: str) -> str:
    return SCENE_1 + DRAWING % part


def test_a_drawing_is_made_of_parts_that_there_are(files: dict[str, str]) -> None:
    known = next(iter(parts()))
    source = files["films.yaml"].replace(SCENE_1, drawn(known))
    films = films_in(source)
    assert films["V01"].drawings[1] == (Placed(known, 50, 60, 40, None, True),)
    assert films["V01"].drawings[0] == ()


def test_an_unknown_part_is_a_hint_and_stays_away(problems_with: Problems) -> None:
    known = max(parts(), key=len)
    problems = problems_with("films", SCENE_1, drawn(known[:-1] + "q"))
    (letter,) = [problem for problem in problems if problem.code == "FILM-004"]
    assert letter.severity == "hint"
    assert known in letter.remedy
    assert all(problem.severity == "hint" for problem in problems)


def test_a_scene_that_somebody_forgot_to_draw_is_named(
    problems_with: Problems, files: dict[str, str]
) -> None:
    problems = problems_with("films", SCENE_1, drawn(next(iter(parts()))))
    (letter,) = [problem for problem in problems if problem.code == "FILM-005"]
    assert "1, 3, 4, 5" in letter.finding
    assert problems_with("films", "title: A film", "title: Another") == (), (
        "a film that nobody has drawn is none"
    )


FIRST = "title: A film\n"
OWN = "title: A film\n    own: {%s}\n"


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ("en: {file: videos/mine.mp4}", None),
        ('en: {address: "https://example.org/v", seconds: 80, bytes: 4000000}', None),
        ("en: {file: /etc/mine.mp4}", "FILM-006"),
        ("en: {file: ../mine.mp4}", "FILM-006"),
        ('en: {address: "http://example.org/v", seconds: 80}', "SHAPE-003"),
        ('en: {address: "https://example.org/v"}', "SHAPE-006"),
        ('en: {file: mine.mp4, address: "https://example.org/v", seconds: 80}', "SHAPE-006"),
        ("en: {}", "SHAPE-006"),
        ("vi: {file: mine.mp4}", "FILM-007"),
        ("english: {file: mine.mp4}", "PACK-003"),
    ],
)
def test_an_own_film_is_a_file_or_an_address(problems_with: Problems, own: str, code: str | None) -> None:
    codes = [problem.code for problem in problems_with("films", FIRST, OWN % own)]
    assert (codes == []) if code is None else (code in codes)


def test_a_scene_of_spaces_says_nothing(problems_with: Problems) -> None:
    words = "        words: This scene has got one two three four five six seven eight. one two three four five six seven eight. \n"
    assert "FILM-003" in [p.code for p in problems_with("films", words, '        words: " - "\n')]


KEYS = [f"films/V01/scenes/{n}/words" for n in range(1, 8)]


def translated(*scenes: str) -> list[tuple[str, str]]:
    """What is found in a translation of a film: codes, and the lines that they name."""
    report = Report()
    entries = {
        key: Translation("Words", text, Place("po/es.po", line), False)
        for line, (key, text) in enumerate(zip(KEYS, scenes, strict=False), 1)
    }
    check_catalogue(entries, dict.fromkeys(KEYS, "Words"), "es", {}, report)
    return [(problem.code, str(problem.place)) for problem in report.problems]


def test_a_translation_may_be_longer_but_not_much() -> None:
    assert translated(*["una " * 35] * 5) == []
    assert translated("una " * 36) == [("FILM-008", "po/es.po:1:1")]
    assert translated(*["una " * 28] * 7) == [("FILM-009", "po/es.po:1:1")]
    assert translated("una", " … ") == [("FILM-003", "po/es.po:2:1")]


def test_a_film_in_a_script_without_spaces_is_measured_too() -> None:
    assert translated("我" * 70) == []
    assert translated("我" * 80) == [("FILM-008", "po/es.po:1:1")]


def test_a_change_may_draw_a_film_anew_or_name_ones_own(files: dict[str, str]) -> None:
    part = next(iter(parts()))
    parent = as_bytes(files)
    scenes = "[" + ", ".join(
        f"{{picture: P, words: 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen {n}', "
        f"drawing: [{{part: {part}, x: 1, y: 2, size: 3}}]}}" for n in range(7)
    ) + "]"  # fmt: skip
    changes = (
        "schema: 1\nchanges:\n"
        f"  - {{change: V01, set: {{scenes: {scenes}, own: {{es-PE: {{file: videos/mine.mp4}}}}}}}}\n"
    )
    pack = good(child(parent, "small", films=changes), {"small": parent})
    film = pack.films["V01"]
    assert film.own["es-PE"].file == "videos/mine.mp4"
    assert [drawing[0].part for drawing in film.drawings] == [part] * 7


@pytest.mark.parametrize(
    ("voices", "codes"),
    [
        ("{en: none, es: es-419}", []),
        ("{es-PE: es}", []),
        ("{en: klingon}", ["VOICE-001"]),
        ("{vi: vi}", ["VOICE-002"]),
    ],
)
def test_a_voice_is_one_that_we_have(problems_with: Problems, voices: str, codes: list[str]) -> None:
    problems = problems_with("pack", "opening: welcome", f"opening: welcome\nvoices: {voices}")
    assert [problem.code for problem in problems] == codes


def test_every_scene_of_the_base_pack_is_drawn(base: Pack) -> None:
    undrawn = [(film.id, n) for film in base.films.values() for n, d in enumerate(film.drawings, 1) if not d]
    assert undrawn == []


def films_in(source: str) -> dict[str, Film]:
    report = Report()
    document = read_yaml(source.encode(), "films.yaml", report)
    assert document is not None
    read = read_films(document, report)
    assert read is not None, render(report.problems)
    return read[0]
