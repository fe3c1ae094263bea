"""Backup and restore of the whole database, in one form for SQLite and PostgreSQL.

The first line of a backup lists the tables with their columns and how many rows each has; then
come the rows, one a line, all from one snapshot. JSON travels as the text that it is in the
database, so that nothing about it changes on the way. store/sealed_files.py is what lies around it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import (
    JSON,
    Connection,
    LargeBinary,
    Select,
    Table,
    Text,
    cast,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy import table as named_table
from sqlalchemy.exc import IntegrityError

from store import erasure
from store import tables as t
from store.bulk import upsert_rows
from store.engine import Database
from store.schema import newest
from store.sealed_files import About, SealedFileError, read_sealed, write_sealed

# Told while it goes on: how many rows are done, of how many.
Progress = Callable[[int, int], None]

_AT_ONCE = 2_000  # rows that travel together
_MIGRATIONS = Path(__file__).parent / "migrations"


class BackupRefusedError(Exception):
    """It cannot be done as things are. The message is for the operator. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore has done. rows: how many, by table, before anybody was erased again."""

    about: About
    rows: dict[str, int]
    erased_again: int


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one table, as a backup lists them. raw: the columns of bytes, which travel as base64."""

    name: str
    columns: tuple[str, ...]
    raw: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class ErasedMark:
    """One line of the journal of erasures: somebody was erased. `mark` is a keyed hash of her id."""

    programme: str
    mark: str
    at: int


def _silence(done: int, total: int) -> None:
    """Tells nobody."""


# --- out -------------------------------------------------------------------------------------------


def back_up(
    database: Database, file: BinaryIO, secret: bytes, *, now: int, progress: Progress = _silence
) -> dict[str, int]:
    """Writes all tables. How many rows there are, by table. Raises `BackupRefusedError`."""
    tables = t.metadata.sorted_tables
    with _snapshot(database) as tx:
        _refuse_other_tables(tx)
        parts = [_part(tx, table) for table in tables]
        rows = _all_rows(tx, tables, sum(part.rows for part in parts), progress)
        write_sealed(file, secret, About("everything", newest(), now), _with_list(parts, rows))
    return {part.name: part.rows for part in parts}


def journal_of(database: Database) -> frozenset[ErasedMark]:
    """Who was erased, as the database remembers."""
    with database.read() as tx:
        return _journal(tx)


def write_journal(file: BinaryIO, secret: bytes, journal: Iterable[ErasedMark], *, now: int) -> None:
    """Writes only who was erased: small enough to be written anew every minute."""
    rows = sorted((one.programme, one.mark, one.at) for one in journal)
    part = Part(t.erasure.name, ("programme_id", "mark", "at"), (), len(rows))
    write_sealed(file, secret, About("erasures", newest(), now), _with_list([part], rows))


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """Reads what was committed before its first statement, and nothing later, however long it takes."""
    with database.read() as tx:
        if not database.is_sqlite:  # there a reading transaction is a snapshot by itself
            tx.execution_options(isolation_level="REPEATABLE READ")
            _take_time(tx)
        yield tx


def _take_time(tx: Connection) -> None:
    """The limits of PostgreSQL are made for turns, not for whole databases."""
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
        tx.exec_driver_sql(f"SET LOCAL {limit} = 0")


def _refuse_other_tables(tx: Connection) -> None:
    found = _revision(tx)
    if found != newest():
        raise BackupRefusedError(
            f"The database has schema {found or 'none'}, and this Pasito knows {newest()}. "
            "Make the backup with the Pasito that the database belongs to. Nothing was written."
        )


def _part(tx: Connection, table: Table) -> Part:
    raw = tuple(column.name for column in table.c if isinstance(column.type, LargeBinary))
    return Part(table.name, tuple(column.name for column in table.c), raw, _rows_of(tx, table.name))


def _rows_of(tx: Connection, name: str) -> int:
    return int(tx.execute(select(func.count()).select_from(named_table(name))).scalar_one())


def _with_list(parts: Sequence[Part], rows: Iterable[Any]) -> Iterator[bytes]:
    yield orjson.dumps({"tables": [asdict(part) for part in parts]})
    yield from map(orjson.dumps, rows)


def _all_rows(
    tx: Connection, tables: Iterable[Table], total: int, progress: Progress
) -> Iterator[tuple[Any, ...]]:
    done = 0
    for table in tables:
        raw = [place for place, column in enumerate(table.c) if isinstance(column.type, LargeBinary)]
        found = tx.execute(_reading(table), execution_options={"yield_per": _AT_ONCE})
        for rows in found.partitions():
            yield from (_with_base64(row, raw) if raw else tuple(row) for row in rows)
            done += len(rows)
            progress(done, total)


def _reading(table: Table) -> Select[Any]:
    columns = [cast(column, Text) if isinstance(column.type, JSON) else column for column in table.c]
    return select(*columns).order_by(*table.primary_key)


def _with_base64(row: Sequence[Any], raw: Iterable[int]) -> tuple[Any, ...]:
    values = list(row)
    for place in raw:
        values[place] = None if values[place] is None else base64.b64encode(values[place]).decode()
    return tuple(values)


# --- in --------------------------------------------------------------------------------------------


def read_journal(file: BinaryIO, secret: bytes) -> frozenset[ErasedMark]:
    """Who was erased, out of a whole backup or a journal. Raises `SealedFileError`."""
    _, lines = read_sealed(file, secret)
    marks = set()
    for part in _parts(lines):
        # What is not wanted is read, too: only a file that was read to its end is whole.
        for line in islice(lines, part.rows):
            if part.name == t.erasure.name:
                row = dict(zip(part.columns, orjson.loads(line), strict=True))
                marks.add(ErasedMark(row["programme_id"], row["mark"], row["at"]))
    _refuse_more(lines)
    return frozenset(marks)


def restore(
    database: Database,
    file: BinaryIO,
    secret: bytes,
    *,
    journal: Iterable[ErasedMark] = (),
    now: int,
    progress: Progress = _silence,
) -> Restored:
    """Fills an empty database, brings it to the newest schema and erases again whom the journal names.

    All of it is one transaction: what fails leaves the database as it was. Raises
    `BackupRefusedError` and `SealedFileError`.
    """
    about, lines = read_sealed(file, secret)
    if about.holds != "everything":
        raise BackupRefusedError("It holds only erasures. Give it with --journal, beside a backup.")
    with database.begin() as tx:
        if not database.is_sqlite:
            _take_time(tx)
        _refuse_inhabited(tx)
        _bring_to(tx, about.revision)
        parts = _parts(lines)
        _fill(tx, parts, lines, progress)
        _refuse_more(lines)
        _check(tx, parts)
        _bring_to(tx, "head")
        erased = erase_again(tx, journal, now=now)
    return Restored(about, {part.name: part.rows for part in parts}, erased)


def _refuse_inhabited(tx: Connection) -> None:
    if inspect(tx).has_table(t.programme.name) and _rows_of(tx, t.programme.name):
        raise BackupRefusedError(
            "The database of PASITO_DATABASE_URL holds a programme already, and a restore would mix the "
            "two. Give it an empty database. Nothing was changed."
        )


def _parts(lines: Iterator[bytes]) -> list[Part]:
    listed = orjson.loads(next(lines))["tables"]
    return [Part(one["name"], tuple(one["columns"]), tuple(one["raw"]), one["rows"]) for one in listed]


def _refuse_more(lines: Iterator[bytes]) -> None:
    if next(lines, None) is not None:
        raise SealedFileError("It has more rows than it says. Nothing was changed.")


def _fill(tx: Connection, parts: Sequence[Part], lines: Iterator[bytes], progress: Progress) -> None:
    done, total = 0, sum(part.rows for part in parts)
    for part in parts:
        insert = _insert_copied if tx.dialect.name == "postgresql" else _insert_each
        raw = [part.columns.index(name) for name in part.raw]
        rows = islice(lines, part.rows)
        while batch := [_row(line, raw) for line in islice(rows, _AT_ONCE)]:
            insert(tx, part, batch)
            done += len(batch)
            progress(done, total)


def _row(line: bytes, raw: Sequence[int]) -> list[Any]:
    values: list[Any] = orjson.loads(line)
    for place in raw:
        values[place] = None if values[place] is None else base64.b64decode(values[place])
    return values


def _insert_each(tx: Connection, part: Part, rows: Sequence[Sequence[Any]]) -> None:
    places = ", ".join("?" * len(part.columns))
    statement = f"INSERT INTO {_named(tx, part)} VALUES ({places})"  # noqa: S608 - names are quoted
    tx.exec_driver_sql(statement, [tuple(row) for row in rows])


def _insert_copied(tx: Connection, part: Part, rows: Sequence[Sequence[Any]]) -> None:
    """COPY is five times as fast as the fastest INSERT, and a whole database is many rows."""
    cursor: Any = tx.connection.cursor()
    with cursor, cursor.copy(f"COPY {_named(tx, part)} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _named(tx: Connection, part: Part) -> str:
    quote = tx.dialect.identifier_preparer.quote_identifier
    return f"{quote(part.name)} ({', '.join(quote(column) for column in part.columns)})"


def _check(tx: Connection, parts: Iterable[Part]) -> None:
    """All rows are there, and what they point to is there."""
    for part in parts:
        found = _rows_of(tx, part.name)
        if found != part.rows:
            raise BackupRefusedError(
                f"Of {part.rows} rows of the table {part.name} only {found} were written. Nothing was changed."
            )
    try:
        if tx.dialect.name == "sqlite":
            pointless = bool(tx.execute(text("PRAGMA foreign_key_check")).first())
        else:  # from now on they wait for the commit again, as erasing needs it
            tx.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            tx.execute(text("SET CONSTRAINTS ALL DEFERRED"))
            pointless = False
    except IntegrityError:
        pointless = True
    if pointless:
        raise BackupRefusedError("A row points to one that is not in the backup. Nothing was changed.")


def erase_again(tx: Connection, journal: Iterable[ErasedMark], *, now: int) -> int:
    """Erases those of whom the database does not know yet that they were erased. How many it found.

    Of the others some came back afterwards and agreed anew: they stay.
    """
    news = sorted(set(journal) - _journal(tx), key=lambda one: one.at)
    latest = {(one.programme, one.mark): one.at for one in news}
    rows = [{"programme_id": programme, "mark": mark, "at": at} for (programme, mark), at in latest.items()]
    upsert_rows(tx, t.erasure, rows, {"at": "greatest"})
    return erasure.reapply(tx, latest, now=now) if latest else 0


def _journal(tx: Connection) -> frozenset[ErasedMark]:
    columns = t.erasure.c
    found = tx.execute(select(columns.programme_id, columns.mark, columns.at))
    return frozenset(ErasedMark(*row) for row in found)


# --- schema ----------------------------------------------------------------------------------------


def _revision(tx: Connection) -> str | None:
    return MigrationContext.configure(tx).get_current_revision()


def _bring_to(tx: Connection, revision: str) -> None:
    """Migrates within this transaction. Raises if that would be a way back, or to what nobody knows."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = tx
    script = ScriptDirectory.from_config(config)
    try:
        script.get_revision(revision)
    except CommandError:
        raise BackupRefusedError(
            f"It was made by a newer Pasito (schema {revision}; this one knows {newest()}). "
            "Install that one and restore again. Nothing was changed."
        ) from None
    found = _revision(tx)
    if found not in {None, *(one.revision for one in script.iterate_revisions(revision, "base"))}:
        raise BackupRefusedError(
            f"The database has newer tables (schema {found}) than the backup (schema {revision}). "
            "Give it a database without tables; they are made and brought up to date. Nothing was changed."
        )
    command.upgrade(config, revision)
