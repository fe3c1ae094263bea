"""Copies SQLite's write-ahead log into its database, beside those who write.

A commit only adds to the log; copying it costs about as much again. Left to the commit that fills
the log, a whole batch of people waits for it. Here a thread with a connection of its own copies
what is there, again and again while something is written. SQLite does this without holding up
writers or readers, and versions from `engine.LEAST_SQLITE` on do it safely beside a writer.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.25  # between two copies: pages that change again and again are copied once
# The writer copies by itself when the log grows beyond so many pages (32 MB), however busy we are.
MOST_PAGES = 8_000


class Checkpoints:
    """The thread that copies. It begins with the first `due()` and ends with `stop()`."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        """connect: opens a connection of the driver's, without transactions of its own."""
        self._connect = connect
        self._due = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def due(self) -> None:
        """Something was committed."""
        if not self._due.is_set():
            self._due.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="pasito-checkpoints", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._due.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        connection = self._connect()
        while not self._stopping.wait(PAUSE_SECONDS):
            self._due.wait()
            self._due.clear()
            try:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            except Exception:  # the writer copies when the log has grown; nothing is lost
                log.exception("The write-ahead log could not be copied; it is tried again.")
        connection.close()
