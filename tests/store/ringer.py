"""A worker that wakes timers and answers them until it is killed; run by test_reminders_once.py.

It says "ready" once, when it begins. A turn that was moved once is asked for again a second later, as
a reminder is that fell on a holiday.
"""

from __future__ import annotations

import os
import random
import sys
import time
from dataclasses import replace

from flows.state import State
from flows.values import Reply, Timer, Turn
from store.engine import Database, open_database
from store.inbox import Claimed, claim
from store.timers import wake
from store.turns import FinishedTurn, finish_turns

NOW = 1_795_000_000_000_000
AT_ONCE = 2
SLOW = 0.03  # seconds
LEASE_SECONDS = 0.3


def answered(claimed: Claimed, moves: bool) -> FinishedTurn:
    """Each timer is said under its own name, but now and then it is moved on once."""
    state: State = claimed.state
    turns = []
    for row in claimed.rows:
        key = row.inbound.data["key"]
        if moves and key not in state.answers:
            state = replace(state, answers={**state.answers, key: "moved"})
            turns.append((row, Turn(state, timers=(Timer(key, 0, body=row.inbound.data["body"]),))))
        else:
            turns.append((row, Turn(state, replies=(Reply(key),))))
    return FinishedTurn(claimed, tuple(turns), NOW)


def rings(database: Database, chance: random.Random) -> None:
    """Wakes some, then answers some, as a worker does; slow enough to be killed in the middle of each."""
    with database.begin() as tx:
        wake(tx, AT_ONCE)
        time.sleep(chance.random() * SLOW)
    with database.begin() as tx:
        claimed = claim(tx, str(os.getpid()), AT_ONCE, lease_seconds=LEASE_SECONDS)
    finished = [answered(one, chance.random() < 0.2) for one in claimed]
    with database.begin() as tx:
        finish_turns(tx, finished)
        time.sleep(chance.random() * SLOW)


def main() -> None:
    url, seed = sys.argv[1:]
    database, chance = (
        open_database(url, secret=b"a secret of the tests, 32 bytes."),
        random.Random(int(seed)),
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        rings(database, chance)
        time.sleep(SLOW)  # SQLite lets whoever asks again at once go first, again and again


if __name__ == "__main__":
    main()
