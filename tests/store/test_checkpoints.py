"""SQLite's write-ahead log is copied into the database beside those who write."""

from __future__ import annotations

import time
from pathlib import Path

from store import programmes
from store.engine import open_database
from store.schema import migrate

SECRET = b"a secret of the tests, 32 bytes!"
ROUNDS = 60  # of a twentieth of a second: far longer than the pause between two copies


def test_what_is_committed_reaches_the_database_while_it_is_open(tmp_path: Path) -> None:
    path = tmp_path / "pasito.db"
    database = open_database(f"sqlite:///{path}", secret=SECRET)
    migrate(database)
    before = path.stat().st_size
    with database.begin() as tx:
        programmes.keep_programme(tx, "base" * 100_000, zone="Etc/UTC", now=1)
    for _ in range(ROUNDS):
        if path.stat().st_size > before + 400_000:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("The log was not copied.")
    database.close()


def test_a_database_closes_at_once_while_its_log_is_being_looked_after(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'pasito.db'}", secret=SECRET)
    migrate(database)
    began = time.monotonic()
    database.close()
    assert time.monotonic() - began < 2
    assert not (tmp_path / "pasito.db-wal").exists()  # nothing is left to be copied
