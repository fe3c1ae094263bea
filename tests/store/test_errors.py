"""Which failures of the database pass by themselves, and which are somebody's fault."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from store.errors import WriterBusyError, is_away


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("INSERT", None, sqlite3.OperationalError("database or disk is full")),
        OperationalError("SELECT", None, psycopg.OperationalError("connection refused")),
        OperationalError("COMMIT", None, psycopg.errors.DiskFull("no space left on device")),
        OperationalError("SELECT", None, psycopg.errors.AdminShutdown("terminating connection")),
        DBAPIError("SELECT", None, psycopg.Error("gone"), connection_invalidated=True),
        WriterBusyError("Too much waits to be written."),
        TimeoutError(),
    ],
)
def test_what_passes(error):
    assert is_away(error)


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("INSERT", None, sqlite3.IntegrityError("UNIQUE constraint failed")),
        IntegrityError("INSERT", None, psycopg.errors.UniqueViolation("duplicate key")),
        ProgrammingError("INSERT", None, sqlite3.ProgrammingError("type 'set' is not supported")),
        ProgrammingError("SELECT", None, psycopg.errors.UndefinedTable("no such table")),
        OperationalError("UPDATE", None, psycopg.errors.QueryCanceled("statement timeout")),
        ValueError("ours"),
    ],
)
def test_what_does_not(error):
    assert not is_away(error)
