"""What one process has written and others may be waiting for: PostgreSQL tells them.

A bell is a hint and saves time; the truth is in the tables, and everybody who listens also looks by
himself now and then. SQLite has no bells: it is for one process.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import psycopg
from sqlalchemy import Connection, func, select

from store.engine import Database, process_of

log = logging.getLogger(__name__)

CHANNEL = "pasito"
PATIENCE_SECONDS = 1.0  # so long it listens before it looks whether it is to end
AGAIN_SECONDS = 1.0  # after the database was away


def strike(tx: Connection) -> None:
    """Rings in all other processes when this transaction is committed; many times in one count once."""
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_notify(CHANNEL, process_of(tx))))


class Bell:
    """A thread with a connection of its own, which hears what other processes have struck."""

    def __init__(self, database: Database, heard: Callable[[], None]) -> None:
        """heard: is called in this thread, and must not wait."""
        self._database = database
        self._heard = heard
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pasito-bell", daemon=True)

    def start(self) -> None:
        if not self._database.is_sqlite:
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg.Error:
                log.warning("The bell of the database is not heard; everybody looks by himself until it is.")
                self._stopping.wait(AGAIN_SECONDS)

    def _listen(self) -> None:
        url = self._database.writing.url.set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._heard()  # whatever was struck before
            while not self._stopping.is_set():
                for notice in connection.notifies(timeout=PATIENCE_SECONDS, stop_after=1):
                    if notice.payload != self._database.process:
                        self._heard()
