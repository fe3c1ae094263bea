"""Films on disk as `pasito video build` leaves them, and ids of uploads that live as long as a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.channels.films import Films
from bot.channels.uploads import Uploads
from films.shelf import FILES, BuiltFilm, Copy, FilmShelf, write_list
from flows.values import Reply, Video

PUBLIC = "https://pasito.example"
LARGE = b"large film " * 30_000
SMALL = b"small film " * 5_000
TRANSCRIPT = ("Ana has no list.", "She takes a photo of each thing she sells.")
VIDEO = Video("film:abc123", "Photos that sell", 74, len(LARGE), "V01", "es")
FILM = Reply("Here is the film: 74 seconds, 0.3 MB.", "video", "es-PE", video=VIDEO)


class Remembered:
    """Under which ids a platform knows our files."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.is_broken = False

    async def find(self, file: str) -> str | None:
        return self.ids.get(file)

    async def keep(self, file: str, id: str) -> None:
        if self.is_broken:
            raise OSError("the database is away")
        self.ids[file] = id

    async def forget(self, file: str, id: str) -> None:
        if self.ids.get(file) == id:
            del self.ids[file]


def uploads(**more: Any) -> Uploads:
    return Uploads(Remembered(), **more)


def no_films() -> Films:
    return Films(FilmShelf(Path("nowhere")), "")


def films_in(folder: Path, public_url: str = PUBLIC, **facts: Any) -> Films:
    """The film V01 in Spanish, with two copies; `facts` of it may be others."""
    files = folder / FILES
    files.mkdir(parents=True, exist_ok=True)
    (files / "V01-es.mp4").write_bytes(LARGE)
    (files / "V01-es-small.mp4").write_bytes(SMALL)
    given: dict[str, Any] = {
        "large": Copy("V01-es.mp4", len(LARGE)),
        "small": Copy("V01-es-small.mp4", len(SMALL)),
        **facts,
    }
    transcript = given.pop("transcript", TRANSCRIPT)
    film = BuiltFilm("V01", "es", "Photos that sell", 74, transcript, "hash", **given)
    shelf = FilmShelf(folder)
    write_list(shelf.list_path("pe", "es"), [film])
    return Films(shelf, public_url)
