"""Power goes at any moment: what was acknowledged is there, and nothing was done twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

from sqlalchemy import text

from store import tables as t

KILLS = int(os.environ.get("PASITO_KILLS", "50"))
HAMMER = Path(__file__).with_name("hammer.py")


def test_killed_at_random_moments_it_loses_nothing_and_does_nothing_twice(town, database_url, tmp_path):
    log = tmp_path / "acknowledged"
    chance = random.Random(7)
    nursery = subprocess.Popen(
        [sys.executable, str(HAMMER), database_url, str(log)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert nursery.stdin
    assert nursery.stdout
    for run in range(1, KILLS + 1):
        print(run, file=nursery.stdin, flush=True)
        child = int(nursery.stdout.readline())
        size = log.stat().st_size if log.exists() else 0
        wait_for_growth(log, size)
        time.sleep(chance.random() * 0.15)
        os.kill(child, signal.SIGKILL)
    print("drain", file=nursery.stdin, flush=True)
    assert nursery.stdout.readline() == "drained\n"
    nursery.stdin.close()
    assert nursery.wait(10) == 0
    check(town, {int(line) for line in log.read_text().split()})


def wait_for_growth(log: Path, size: int) -> None:
    """Until the new child has acknowledged something, so that every kill hits work in progress."""
    until = time.monotonic() + 20
    while not (log.exists() and log.stat().st_size > size):
        assert time.monotonic() < until, "The child acknowledges nothing."
        time.sleep(0.002)


def check(town, acknowledged: set[int]) -> None:
    inbox, outbox = town.rows(t.inbox), town.rows(t.outbox)
    accepted = Counter(int(row["body"]["text"]) for row in inbox)
    assert len(acknowledged) > KILLS
    assert acknowledged <= set(accepted)
    assert set(accepted.values()) == {1}
    assert all(row["done_at"] for row in inbox)
    replies = defaultdict(list)
    for row in sorted(outbox, key=lambda row: row["place"]):
        replies[row["conversation_id"]].append((row["cause"], row["body"]["text"]))
    messages = defaultdict(list)
    for row in sorted(inbox, key=lambda row: row["seq"]):
        messages[row["conversation_id"]].append((row["seq"], row["body"]["text"]))
    assert replies == messages  # every message once, in the order they were accepted
    for talk in town.rows(t.conversation):
        assert talk["state"]["asked"] == len(messages[talk["id"]])
    if town.database.is_sqlite:
        with town.database.read() as tx:
            assert tx.execute(text("PRAGMA integrity_check")).scalar() == "ok"
