"""The driver below SQLAlchemy, where it has to be told something.

SQLite's is called without what SQLAlchemy does around it: with a few rows in a batch, taking a
connection out of a pool, beginning a transaction and looking up what is known of a statement took
longer than the statements themselves. PostgreSQL's is told what not to prepare.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

PATIENCE_SECONDS = 30.0


def driver_of(tx: Connection) -> Any:
    """The driver's own connection, in the middle of this transaction."""
    return tx.connection.driver_connection


@contextmanager
def told(tx: Connection, sql: str) -> Iterator[None]:
    """An error of the driver as everybody here knows it, without the values of people."""
    driver: Any = tx.dialect.dbapi
    try:
        yield
    except driver.Error as error:
        raise DBAPIError.instance(sql, None, error, driver.Error, hide_parameters=True) from error


@contextmanager
def planned_anew(tx: Connection) -> Iterator[None]:
    """What runs inside is not prepared on PostgreSQL, so it is planned for the tables as they are now.

    A plan that was made for empty tables stays with a prepared statement until the tables are analysed.
    For a join of many tables that was a thousand times as slow: all replies of all people, compared.
    """
    driver = driver_of(tx)
    kept, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        yield
    finally:
        driver.prepare_threshold = kept


class KeptConnection:
    """The one connection that writes, opened once; a second transaction waits for the first.

    For SQLAlchemy it is in one transaction that never ends; where one really begins and ends the
    driver is told.
    """

    def __init__(self, engine: Engine, after: Callable[[Connection], None]) -> None:
        """after: is done behind each commit, before the next transaction."""
        self._engine = engine
        self._after = after
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Committed when the block has ended, rolled back when it raises.

        Raises SQLAlchemy's TimeoutError when another transaction lasts too long.
        """
        if not self._lock.acquire(timeout=PATIENCE_SECONDS):
            raise NoConnectionError(f"Another transaction writes for {PATIENCE_SECONDS:.0f} seconds already.")
        try:
            tx = self._opened()
            driver = driver_of(tx)
            with told(tx, "BEGIN IMMEDIATE"):
                driver.execute("BEGIN IMMEDIATE")
            try:
                yield tx
                with told(tx, "COMMIT"):
                    driver.execute("COMMIT")
            except BaseException:
                driver.rollback()
                raise
            self._after(tx)
        finally:
            self._lock.release()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _opened(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            self._connection.begin()
        return self._connection
