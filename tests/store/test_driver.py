"""The connection that stays open: where a transaction begins and ends is the driver's to know."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from store import driver
from store.engine import Database, open_database


@pytest.fixture
def database(tmp_path: Path):
    database = open_database(f"sqlite:///{tmp_path / 'x.sqlite3'}", secret=b"a secret long enough for this")
    with database.begin() as tx:
        tx.execute(text("CREATE TABLE note (words TEXT UNIQUE)"))
    yield database
    database.close()


def notes(database: Database) -> list[str]:
    with database.read() as tx:
        return list(tx.execute(text("SELECT words FROM note ORDER BY words")).scalars())


def write(database: Database, *words: str | Exception) -> None:
    """All in one transaction; an exception among them is raised in its place."""
    with database.begin() as tx:
        for one in words:
            if isinstance(one, Exception):
                raise one
            tx.execute(text("INSERT INTO note VALUES (:words)"), {"words": one})


def test_a_block_that_raises_leaves_nothing_and_the_next_one_writes(database):
    with pytest.raises(KeyError):
        write(database, "lost", KeyError())
    with database.begin() as tx:
        tx.execute(text("INSERT INTO note VALUES ('kept')"))
    assert notes(database) == ["kept"]


def test_a_statement_that_fails_takes_the_whole_block_with_it(database):
    with pytest.raises(DBAPIError):
        write(database, "once", "once")
    assert notes(database) == []


def test_what_is_written_is_seen_by_others_only_when_the_block_has_ended(database):
    with database.begin() as tx:
        tx.execute(text("INSERT INTO note VALUES ('now')"))
        assert notes(database) == []
    assert notes(database) == ["now"]


def test_a_transaction_inside_another_one_gives_up_instead_of_waiting_for_ever(database, monkeypatch):
    monkeypatch.setattr(driver, "PATIENCE_SECONDS", 0.05)
    with (
        database.begin(),
        pytest.raises(NoConnectionError, match="Another transaction writes"),
        database.begin(),
    ):
        raise AssertionError("It began inside the other one.")


def test_two_threads_write_one_after_the_other(database):
    def note(n: int) -> None:
        for k in range(20):
            with database.begin() as tx:
                tx.execute(text("INSERT INTO note VALUES (:words)"), {"words": f"{n}.{k}"})

    threads = [threading.Thread(target=note, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(notes(database)) == 80


def test_who_else_holds_the_file_makes_a_transaction_fail_and_the_next_one_writes(database):
    """A failure to begin gives the connection back."""
    other = open_database(str(database.writing.url), secret=b"a secret long enough for this")
    with database.begin() as tx:
        tx.exec_driver_sql("PRAGMA busy_timeout=50")
    with other.begin(), pytest.raises(DBAPIError, match="locked"), database.begin():
        raise AssertionError("Two processes wrote at once.")
    with database.begin() as tx:
        tx.execute(text("INSERT INTO note VALUES ('after')"))
    other.close()
    assert notes(database) == ["after"]
