"""A film in a reply becomes a file that a platform takes, or words that lead to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flows.values import Link, Reply
from tests.standins.films import FILM, LARGE, PUBLIC, SMALL, VIDEO, films_in, no_films

PLENTY = 50_000_000


def test_the_large_copy_is_sent_and_the_small_one_to_who_saves_data(tmp_path: Path) -> None:
    films = films_in(tmp_path)
    large = films.file("pe", VIDEO, PLENTY)
    small = films.file("pe", replace(VIDEO, small=True), PLENTY)
    assert large
    assert small
    assert (large.path.read_bytes(), small.path.read_bytes()) == (LARGE, SMALL)
    assert large.name != small.name


def test_a_film_that_is_larger_than_a_platform_takes_has_no_file(tmp_path: Path) -> None:
    assert films_in(tmp_path).file("pe", VIDEO, len(LARGE))
    assert films_in(tmp_path).file("pe", VIDEO, len(LARGE) - 1) is None


def test_who_saves_data_never_gets_the_large_copy(tmp_path: Path) -> None:
    assert films_in(tmp_path, small=None).file("pe", replace(VIDEO, small=True), PLENTY) is None


def test_what_somebody_has_taken_away_or_never_made_has_no_file(tmp_path: Path) -> None:
    films = films_in(tmp_path)
    for file in (tmp_path / "files").iterdir():
        file.unlink()
    assert films.file("pe", VIDEO, PLENTY) is None
    assert films.file("pe", replace(VIDEO, language="vi"), PLENTY) is None
    assert films.file("vn", VIDEO, PLENTY) is None


def test_a_film_in_words_leads_to_our_page(tmp_path: Path) -> None:
    words = films_in(tmp_path).in_words("pe", FILM)
    assert words.video
    assert (words.text, words.video.url) == (FILM.text, f"{PUBLIC}/v/abc123")


def test_a_film_with_a_label_in_words_is_a_link_of_that_label(tmp_path: Path) -> None:
    reply = FILM._replace(link=Link("Watch it", "film:abc123"))
    assert films_in(tmp_path).in_words("pe", reply) == Reply(
        FILM.text, "link", "es-PE", link=Link("Watch it", f"{PUBLIC}/v/abc123")
    )


def test_who_cannot_reach_our_page_reads_what_is_spoken(tmp_path: Path) -> None:
    words = films_in(tmp_path, public_url="").in_words("pe", FILM)
    assert words == Reply(
        f"{FILM.text}\n\nAna has no list.\n\nShe takes a photo of each thing she sells.", "text", "es-PE"
    )


def test_a_film_that_is_nowhere_leaves_its_words() -> None:
    assert no_films().in_words("pe", FILM) == Reply(FILM.text, "text", "es-PE")
    assert no_films().in_words("pe", FILM._replace(text="")).text == "Photos that sell"
