"""The guidebook as a value: what a pack has for each of its gaps, chapter by chapter, in one language.

Nothing stands in it that the pack does not hold, so that who changes the pack changes the guidebook.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.player.page import Scenes, scenes_of
from content.directory import Entry
from content.drawings import scene_svg
from content.languages import language_name
from content.words import direction
from flows.directory import worth_knowing
from flows.version import Version

PICTURE = 480  # pixels wide; a page scales it


@dataclass(frozen=True, slots=True)
class Section:
    """A gap. story: the film's words where it comes first; told_with: the gap where they stand already."""

    name: str
    reason: str
    tips: tuple[str, ...]
    story: Scenes | None
    told_with: str | None
    question: str
    answer: str
    explain: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A dimension. picture: SVG of our own; empty where nobody has drawn one."""

    id: str
    title: str
    picture: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Helper:
    """An entry of the directory. known: what one should know before, in words."""

    name: str
    what: str
    known: str
    contact: str


@dataclass(frozen=True, slots=True)
class Helpers:
    """The entries of one kind."""

    title: str
    entries: tuple[Helper, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A law in plain words. source: where it can be read."""

    name: str
    say: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Guide:
    chapters: tuple[Chapter, ...]
    helpers: tuple[Helpers, ...]
    rules: tuple[Rule, ...]


def guide_of(version: Version, language: str) -> Guide:
    """The guidebook of a pack in a language; texts without a translation stand as in the chat."""
    return _Writer(version, language).guide()


class _Writer:
    def __init__(self, version: Version, language: str) -> None:
        self._version = version
        self._pack = version.pack
        self._language = language
        self._told: dict[str, str] = {}  # film -> the gap that its words stand with

    def guide(self) -> Guide:
        chapters = tuple(self._chapter(id) for id in self._pack.chapters)
        return Guide(chapters, tuple(self._helpers()), tuple(self._rules()))

    def _say(self, key: str) -> str:
        return self._version.words.of(key, self._language)

    # --- chapters ---

    def _chapter(self, dimension: str) -> Chapter:
        gaps = [gap.id for gap in self._pack.gaps.values() if gap.dimension == dimension]
        sections = tuple(self._section(id) for id in gaps)
        return Chapter(dimension, self._say(f"dimensions/{dimension}/name"), self._picture(gaps[0]), sections)

    def _section(self, id: str) -> Section:
        gap, key = self._pack.gaps[id], f"gaps/{id}"
        name = self._say(f"{key}/name")
        told_with = self._told.get(gap.film) if gap.film else None
        story = scenes_of(self._version, gap.film, self._language) if gap.film and not told_with else None
        if gap.film:
            self._told.setdefault(gap.film, name)
        return Section(
            name=name,
            reason=self._say(f"{key}/reason"),
            tips=tuple(self._say(f"{key}/tips/{number}") for number in range(1, gap.tips + 1)),
            story=story,
            told_with=told_with,
            question=self._say(f"{key}/quiz/ask"),
            answer=self._say(f"{key}/quiz/choices/{gap.right}"),
            explain=self._say(f"{key}/quiz/explain"),
        )

    def _picture(self, gap: str) -> str:
        """The last scene of the film of a gap: there it has worked out."""
        film = self._pack.films.get(self._pack.gaps[gap].film or "")
        drawing = film.drawings[-1] if film is not None and film.drawings else ()
        if not drawing:
            return ""
        return scene_svg(drawing, PICTURE, mirrored=direction(self._language) == "rtl")

    # --- who helps, and what is asked of her ---

    def _helpers(self) -> Iterator[Helpers]:
        directory = self._pack.directory
        for kind in directory.kinds:
            entries = tuple(self._helper(entry) for entry in directory.entries.values() if entry.kind == kind)
            if entries:
                yield Helpers(self._say(f"directory/kinds/{kind}/name"), entries)

    def _helper(self, entry: Entry) -> Helper:
        known = [self._say(f"engine/directory_{word}") for word in worth_knowing(entry)]
        known += map(language_name, entry.languages)
        what = self._say(f"directory/entries/{entry.id}/what")
        return Helper(entry.name, what, ", ".join(known), entry.contact)

    def _rules(self) -> Iterator[Rule]:
        for law in self._pack.laws.values():
            yield Rule(self._say(f"laws/{law.id}/name"), self._say(f"laws/{law.id}/say"), law.source)
