"""The films: 60 to 90 seconds, scene by scene. Their spoken words can also be read in the chat.

An economy can show a film of its own in a language, from a file or at an address; then it is not built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Annotated, Self

from pydantic import Field, model_validator

from content.directory import Address
from content.drawings import MOST_PARTS, Placed, PlacedShape, parts
from content.guarded_yaml import Document
from content.problems import Place, Report, did_you_mean
from content.shapes import Code, File, Shape, Text, check_schema, shaped
from content.words import Words, is_language

LEAST_WORDS = 95
MOST_WORDS = 150
SCENE_WORDS = 27  # so that the subtitles fit
LONGER = 1.3  # how much longer a translation may be
WORDS_A_MINUTE = 110

# Scripts without spaces between words, and about how many signs make one word.
_UNSPACED = (
    (re.compile(r"[\u3040-\u30ff\u3400-\u9fff]"), 2),
    (re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"), 5),
)
_SPOKEN = re.compile(r"films/([^/]+)/scenes/(\d+)/words")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])\s*")


@dataclass(frozen=True, slots=True)
class OwnFilm:
    """What an economy shows in place of the film that would be built: a file of its pack, or an address.

    seconds: how long the film at an address is. bytes: how big, 0 if nobody knows.
    """

    file: str | None = None
    address: str | None = None
    seconds: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Film:
    """A film. `scenes` is their number, `seconds` about how long the narration takes.

    drawings: what is seen in each scene; empty where nobody has drawn it yet. own: by language.
    """

    id: str
    scenes: int
    seconds: int
    drawings: tuple[tuple[Placed, ...], ...] = ()
    own: Mapping[str, OwnFilm] = field(default_factory=dict)


def word_count(text: str) -> int:
    """How many words are spoken; for scripts without spaces an estimate."""
    count = 0
    for signs, per_word in _UNSPACED:
        text, found = signs.subn(" ", text)
        count += -(-found // per_word)
    return count + sum(1 for part in text.split() if any(char.isalnum() for char in part))


def spoken_parts(film: Film, words: Words, language: str, parts: int = 3, limit: int = 45) -> tuple[str, ...]:
    """What is said in a film, as messages of at most `limit` words, about equally long.

    They break between scenes where that fits, else between sentences; a film too long for `parts`
    messages takes more.
    """
    scenes = [words.of(f"films/{film.id}/scenes/{n}/words", language) for n in range(1, film.scenes + 1)]
    sentences = [sentence for scene in scenes for sentence in _SENTENCE.split(scene) if sentence]
    least = -(-sum(word_count(scene) for scene in scenes) // parts)  # in the longest message
    for pieces in (scenes, sentences):
        for size in range(least, limit + 1):
            messages = _packed(pieces, size)
            if len(messages) <= parts and all(word_count(message) <= limit for message in messages):
                return messages
    return _packed(sentences, limit)


def _packed(pieces: Sequence[str], size: int) -> tuple[str, ...]:
    """The pieces in order, as many in one message as stay within `size` words."""
    messages: list[list[str]] = []
    words = size
    for piece in pieces:
        words += word_count(piece)
        if not messages or words > size:
            messages.append([])
            words = word_count(piece)
        messages[-1].append(piece)
    return tuple(" ".join(message) for message in messages)


# What an author writes


class SceneShape(Shape):
    picture: Text
    words: Text
    drawing: Annotated[list[PlacedShape], Field(default_factory=list, max_length=MOST_PARTS)]


class OwnShape(Shape):
    file: Text | None = None
    address: Address | None = None
    seconds: Annotated[int, Field(ge=1, le=600)] | None = None
    bytes: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        at_address = self.address is not None and self.seconds is not None
        if (self.file is not None) == at_address or (
            self.file and (self.address or self.seconds or self.bytes)
        ):
            raise ValueError("either {file: …} or {address: …, seconds: …, bytes: …}")
        return self


class FilmShape(Shape):
    title: Text
    scenes: Annotated[list[SceneShape], Field(min_length=1, max_length=12)]
    own: Annotated[dict[Text, OwnShape], Field(default_factory=dict)]


class FilmsShape(File):
    films: dict[Code, FilmShape]


def read_films(document: Document, report: Report) -> tuple[dict[str, Film], dict[str, str]] | None:
    """The films by id and their words, or None with problems in the report."""
    before = len(report.errors)
    file = shaped(FilmsShape, document, (), document.value, "films.yaml", report)
    if file is None:
        return None
    check_schema(file, document, report)
    films: dict[str, Film] = {}
    texts: dict[str, str] = {}
    for id, shape in file.films.items():
        _check_length(id, shape, document, report)
        _check_drawings(id, shape, document, report)
        _check_own(id, shape, document, report)
        films[id] = _film(id, shape)
        texts[f"films/{id}/title"] = shape.title
        for n, scene in enumerate(shape.scenes, 1):
            texts[f"films/{id}/scenes/{n}/picture"] = scene.picture
            texts[f"films/{id}/scenes/{n}/words"] = scene.words
    return (films, texts) if len(report.errors) == before else None


def _film(id: str, shape: FilmShape) -> Film:
    spoken = sum(word_count(scene.words) for scene in shape.scenes)
    return Film(
        id,
        len(shape.scenes),
        round(spoken * 60 / WORDS_A_MINUTE) + len(shape.scenes),
        tuple(tuple(_placed(scene.drawing)) for scene in shape.scenes),
        {
            language: OwnFilm(own.file, own.address, own.seconds or 0, own.bytes or 0)
            for language, own in shape.own.items()
        },
    )


def _placed(drawing: Iterable[PlacedShape]) -> Iterator[Placed]:
    """The parts that there are: a scene without one of its parts is still a scene."""
    for one in drawing:
        if one.part in parts():
            yield Placed(one.part, one.x, one.y, one.size, one.colour, one.flip)


def _check_length(id: str, shape: FilmShape, document: Document, report: Report) -> None:
    counts = [word_count(scene.words) for scene in shape.scenes]
    if not LEAST_WORDS <= sum(counts) <= MOST_WORDS:
        place = document.marks.key("films", id)
        report.add("FILM-001", place, film=id, found=sum(counts), least=LEAST_WORDS, most=MOST_WORDS)
    for index, count in enumerate(counts):
        place = document.marks.at("films", id, "scenes", index, "words")
        if count > SCENE_WORDS:
            report.add("FILM-002", place, film=id, scene=index + 1, found=count, limit=SCENE_WORDS)
        elif not count:
            report.add("FILM-003", place, film=id, scene=index + 1)


def _check_drawings(id: str, shape: FilmShape, document: Document, report: Report) -> None:
    empty = [index + 1 for index, scene in enumerate(shape.scenes) if not scene.drawing]
    if 0 < len(empty) < len(shape.scenes):  # a film that nobody has drawn yet shows its words only
        report.add("FILM-005", document.marks.key("films", id), film=id, scenes=empty)
    for index, scene in enumerate(shape.scenes):
        for number, placed in enumerate(scene.drawing):
            if placed.part not in parts():
                place = document.marks.at("films", id, "scenes", index, "drawing", number, "part")
                near = did_you_mean(placed.part, parts())
                report.add("FILM-004", place, film=id, scene=index + 1, part=placed.part, near=near)


def _check_own(id: str, shape: FilmShape, document: Document, report: Report) -> None:
    for language, own in shape.own.items():
        if not is_language(language):
            report.add("PACK-003", document.marks.key("films", id, "own", language), language=language)
        if own.file is not None and not _is_inside(own.file):
            place = document.marks.at("films", id, "own", language, "file")
            report.add("FILM-006", place, file=own.file)


def _is_inside(file: str) -> bool:
    """Whether this is the path of a file in the pack's own folder."""
    path = PurePosixPath(file)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in file and ":" not in file


def check_translated_films(
    texts: Mapping[str, str], translated: Mapping[str, tuple[str, Place]], language: str, report: Report
) -> None:
    """Reports films that take too long in a language, and scenes in which nothing is said.

    texts: the source. translated: by key, the finished translations with their places.
    """
    films: dict[str, list[tuple[int, str, Place]]] = {}
    for key, (text, place) in translated.items():
        match = _SPOKEN.fullmatch(key)
        if match is not None and key in texts:
            films.setdefault(match[1], []).append((int(match[2]), text, place))
    scene_limit, limit = int(SCENE_WORDS * LONGER), int(MOST_WORDS * LONGER)
    for film, scenes in films.items():
        counts = [word_count(text) for _, text, _ in scenes]
        for (scene, _, place), count in zip(scenes, counts, strict=True):
            if count > scene_limit:
                facts = {"film": film, "scene": scene, "language": language}
                report.add("FILM-008", place, found=count, limit=scene_limit, **facts)
            elif not count:
                report.add("FILM-003", place, film=film, scene=scene)
        if sum(counts) > limit:
            report.add("FILM-009", scenes[0][2], film=film, language=language, found=sum(counts), limit=limit)
