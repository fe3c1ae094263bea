"""Every reminder fires exactly once: with two workers, workers that die, and clocks that are set."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from flows.values import Timer
from store import tables as t
from store.engine import open_database
from store.inbox import claim
from store.timers import wake
from store.turns import finish_turns
from tests.store import oracle
from tests.store.conftest import Town
from tests.store.ringer import answered
from tests.store.test_timers_and_calls import time_passes

RINGER = Path(__file__).with_name("ringer.py")
PEOPLE, REMINDERS = 12, 12  # for each of them
HOUR = 3_600_000_000


def remembers(town, people=PEOPLE, reminders=REMINDERS, seconds=0):
    """Each of them is to be reminded of so many things, all due now; the keys that are to be said."""
    keys = []
    for n in range(people):
        mine = [f"{n}:{m}" for m in range(reminders)]
        town.talks(f"p{n}", timers=tuple(Timer(key, seconds, body={"about": key}) for key in mine))
        keys += mine
    return keys


def said(town):
    """How often each reminder was said."""
    return Counter(row["body"]["text"] for row in town.rows(t.outbox))


def left(database):
    with database.read() as tx:
        timers = tx.execute(select(func.count()).select_from(t.timer)).scalar_one()
        open_rows = select(func.count()).where(t.inbox.c.done_at.is_(None))
        return timers + tx.execute(open_rows).scalar_one()


# --- two processes that are killed -----------------------------------------------------------------


class Ringers:
    """Two workers, each a process of its own, that are killed and started again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._seeds = iter(range(10_000))
        self._children = [self._starts(), self._starts()]

    def _starts(self) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, str(RINGER), self._url, str(next(self._seeds))],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        return child

    def kill(self, which: int) -> None:
        self._children[which].send_signal(signal.SIGKILL)
        self._children[which].wait()
        self._children[which] = self._starts()

    def end(self) -> None:
        for child in self._children:
            child.kill()
            child.wait()


def test_two_workers_that_are_killed_at_random_moments_say_each_reminder_once(town, database_url):
    chance, kills = random.Random(11), 0
    keys = remembers(town)  # before anybody rings: who claims its conversation first has it
    ringers = Ringers(database_url)
    try:
        until = time.monotonic() + 90
        while left(town.database) and time.monotonic() < until:
            time.sleep(chance.random() * 0.2)
            ringers.kill(kills % 2)
            kills += 1
    finally:
        ringers.end()
    assert kills >= 4
    assert said(town) == Counter(keys)
    with town.database.read() as tx:
        assert oracle.violations(tx) == []


# --- two at the same moment ------------------------------------------------------------------------


def test_two_workers_that_wake_the_same_timers_wake_each_once(town, database_url, secret):
    keys = remembers(town)
    databases = [open_database(database_url, secret=secret) for _ in range(2)]
    start = threading.Barrier(2)

    def wakes(database) -> None:
        start.wait()
        while True:
            with database.begin() as tx:
                if not wake(tx, 3):
                    break

    threads = [threading.Thread(target=wakes, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while left(town.database) and town.rows(t.timer):  # what was locked when both looked
        with town.database.begin() as tx:
            wake(tx)
    for database in databases:
        database.close()
    woken = Counter(row["body"]["data"]["key"] for row in town.rows(t.inbox) if row["kind"] == "timer")
    assert woken == Counter(keys)


# --- whatever happens, in whatever order -----------------------------------------------------------


class _PowerFailureError(Exception):
    """The worker dies here; nothing of its transaction is left."""


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wake"), st.integers(1, 5), st.booleans()),
        st.tuples(st.just("claim"), st.integers(1, 3), st.booleans()),
        st.tuples(st.just("finish"), st.integers(0, 5), st.booleans()),
        st.tuples(st.just("leases end")),
        st.tuples(st.just("clock is set"), st.sampled_from([-24, -1, 1, 24])),
    ),
    max_size=40,
)


class Workers:
    """Some workers, one thing after the other; `hand` is what they hold, dead or alive."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.hand: list = []

    def wake(self, most: int, dies: bool) -> None:
        with suppress(_PowerFailureError), self.town.database.begin() as tx:
            wake(tx, most)
            if dies:
                raise _PowerFailureError

    def claim(self, most: int, dies: bool) -> None:
        claimed = []
        with suppress(_PowerFailureError), self.town.database.begin() as tx:
            claimed = claim(tx, "worker", most)
            if dies:
                raise _PowerFailureError
            self.hand += claimed

    def finish(self, which: int, moves: bool) -> None:
        """Perhaps long after its lease has ended, and perhaps for a second time."""
        if self.hand:
            one = self.hand[which % len(self.hand)]
            with self.town.database.begin() as tx:
                finish_turns(tx, [answered(one, moves)])

    def leases_end(self) -> None:
        with self.town.database.begin() as tx:
            tx.execute(
                t.conversation.update().values(ready_at=1).where(t.conversation.c.ready_at.is_not(None))
            )

    def clock_is_set(self, hours: int) -> None:
        """To a database that is the same as all due times being so much earlier."""
        time_passes(self.town, hours * HOUR)

    def come_to_rest(self) -> None:
        self.clock_is_set(10_000)
        while left(self.town.database):
            self.leases_end()
            self.wake(100, False)
            with self.town.database.begin() as tx:
                finish_turns(tx, [answered(one, False) for one in claim(tx, "last", 100)])


@given(steps=STEPS)
@settings(
    max_examples=40, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_whatever_happens_to_workers_and_clocks_each_reminder_is_said_once(town, steps):
    with town.database.begin() as tx:
        for table in reversed(t.metadata.sorted_tables):
            if table.name not in ("programme", "account"):
                tx.execute(table.delete())
    keys = remembers(town, people=3, reminders=3, seconds=1800)
    workers = Workers(town)
    for name, *arguments in steps:
        getattr(workers, name.replace(" ", "_"))(*arguments)
    workers.come_to_rest()
    assert said(town) == Counter(keys)
    with town.database.read() as tx:
        assert oracle.violations(tx) == []


@pytest.mark.parametrize("dies_before", ["commit", "claim"])
def test_a_worker_that_dies_between_waking_and_committing_loses_nothing(town, dies_before):
    keys = remembers(town, people=2, reminders=2)
    workers = Workers(town)
    workers.wake(3, dies=dies_before == "commit")
    workers.claim(3, dies=dies_before == "claim")
    workers.come_to_rest()
    assert said(town) == Counter(keys)
