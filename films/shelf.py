"""Which films there are, in which language and how big: read from what `pasito video build` left.

A programme's films of one language are named in `{folder}/{programme}/{language}.json`. Their files lie
in `{folder}/files/` under names made from what they were made of, so that programmes which say the same
share them, and a film that is made anew never changes under somebody who is watching.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

FILES = "files"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,120}")
_TAG = re.compile(r"[A-Za-z0-9-]{1,40}")

Narration = Literal["voice", "recorded", "silent"]


@dataclass(frozen=True, slots=True)
class Copy:
    """One file of a film: its name in the files folder, and how many bytes it has."""

    file: str
    bytes: int


@dataclass(frozen=True, slots=True)
class BuiltFilm:
    """A film that can be shown.

    seconds: its length. large, small: MP4 in full size and for little data. poster: a JPEG. captions:
    WebVTT. transcript: its spoken words, one paragraph a scene. narration: who speaks. made_of: the hash
    of everything it was made from. address: where it is, if an economy shows a film on a site of its
    own; then there is no file, and `bytes` of a copy may be 0 for unknown.
    """

    film: str
    language: str
    title: str
    seconds: int
    transcript: tuple[str, ...]
    made_of: str
    large: Copy | None = None
    small: Copy | None = None
    poster: Copy | None = None
    captions: Copy | None = None
    narration: Narration = "voice"
    address: str | None = None


class FilmShelf:
    """Finds films of this deployment. What is missing or broken is not there; nothing is raised."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[Path, tuple[int, Mapping[str, BuiltFilm]]] = {}

    def find(self, programme: str, film: str, languages: Iterable[str]) -> BuiltFilm | None:
        """The film in the first of these languages that has it."""
        for language in languages:
            found = self.all(programme, language).get(film)
            if found is not None:
                return found
        return None

    def all(self, programme: str, language: str) -> Mapping[str, BuiltFilm]:
        """All films of a programme in a language, by id."""
        if not (_TAG.fullmatch(language) and _NAME.fullmatch(programme)):
            return {}
        path = self.list_path(programme, language)
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            return {}
        known = self._read.get(path)
        if known is None or known[0] != changed:
            known = self._read[path] = (changed, read_list(path))
        return known[1]

    def list_path(self, programme: str, language: str) -> Path:
        return self.folder / programme / f"{language}.json"

    def path(self, copy: Copy) -> Path | None:
        """Where a file lies; None if somebody has taken it away."""
        if not _NAME.fullmatch(copy.file):
            return None
        path = self.folder / FILES / copy.file
        return path if path.is_file() else None


def read_list(path: Path) -> Mapping[str, BuiltFilm]:
    """The films of one list, by id; what cannot be read is left out."""
    try:
        films = json.loads(path.read_text("utf-8"))["films"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    found = {}
    for entry in films if isinstance(films, list) else ():
        try:
            film = _film(entry)
        except (KeyError, TypeError, ValueError):
            continue
        found[film.film] = film
    return found


def _film(entry: Mapping[str, Any]) -> BuiltFilm:
    copies = {
        name: Copy(**entry[name]) if entry.get(name) else None
        for name in ("large", "small", "poster", "captions")
    }
    return BuiltFilm(**{**entry, **copies, "transcript": tuple(entry["transcript"])})


def write_list(path: Path, films: Iterable[BuiltFilm]) -> None:
    """Writes a list so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"films": [asdict(film) for film in films]}, ensure_ascii=False, indent=1)
    beside = path.with_suffix(".new")
    beside.write_text(text, "utf-8")
    beside.replace(path)
