"""A file goes up to a platform once; everybody after that gets it by the id that the platform gave it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

from bot.worker import microseconds
from store import uploads
from store.engine import Database
from store.writer import Writer

log = logging.getLogger(__name__)

UPLOAD_SECONDS = 180.0  # 5 MB at a quarter of a megabit a second
TURN_SECONDS = 20.0  # so long somebody waits for a file that goes up for others; then she is served later
AGAIN_SECONDS = 15.0
TRIES = 3  # so often it is tried to get a film through to somebody; then she gets the way to it
REFUSED_SECONDS = 3600.0  # so long a file that a platform refuses is not offered to it again
AT_ONCE = 2  # of one account: more of them would share the same line, and all come late


class BusyError(Exception):
    """The file is on its way up for others, or the line is taken by other files."""


class Ids(Protocol):
    """Under which ids a platform knows files of ours; files have names that never stand for two contents."""

    async def find(self, file: str) -> str | None: ...

    async def keep(self, file: str, id: str) -> None: ...

    async def forget(self, file: str, id: str) -> None: ...


class StoredIds:
    """The ids of one account, in the database: they outlive the process. kept: microseconds that they are good."""

    def __init__(
        self,
        database: Database,
        writer: Writer,
        programme: str,
        account: str,
        kept: int,
        *,
        now: Callable[[], int] = microseconds,
    ) -> None:
        self._database = database
        self._writer = writer
        self._whose = (programme, account)
        self._kept = kept
        self._now = now

    async def find(self, file: str) -> str | None:
        def read() -> str | None:
            with self._database.read() as tx:
                return uploads.upload_id(tx, *self._whose, file, self._now())

        return await asyncio.to_thread(read)

    async def keep(self, file: str, id: str) -> None:
        until = self._now() + self._kept
        written = self._writer.call(lambda tx: uploads.keep_upload(tx, *self._whose, file, id, until))
        await asyncio.wrap_future(written)

    async def forget(self, file: str, id: str) -> None:
        written = self._writer.call(lambda tx: uploads.forget_upload(tx, *self._whose, file, id))
        await asyncio.wrap_future(written)


class Uploads:
    """The uploads of one account: one of a file at a time, however many people wait for it."""

    def __init__(self, ids: Ids, *, turn_seconds: float = TURN_SECONDS) -> None:
        self._ids = ids
        self._turn_seconds = turn_seconds
        self._turns: dict[str, asyncio.Lock] = {}
        self._line = asyncio.Semaphore(AT_ONCE)
        self._refused: dict[str, float] = {}

    async def find(self, file: str) -> str | None:
        """The platform's id of a file that was uploaded before."""
        return await self._ids.find(file)

    @asynccontextmanager
    async def turn(self, file: str) -> AsyncIterator[str | None]:
        """Yields None when it is our turn to upload the file, or its id if others have done it meanwhile.

        Raises BusyError.
        """
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self._turn_seconds):
                    await held.enter_async_context(self._turns.setdefault(file, asyncio.Lock()))
                    id = await self._ids.find(file)
                    if id is None:
                        await held.enter_async_context(self._line)
            except TimeoutError:
                raise BusyError from None
            yield id

    async def keep(self, file: str, id: str) -> None:
        """From now on the file is sent by this id."""
        try:
            await self._ids.keep(file, id)
        except Exception:  # the message went out already; only the next one costs an upload more
            log.exception("The id of an uploaded file could not be kept; it will be uploaded again.")

    async def forget(self, file: str, id: str) -> None:
        """The platform takes this id no more."""
        await self._ids.forget(file, id)

    def refuse(self, file: str) -> None:
        """The platform does not take the file itself: for a while nobody tries again."""
        log.warning("A platform does not take the film %s. For an hour people get the way to it.", file)
        self._refused[file] = time.monotonic() + REFUSED_SECONDS

    def is_refused(self, file: str) -> bool:
        return self._refused.get(file, 0.0) > time.monotonic()
