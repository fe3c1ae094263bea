"""In development, a pack that is changed on disk is live a moment later; in production only `pack publish` does that."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from content.problems import render
from pasito.letters import BrokenPack
from pasito.packs_on_disk import published_sources
from pasito.settings import Settings

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0


class PackWatcher:
    """Looks at the files of packs, and publishes a pack when they are other ones than before.

    A change that does not compile is told to its author; what was live stays live.
    """

    def __init__(self, settings: Sequence[Settings], publish: Callable[[Settings], object]) -> None:
        self._publish = publish
        self._seen = {one.programme: (one, _files(one)) for one in settings}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="pasito-packs", daemon=True)

    def start(self) -> None:
        if self._seen:
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            for programme, (settings, before) in list(self._seen.items()):
                try:
                    self.look(programme, settings, before)
                except Exception:  # a file may be half written; the next look sees it whole
                    log.exception("The pack '%s' could not be looked at.", programme)

    def look(self, programme: str, settings: Settings, before: object) -> None:
        """Publishes the pack if its files have changed."""
        now = _files(settings)
        if now == before:
            return
        try:
            self._publish(settings)  # what fails for another reason than the pack is tried again
        except BrokenPack as broken:
            log.warning(
                "'%s' was changed and cannot be used like this:\n%s", programme, render(broken.problems)
            )
        else:
            log.info("'%s' was changed and is live.", programme)
        self._seen[programme] = (settings, now)


def _files(settings: Settings) -> dict[str, bytes]:
    return dict(published_sources(settings))
