"""Opens the database: one connection that writes, a pool that only reads.

The same code runs on SQLite (through pysqlite3, which brings a current SQLite) and on
PostgreSQL (through psycopg 3).
"""

from __future__ import annotations

import logging
import os
import platform
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from store.checkpoints import MOST_PAGES, Checkpoints
from store.driver import KeptConnection, driver_of
from store.vault import Vault
from store.watch import Watch

log = logging.getLogger(__name__)

# Versions 3.7.0 to 3.51.2 can corrupt a WAL database when two connections checkpoint and write.
LEAST_SQLITE = (3, 51, 3)

_SQLITE_PRAGMAS = (
    "busy_timeout=5000",  # first of all: what comes next may have to wait for another process
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "trusted_schema=OFF",
)
# The writer keeps the pages it changes again and again: 64 MB of them, and what it sorts, in memory.
_WRITER_PRAGMAS = (
    *_SQLITE_PRAGMAS,
    "cache_size=-65536",
    "temp_store=MEMORY",
    f"wal_autocheckpoint={MOST_PAGES}",
)
# The driver keeps prepared statements and gives up the newest when it has too many: after the hundred
# statements of a migration the ones in daily use were prepared anew each time, ten times as slow.
_STATEMENTS_KEPT = 1_000
_POSTGRES_OPTIONS = (
    "-c synchronous_commit=on -c statement_timeout=5000 -c lock_timeout=2000 "
    "-c idle_in_transaction_session_timeout=10000 -c timezone=UTC"
)
_READERS = 8
SHARDS = 16
_PATIENCE_SECONDS = 5.0


class DatabaseRefusedError(Exception):
    """The database cannot be used as it is. The message is for the operator."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. Whoever writes takes `begin()`, whoever reads takes `read()`.

    There is one writing connection for each process: a second `begin()` waits for the first.
    """

    writing: Engine
    reading: Engine
    vault: Vault
    # SQLite's only: the connection that writes, and who copies its log beside the writer.
    kept: KeptConnection | None = None
    checkpoints: Checkpoints | None = None
    # Counters that many writers share have sixteen slots; a process always writes into the same one.
    shard: int = field(default_factory=lambda: os.getpid() % SHARDS)
    # A name that no other process has.
    process: str = field(default_factory=lambda: secrets.token_hex(8))
    watch: Watch = field(default_factory=Watch)

    @property
    def is_sqlite(self) -> bool:
        return self.writing.dialect.name == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One writing transaction. It is durable when the block has ended.

        What was erased in it is then overwritten in SQLite's files, too.
        """
        with self.kept.transaction() if self.kept else self.writing.begin() as connection:
            connection.info.update(vault=self.vault, shard=self.shard, process=self.process, watch=self.watch)
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that cannot write."""
        with self.reading.connect() as connection:
            connection.info["vault"] = self.vault
            yield connection

    def close(self) -> None:
        if self.checkpoints is not None:
            self.checkpoints.stop()
        if self.kept is not None:
            self.kept.close()
        self.writing.dispose()
        self.reading.dispose()


_SCRUB = "scrub"


def shard_of(tx: Connection) -> int:
    """This process's slot in shared counters, 0 to 15. Readers sum over all slots."""
    return int(tx.info["shard"])


def process_of(tx: Connection) -> str:
    """The name of the process that this transaction is in."""
    return str(tx.info["process"])


def watch_of(tx: Connection) -> Watch:
    """What this process remembers of the database's clock."""
    watch = tx.info["watch"]
    assert isinstance(watch, Watch)
    return watch


def vault_of(tx: Connection) -> Vault:
    """The keys that belong to this connection's database."""
    vault = tx.info["vault"]
    assert isinstance(vault, Vault)
    return vault


def scrub_after_commit(tx: Connection) -> None:
    """Asks that after this transaction nothing deleted stays behind in SQLite's write-ahead log."""
    tx.info[_SCRUB] = True


def open_database(url: str, *, secret: bytes) -> Database:
    """Opens `sqlite:///path` or `postgresql://…`.

    Raises `DatabaseRefusedError` with a sentence for the operator.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(parsed, Vault(secret))
    if backend in ("postgresql", "postgres"):
        return _open_postgres(parsed, Vault(secret))
    raise DatabaseRefusedError(
        f"PASITO_DATABASE_URL begins with '{parsed.drivername}'. Use sqlite:///path or postgresql://…"
    )


def refuse_old_sqlite(version: tuple[int, ...]) -> None:
    """Raises `DatabaseRefusedError` for a version that can damage its own file."""
    if version < LEAST_SQLITE:
        found, least = (".".join(map(str, parts)) for parts in (version, LEAST_SQLITE))
        raise DatabaseRefusedError(
            f"This SQLite is {found}. Versions before {least} can damage the database. "
            "Install pysqlite3 0.6.1 or later, or use PostgreSQL."
        )


def _open_sqlite(url: URL, vault: Vault) -> Database:
    if not url.database or url.database == ":memory:":
        raise DatabaseRefusedError("SQLite needs a file: sqlite:///path/to/pasito.db")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    driver = _sqlite_driver()
    refuse_old_sqlite(driver.sqlite_version_info)
    url = url.set(drivername="sqlite+pysqlite")
    common: dict[str, Any] = {"module": driver, "connect_args": _SQLITE_CONNECTION, **_JSON}
    writing = create_engine(url, **common)
    reading = create_engine(url, pool_size=_READERS, **common)
    event.listen(writing, "connect", _prepare_sqlite(_WRITER_PRAGMAS))
    # A reader never checkpoints: that is the work of `checkpoints`, and in need of the writer.
    event.listen(
        reading, "connect", _prepare_sqlite((*_SQLITE_PRAGMAS, "query_only=ON", "wal_autocheckpoint=0"))
    )
    event.listen(reading, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))

    def connect() -> Any:
        connection = driver.connect(url.database, check_same_thread=False)
        _prepare_sqlite((*_SQLITE_PRAGMAS, "wal_autocheckpoint=0"))(connection, None)
        return connection

    checkpoints = Checkpoints(connect)

    def after_commit(tx: Connection) -> None:
        checkpoints.due()
        if tx.info.pop(_SCRUB, False) and not _scrubbed(tx):
            tx.info[_SCRUB] = True  # the next commit tries again

    return Database(writing, reading, vault, KeptConnection(writing, after_commit), checkpoints)


def _open_postgres(url: URL, vault: Vault) -> Database:
    url = url.set(drivername="postgresql+psycopg")
    writing = create_engine(
        url,
        pool_size=1,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"options": _POSTGRES_OPTIONS},
        **_JSON,
    )
    readers = f"{_POSTGRES_OPTIONS} -c default_transaction_read_only=on"
    reading = create_engine(
        url, pool_size=_READERS, pool_pre_ping=True, connect_args={"options": readers}, **_JSON
    )
    return Database(writing, reading, vault)


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


_JSON: dict[str, Any] = {"json_serializer": _to_json, "json_deserializer": orjson.loads}


_SQLITE_CONNECTION = {"check_same_thread": False, "cached_statements": _STATEMENTS_KEPT}


def _sqlite_driver() -> ModuleType:
    # pysqlite3 has no wheels for Windows; there the interpreter's own SQLite has to be new enough.
    if platform.system() == "Windows":
        import sqlite3

        return sqlite3
    import pysqlite3.dbapi2

    driver: ModuleType = pysqlite3.dbapi2
    return driver


def _prepare_sqlite(pragmas: tuple[str, ...]) -> Any:
    def prepare(connection: Any, record: Any) -> None:
        # The driver must not open transactions of its own: the "begin" event above does.
        connection.isolation_level = None
        for pragma in pragmas:
            _set_patiently(connection, pragma)

    return prepare


def _set_patiently(connection: Any, pragma: str) -> None:
    """Two processes that make a new file at once: SQLite does not wait by itself to change its journal."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}")
            return
        except Exception as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _scrubbed(connection: Connection) -> bool:
    """Copies the log into the database and empties it. False if a reader was in the way.

    What was committed is committed: whatever goes wrong here, nobody may do the work again.
    """
    raw = driver_of(connection)
    try:
        raw.execute("PRAGMA busy_timeout=100")  # a long read must not hold up everybody's writing
        busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        raw.execute("PRAGMA busy_timeout=5000")
    except Exception:
        log.exception("What was erased could not be overwritten yet; the next commit tries again.")
        return False
    return not busy
