"""The shelf: compiled versions of packs, read from the database when somebody needs them."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from content.problems import Report, render
from flows.compiler import compile_pack
from flows.state import State
from flows.version import Version, Versions
from store import packs
from store.engine import Database

LIBRARY = "flows/library/"
LOOK_SECONDS = 2.0


class BrokenPackError(Exception):
    """A published version does not compile any more: it was made by an incompatible release."""


class Shelf:
    """Hands out the live version of a programme, with those its people are still in.

    Versions never change, so each is compiled once. Which one is live is asked again after
    `refresh()`, or when the worker looks.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._compiled: dict[str, Version] = {}
        self._versions: dict[str, Versions] = {}

    def versions(self, programme: str) -> Versions:
        with self._lock:
            if programme not in self._versions:
                self._versions[programme] = Versions(self._compile(programme, self._live_id(programme)))
            return self._versions[programme]

    def versions_for(self, programme: str, state: State) -> Versions:
        """As `versions`, with every structure this conversation is pinned to."""
        versions = self.versions(programme)
        missing = versions.missing(state)
        if not missing:
            return versions
        with self._lock:
            older = dict(versions.older)
            with self._database.read() as tx:
                found = [packs.with_structure(tx, programme, structure) for structure in sorted(missing)]
            for pinned in found:
                if pinned is not None:
                    older[pinned.structure] = self._compile(programme, pinned.version)
            self._versions[programme] = Versions(versions.live, older)
            return self._versions[programme]

    def refresh(self) -> None:
        """Looks whether another version is live now."""
        for programme, versions in list(self._versions.items()):
            id = self._live_id(programme)
            live = self._compile(programme, id)
            if live is not versions.live:
                older = {**versions.older, versions.live.structure: versions.live}
                with self._lock:
                    self._versions[programme] = Versions(live, older)

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
    """A published version, with the library it was published with."""
    report = Report()
    files = {path: text.encode() for path, text in sources.items()}
    library = {path: source for path, source in files.items() if path.startswith(LIBRARY)}
    pack = {path: source for path, source in files.items() if not path.startswith(LIBRARY)}
    version = compile_pack(pack, report, library, published=True)
    if version is None:
        raise BrokenPackError(render(report.errors))
    return version
