"""A claim that is part of every batch of the writer.

So what a batch accepts or writes is claimed in the same transaction, whoever brought it about, and
nobody has to ask for a transaction of his own just to look.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Generic, TypeVar

from sqlalchemy import Connection

from store.errors import WriterStoppedError
from store.writer import Writer

Claimed = TypeVar("Claimed")


class Standing(Generic[Claimed]):
    """claim: finds what is to be done. take: is given what was found, or the failure; in the writer's thread.

    After a failure it stands still until `join` is called again.
    """

    def __init__(
        self,
        writer: Writer,
        claim: Callable[[Connection], list[Claimed]],
        take: Callable[[Future[list[Claimed]]], None],
    ) -> None:
        self._writer = writer
        self._claim = claim
        self._take = take
        self._lock = threading.Lock()
        self._joined: Future[list[Claimed]] | None = None
        self._handing = False
        self._ended = False

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is being claimed or handed over."""
        with self._lock:
            return self._joined is None and not self._handing

    def join(self) -> None:
        """Takes part from the next batch on. Raises WriterStoppedError."""
        with self._lock:
            if self._joined is not None or self._ended:
                return
            joined = self._joined = self._writer.join(self._claim)
        joined.add_done_callback(self._done)

    def end(self) -> None:
        """Takes part no more. What is being claimed at this moment is still handed over."""
        with self._lock:
            self._ended = True
            joined = self._joined
        if joined is not None:
            joined.cancel()

    def _done(self, joined: Future[list[Claimed]]) -> None:
        called_off = joined.cancelled()
        failed = not called_off and joined.exception() is not None
        with self._lock:
            self._joined = None
            self._handing = failed or (not called_off and bool(joined.result()))
        if self._handing:
            self._take(joined)
            self._handing = False
        if not (failed or called_off):
            with suppress(WriterStoppedError):
                self.join()
