"""What a film is made from: its words in one language, what is drawn, and who speaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from content.drawings import Placed
from content.films import Film, word_count
from content.languages import language_name
from content.pack import Pack
from content.raster import missing_font
from content.voices import SILENT, voice_for
from content.words import SOURCE_LANGUAGE, Words, chain, direction
from films.errors import FilmError

RECORDINGS = "recordings"
RECORDED = (".wav", ".mp3", ".ogg", ".m4a")
_SENTENCE = re.compile(r"(?<=[.!?…؟۔।])\s+|(?<=[。！？])\s*")
_FEW_WORDS, _MOST_LAST = 5, 13  # on the last card: a short sentence takes the one before with it


@dataclass(frozen=True, slots=True)
class Scene:
    """What is said, seen and drawn. recording: somebody's voice in a file."""

    words: str
    picture: str
    drawing: tuple[Placed, ...]
    recording: Path | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """A film in one language. voice: the one that reads what nobody has recorded, or `none`."""

    film: str
    language: str
    title: str
    scenes: tuple[Scene, ...]
    voice: str

    @property
    def mirrored(self) -> bool:
        return direction(self.language) == "rtl"

    @property
    def is_silent(self) -> bool:
        return self.voice == SILENT and not any(scene.recording for scene in self.scenes)

    @property
    def last_words(self) -> str:
        """What to do now: the last sentence; if it is short, the one before it on a line of its own."""
        sentences = [sentence for sentence in _SENTENCE.split(self.scenes[-1].words) if sentence.strip()]
        last = sentences[-1]
        if len(sentences) > 1 and word_count(last) < _FEW_WORDS:
            both = f"{sentences[-2]}\n{last}"
            last = both if word_count(both) <= _MOST_LAST else last
        return last


def script_of(
    pack: Pack, words: Words, film: Film, language: str, folder: Path | None, *, spoken: bool = True
) -> Script:
    """A film of a pack, ready to be made. folder: the pack's, where recordings are. spoken: False for one
    that is only looked at.

    Raises FilmError when its texts are not translated, no voice speaks the language, or a font is missing.
    """
    missing = missing_texts(pack, film, language)
    if missing:
        raise FilmError(
            f"Not translated into {language}: {', '.join(missing)}. "
            f"Translate them in po/{language}.po (pasito i18n update)."
        )
    scenes = tuple(_scene(words, film, number, language, folder) for number in range(1, film.scenes + 1))
    for number, scene in enumerate(scenes, 1):
        if not any(char.isalnum() for char in scene.words):
            raise FilmError(f"Nothing is said in scene {number}. Write its words, or take the scene out.")
    voice = _voice(pack, scenes, language) if spoken else SILENT
    script = Script(film.id, language, words.of(f"films/{film.id}/title", language), scenes, voice)
    package = missing_font("".join([script.title, *(scene.words for scene in scenes)]))
    if package is not None:
        raise FilmError(f"The font for this script is not installed. Install it: pip install {package}")
    return script


def missing_texts(pack: Pack, film: Film, language: str) -> tuple[str, ...]:
    """The keys of a film's texts that are not finished in a language; its pictures may stay in English."""
    tags = chain(language)
    if not tags:
        return ()
    keys = [
        f"films/{film.id}/title",
        *(f"films/{film.id}/scenes/{n}/words" for n in range(1, film.scenes + 1)),
    ]
    finished = {key for tag in tags for key, one in pack.catalogues.get(tag, {}).items() if not one.fuzzy}
    return tuple(key for key in keys if key not in finished)


def recordings(folder: Path, film: str, scene: int, language: str) -> Iterator[Path]:
    """Where a recorded voice for a scene may lie; the first that is there counts."""
    for tag in chain(language) or (SOURCE_LANGUAGE,):
        for ending in RECORDED:
            yield folder / RECORDINGS / tag / f"{film}-{scene}{ending}"


def _scene(words: Words, film: Film, number: int, language: str, folder: Path | None) -> Scene:
    key = f"films/{film.id}/scenes/{number}"
    seen = f"{key}/picture"
    known = words.language_of(seen, language) == words.language_of(f"{key}/words", language)
    found = (
        (path for path in recordings(folder, film.id, number, language) if path.is_file()) if folder else ()
    )
    return Scene(
        words=" ".join(words.of(f"{key}/words", language).split()),
        picture=words.of(seen, language) if known else "",
        drawing=film.drawings[number - 1] if film.drawings else (),
        recording=next(iter(found), None),
    )


def _voice(pack: Pack, scenes: tuple[Scene, ...], language: str) -> str:
    voice = voice_for(language, pack.voices)
    if voice is not None:
        return voice
    if all(scene.recording is not None for scene in scenes):
        return SILENT
    raise FilmError(
        f"No voice speaks {language_name(language)} ({language}). Record the scenes "
        f"({RECORDINGS}/{language}/V01-1.wav, and so on), or write in pack.yaml: "
        f"voices: {{{language}: {SILENT}}}. Then the words are shown and not spoken."
    )
