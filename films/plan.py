"""What is to be done for each film in each language: make it, take over an economy's own, or name its address."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from content.drawings import scene_svg
from content.films import Film, OwnFilm
from content.pack import Pack
from content.words import Words, hash_of
from films.errors import FilmError
from films.script import Script, missing_texts, script_of

FORM = 1  # raise it when films made before should be made anew


@dataclass(frozen=True, slots=True)
class Wanted:
    """A film in a language, and the hash of everything it is made from.

    Exactly one of script, file and address says how it comes about. captions: a WebVTT file beside `file`.
    """

    film: str
    language: str
    title: str
    transcript: tuple[str, ...]
    made_of: str
    script: Script | None = None
    file: Path | None = None
    captions: Path | None = None
    address: OwnFilm | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A film that cannot be made in a language, and why."""

    film: str
    language: str
    why: str


def planned(
    pack: Pack, words: Words, films: Iterable[str], languages: Sequence[str], folders: Sequence[Path | None]
) -> Iterator[Wanted | Refused]:
    """What is to be done for these films in these languages. folders: the pack's (None
    for one that is no folder), then those of its parents."""
    for language in languages:
        for film in (pack.films[id] for id in films):
            try:
                yield _wanted(pack, words, film, language, folders)
            except FilmError as error:
                yield Refused(film.id, language, str(error))


def is_translated(pack: Pack, film: Film, language: str) -> bool:
    """Whether a film can be shown in a language: its texts are there, or the economy has a film of its own."""
    return language in film.own or not missing_texts(pack, film, language)


def _wanted(pack: Pack, words: Words, film: Film, language: str, folders: Sequence[Path | None]) -> Wanted:
    own = film.own.get(language)
    if own is not None:
        return _own(pack, words, film, language, own, folders)
    script = script_of(pack, words, film, language, folders[0])
    return Wanted(
        film.id,
        language,
        script.title,
        tuple(scene.words for scene in script.scenes),
        _hash(script),
        script=script,
    )


def _own(
    pack: Pack, words: Words, film: Film, language: str, own: OwnFilm, folders: Sequence[Path | None]
) -> Wanted:
    told = not missing_texts(pack, film, language)
    keys = [f"films/{film.id}/scenes/{number}/words" for number in range(1, film.scenes + 1)]
    transcript = tuple(words.of(key, language) for key in keys) if told else ()
    title = words.of(f"films/{film.id}/title", language)
    known = [FORM, film.id, language, title]
    if own.address is not None:
        made_of = hash_of([*known, own.address, own.seconds, own.bytes])
        return Wanted(film.id, language, title, transcript, made_of, address=own)
    assert own.file is not None  # one of both, as the pack's reader has made sure
    places = (folder / own.file for folder in folders if folder is not None)
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        raise FilmError(
            f"The file {own.file} is not in the pack's folder. Put it there, or correct its path in films.yaml."
        )
    captions = file.with_suffix(".vtt")
    beside = captions if captions.is_file() else None
    made_of = hash_of([*known, _hash_of_file(file), _hash_of_file(beside) if beside else None])
    return Wanted(film.id, language, title, transcript, made_of, file=file, captions=beside)


def _hash(script: Script) -> str:
    scenes = [
        [
            scene.words,
            scene_svg(scene.drawing, 100, mirrored=script.mirrored),
            _hash_of_file(scene.recording) if scene.recording else None,
        ]
        for scene in script.scenes
    ]
    return hash_of([FORM, script.film, script.language, script.title, script.voice, scenes])


def _hash_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
