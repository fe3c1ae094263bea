"""The films: 60 to 90 seconds, scene by scene. Their spoken words can also be read in the chat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from content.guarded_yaml import Document
from content.problems import Report
from content.shapes import Code, File, Shape, Text, check_schema, shaped
from content.words import Words

LEAST_WORDS = 95
MOST_WORDS = 150
SCENE_WORDS = 27  # so that the subtitles fit
WORDS_A_MINUTE = 110

# Scripts without spaces between words, and about how many signs make one word.
_UNSPACED = (
    (re.compile(r"[\u3040-\u30ff\u3400-\u9fff]"), 2),
    (re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"), 5),
)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])\s*")


@dataclass(frozen=True, slots=True)
class Film:
    """A film. `scenes` is their number, `seconds` about how long the narration takes."""

    id: str
    scenes: int
    seconds: int


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


class FilmShape(Shape):
    title: Text
    scenes: Annotated[list[SceneShape], Field(min_length=1, max_length=12)]


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
        spoken = sum(word_count(scene.words) for scene in shape.scenes)
        films[id] = Film(id, len(shape.scenes), round(spoken * 60 / WORDS_A_MINUTE) + len(shape.scenes))
        texts[f"films/{id}/title"] = shape.title
        for n, scene in enumerate(shape.scenes, 1):
            texts[f"films/{id}/scenes/{n}/picture"] = scene.picture
            texts[f"films/{id}/scenes/{n}/words"] = scene.words
    return (films, texts) if len(report.errors) == before else None


def _check_length(id: str, shape: FilmShape, document: Document, report: Report) -> None:
    counts = [word_count(scene.words) for scene in shape.scenes]
    if not LEAST_WORDS <= sum(counts) <= MOST_WORDS:
        place = document.marks.key("films", id)
        report.add("FILM-001", place, film=id, found=sum(counts), least=LEAST_WORDS, most=MOST_WORDS)
    for index, count in enumerate(counts):
        if count > SCENE_WORDS:
            place = document.marks.at("films", id, "scenes", index, "words")
            report.add("FILM-002", place, film=id, scene=index + 1, found=count, limit=SCENE_WORDS)
