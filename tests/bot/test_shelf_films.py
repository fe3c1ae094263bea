"""The films that conversations may offer: what lies on the shelf, for a draft those of its pack."""

from __future__ import annotations

from pathlib import Path

from bot.shelf import MadeFilms
from films.shelf import FILES, BuiltFilm, Copy, FilmShelf, write_list
from flows.films import FilmFacts
from store import drafts


def shelf_with(folder: Path, *names: str) -> FilmShelf:
    """A shelf with one Spanish film, of which only these files are still there."""
    shelf = FilmShelf(folder)
    film = BuiltFilm(
        "V05", "es", "Tu lista vende", 64, ("Una.",), "abc",
        large=Copy("large.mp4", 2_900_000), small=Copy("small.mp4", 600_000),
    )  # fmt: skip
    write_list(shelf.list_path("pe", "es"), [film])
    (folder / FILES).mkdir(exist_ok=True)
    for name in names:
        (folder / FILES / name).write_bytes(b"film")
    return shelf


def test_a_film_is_offered_in_the_first_language_that_has_it(tmp_path: Path) -> None:
    films = MadeFilms(shelf_with(tmp_path, "large.mp4"), "pe")
    assert films.find("V05", ["es-PE", "es", "en"]) == FilmFacts("es", 64, 2_900_000, 600_000)
    assert films.find("V05", ["en"]) is None
    assert films.find("V06", ["es"]) is None


def test_a_film_whose_files_were_taken_away_is_not_offered(tmp_path: Path) -> None:
    assert MadeFilms(shelf_with(tmp_path), "pe").find("V05", ["es"]) is None


def test_a_draft_shows_the_films_of_its_pack() -> None:
    assert drafts.pack_of(drafts.new_name("pe")) == "pe"
    assert drafts.pack_of("pe") == "pe"
