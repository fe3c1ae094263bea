"""The door of the channels that answer at once: an inbound goes in, and one waits until it is answered."""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict

from bot.worker import Worker
from flows import limits
from store import lookups
from store.engine import Database
from store.inbox import Accepted, Arrival, accept
from store.writer import Writer

PATIENCE_SECONDS = 5.0
LOOK_SECONDS = 0.25  # the truth is in the database; being rung is only a hint

# What no screen shows and PostgreSQL does not store: control characters but tab and line end.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def clean(text: str) -> str:
    """Typed words as we keep them: readable, whole characters, and no longer than a message is."""
    whole = text[: limits.TEXT_TYPED].encode("utf-8", "replace").decode("utf-8")
    return _UNSEEN.sub(" ", whole)


class Door:
    """Accepts arrivals, and lets one wait until a conversation has come to rest."""

    def __init__(self, database: Database, writer: Writer, worker: Worker) -> None:
        self.database = database
        self.writer = writer
        self.worker = worker
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        worker.on_finished.append(self._finished)

    async def accept(self, arrival: Arrival) -> Accepted:
        """The arrival is durable when this returns."""
        self._loop = asyncio.get_running_loop()
        accepted = await asyncio.wrap_future(self.writer.submit(accept, arrival, urgent=True))
        if accepted.conversation and accepted.new:
            self.worker.ring(arrival.programme, accepted.conversation)
        return accepted

    async def settled(
        self, programme: str, conversation: str, seq: int = 0, patience: float = PATIENCE_SECONDS
    ) -> bool:
        """Waits until everything up to `seq` is answered and no call of this conversation is out."""
        event = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._waiting[conversation].add(event)
        try:
            until = time.monotonic() + patience
            while not await asyncio.to_thread(self._at_rest, programme, conversation, seq):
                left = until - time.monotonic()
                if left <= 0:
                    return False
                await self._rung(event, min(left, LOOK_SECONDS))
                self.worker.ring(programme, conversation)
            return True
        finally:
            self._waiting[conversation].discard(event)
            if not self._waiting[conversation]:
                del self._waiting[conversation]

    async def news(self, conversation: str, patience: float) -> None:
        """Waits until something was written in a conversation, or patience ends."""
        event = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._waiting[conversation].add(event)
        try:
            await self._rung(event, patience)
        finally:
            self._waiting[conversation].discard(event)

    async def _rung(self, event: asyncio.Event, seconds: float) -> None:
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return
        event.clear()

    def _at_rest(self, programme: str, conversation: str, seq: int) -> bool:
        with self.database.read() as tx:
            return lookups.at_rest(tx, programme, conversation, seq)

    def _finished(self, _: str, conversation: str) -> None:
        """Called by the worker's thread."""
        if self._loop is not None and conversation in self._waiting:
            self._loop.call_soon_threadsafe(self._wake, conversation)

    def heard(self) -> None:
        """Another process has written something; whoever waits looks whether it was for her. From any thread."""
        if self._loop is not None and self._waiting:
            self._loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        for conversation in list(self._waiting):
            self._wake(conversation)

    def _wake(self, conversation: str) -> None:
        for event in self._waiting.get(conversation, ()):
            event.set()
