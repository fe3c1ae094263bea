"""What of a built film is really there: somebody may have taken its files away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from films.shelf import BuiltFilm, FilmShelf

Part = Literal["large", "small", "poster", "captions"]
PARTS: tuple[Part, ...] = ("large", "small", "poster", "captions")


def files_of(shelf: FilmShelf, film: BuiltFilm) -> Mapping[Part, Path]:
    """The files of a film that lie where they should."""
    found = {}
    for part in PARTS:
        copy = getattr(film, part)
        path = shelf.path(copy) if copy else None
        if path is not None:
            found[part] = path
    return found


def can_be_watched(shelf: FilmShelf, film: BuiltFilm) -> bool:
    """Whether the film can be played here, or opened elsewhere."""
    files = files_of(shelf, film)
    return "large" in files or "small" in files or site_of(film) is not None


def site_of(film: BuiltFilm) -> str | None:
    """The site that shows an economy's own film, as people know it: "videos.example"."""
    try:
        parts = urlsplit(film.address or "")
    except ValueError:
        return None
    return parts.hostname if parts.scheme in ("https", "http") else None
