"""The shelf: compiled versions of packs, read from the database when somebody needs them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.player.copies import can_be_watched
from content.problems import Report, render
from films.shelf import FilmShelf
from flows.compiler import compile_pack
from flows.films import NO_FILMS, FilmFacts
from flows.state import State
from flows.version import Version, Versions
from store import drafts, packs
from store.engine import Database

# The versions of a programme, and the id of the live one in the store.
Published = tuple[Versions, str]

LOOK_SECONDS = 2.0


class BrokenPackError(Exception):
    """A published version does not compile any more: it was made by an incompatible release."""


class MadeFilms:
    """The films of a programme that can be watched, for its conversations."""

    def __init__(self, shelf: FilmShelf, programme: str) -> None:
        self._shelf = shelf
        self._programme = programme

    def find(self, film: str, languages: Sequence[str]) -> FilmFacts | None:
        """The film in the first of these languages that it was made in; None if it cannot be watched."""
        found = self._shelf.find(self._programme, film, languages)
        if found is None or not can_be_watched(self._shelf, found):
            return None
        large, small = (copy.bytes if copy else 0 for copy in (found.large, found.small))
        return FilmFacts(found.language, found.seconds, large, small)


class Shelf:
    """Hands out the live version of a programme, with those its people are still in.

    Versions never change, so each is compiled once. Which one is live is asked again by
    `refresh()`, which the worker calls every few seconds.
    """

    def __init__(self, database: Database, films: FilmShelf | None = None) -> None:
        """films: those of this deployment, for who talks; without them none is offered."""
        self._database = database
        self._films = films
        self._lock = threading.Lock()
        self._compiled: dict[str, Version] = {}
        self._shown: dict[str, Published] = {}

    def versions(self, programme: str) -> Published:
        """The live version of a programme, with the older ones that somebody needed so far."""
        with self._lock:
            return self._versions(programme)

    def versions_for(self, programme: str, state: State) -> Published:
        """As `versions`, with every structure this conversation is pinned to."""
        with self._lock:
            versions, id = self._versions(programme)
            missing = versions.missing(state)
            if not missing:
                return versions, id
            older = dict(versions.older)
            with self._database.read() as tx:
                found = [packs.with_structure(tx, programme, structure) for structure in sorted(missing)]
            for pinned in found:
                if pinned is not None:
                    older[pinned.structure] = self._compile(programme, pinned.version)
            self._shown[programme] = replace(versions, older=older), id
            return self._shown[programme]

    def refresh(self) -> None:
        """Looks whether another version is live now. Nobody waits while it is compiled."""
        for programme, (_, shown) in list(self._shown.items()):
            id = self._live_id(programme)
            if id == shown:
                continue
            live = self._compile(programme, id)
            with self._lock:
                versions, _ = self._shown[programme]
                older = {**versions.older, versions.live.structure: versions.live}
                self._shown[programme] = replace(versions, live=live, older=older), id

    def _versions(self, programme: str) -> Published:
        if programme not in self._shown:
            id = self._live_id(programme)
            films = MadeFilms(self._films, drafts.pack_of(programme)) if self._films else NO_FILMS
            self._shown[programme] = Versions(self._compile(programme, id), films=films), id
        return self._shown[programme]

    def _live_id(self, programme: str) -> str:
        with self._database.read() as tx:
            live = packs.live(tx, programme)
        if live is None:
            raise BrokenPackError(
                f"The programme '{programme}' has no published pack. Run: pasito pack publish"
            )
        return live.version

    def _compile(self, programme: str, id: str) -> Version:
        key = f"{programme}/{id}"
        if key not in self._compiled:
            with self._database.read() as tx:
                sources = packs.sources(tx, programme, id)
            self._compiled[key] = compiled(sources)
        return self._compiled[key]


def compiled(sources: Mapping[str, str]) -> Version:
    """A published version, with the library and the packs it was published with."""
    report = Report()
    version = compile_pack({path: text.encode() for path, text in sources.items()}, report, published=True)
    if version is None:
        raise BrokenPackError(render(report.errors))
    return version
