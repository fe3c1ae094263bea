"""The drafts that can be tried on the web page: a reviewer's link names one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from store import drafts
from store.engine import Database


class Drafts:
    """What this process knows of open drafts; each is looked up when somebody comes with its link."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock
        self._open: set[str] = set()

    async def look(self, wanted: str) -> None:
        """Looks whether this is a draft that is open, if it may be one."""
        if not drafts.is_name(wanted):
            return

        def is_open() -> bool:
            with self._database.read() as tx:
                return drafts.is_open(tx, wanted, self._clock())

        if await asyncio.to_thread(is_open):
            self._open.add(wanted)
        else:
            self._open.discard(wanted)

    def __contains__(self, programme: str) -> bool:
        return programme in self._open
