"""A bell that is struck in one process is heard in the others, and never where it was struck."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text

from store import bells
from store.bells import Bell, strike
from store.engine import Database, open_database
from tests.conftest import SECRET


class Process:
    """A database as one process opens it, with a bell that counts what it hears."""

    def __init__(self, url: str) -> None:
        self.database: Database = open_database(url, secret=SECRET)
        self.times = 0
        self._changed = threading.Condition()
        self.bell = Bell(self.database, self._heard)
        self.bell.start()

    def _heard(self) -> None:
        with self._changed:
            self.times += 1
            self._changed.notify_all()

    def hears(self, times: int, seconds: float = 5.0) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.times >= times, seconds)

    def strikes(self) -> None:
        with self.database.begin() as tx:
            strike(tx)
            strike(tx)

    def close(self) -> None:
        self.bell.stop()
        self.database.close()


@pytest.fixture
def two(empty_postgres_url: str):
    """Each has heard itself begin to listen."""
    processes = Process(empty_postgres_url), Process(empty_postgres_url)
    assert all(one.hears(1) for one in processes)
    yield processes
    for one in processes:
        one.close()


def test_the_other_hears_it_once_and_the_one_that_struck_does_not(two):
    here, there = two
    here.strikes()
    assert there.hears(2)
    time.sleep(0.1)
    assert (here.times, there.times) == (1, 2)


def test_what_was_rolled_back_rings_nowhere(two):
    here, there = two
    with pytest.raises(KeyError):
        _strikes_and_fails(here)
    assert not there.hears(2, 0.2)


def _strikes_and_fails(process: Process) -> None:
    with process.database.begin() as tx:
        strike(tx)
        raise KeyError


def test_whoever_lost_the_line_listens_again_and_looks_at_once(two, monkeypatch):
    monkeypatch.setattr(bells, "AGAIN_SECONDS", 0.05)
    here, there = two
    with here.database.begin() as tx:
        tx.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"))
    assert here.hears(2)
    assert there.hears(2)
    here.strikes()
    assert there.hears(3)


def test_on_sqlite_nobody_listens_and_striking_does_nothing(tmp_path):
    alone = Process(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    alone.strikes()
    alone.close()
    assert alone.times == 0
