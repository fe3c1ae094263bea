"""A process that accepts and answers messages until it is killed; run by test_kill.py.

It reads a number from its input, forks a child and says the child's pid. The child hammers the
database and writes the id of each message it acknowledged into a file, one write for each.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from concurrent.futures import Future
from dataclasses import replace

from flows.values import Inbound, Reply, Turn
from store.engine import open_database
from store.inbox import Accepted, Address, Arrival, Claimed, claim
from store.inbox import accept as accept_arrivals
from store.turns import FinishedTurn, finish_turns
from store.writer import Writer

PEOPLE = 20
IN_FLIGHT = 64
NOW = 1_795_000_000_000_000


def arrival(number: int) -> Arrival:
    person = f"p{number % PEOPLE}"
    inbound = Inbound(f"m:{number}", text=str(number), seed="0" * 32)
    return Arrival("pe", "telegram/default", inbound, NOW, Address("telegram", person))


def answered(claimed: Claimed) -> FinishedTurn:
    """Each message is counted in the state and answered with its own words."""
    state, turns = claimed.state, []
    for row in claimed.rows:
        state = replace(state, asked=state.asked + 1)
        turns.append((row, Turn(state, replies=(Reply(row.inbound.text),))))
    return FinishedTurn(claimed, tuple(turns), NOW)


def work(writer: Writer) -> int:
    """Claims what waits and answers it. Gives back how many conversations there were."""
    claimed = writer.call(lambda tx: claim(tx, str(os.getpid()), 8, lease_seconds=0.3)).result()
    for future in [writer.submit(finish_turns, answered(one)) for one in claimed]:
        future.result()
    return len(claimed)


def hammer(url: str, log: str, run: int) -> None:
    writer = Writer(open_database(url, secret=b"a secret of the tests, 32 bytes."))
    acknowledged = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    free = threading.Semaphore(IN_FLIGHT)
    chance = random.Random(run)

    def note(number: int, future: Future[Accepted]) -> None:
        free.release()
        if not future.exception():
            os.write(acknowledged, b"%d\n" % number)

    def receive() -> None:
        number = run * 1_000_000
        while True:
            number += 1
            again = chance.randrange(run + 1) * 1_000_000 + chance.randrange(1, 300)
            for one in (number, again) if chance.random() < 0.2 else (number,):
                free.acquire()
                writer.submit(accept_arrivals, arrival(one)).add_done_callback(
                    lambda future, one=one: note(one, future)
                )

    threading.Thread(target=receive, daemon=True).start()
    while True:
        work(writer)


def drain(url: str) -> None:
    """Answers everything that is left, as the next process would."""
    database = open_database(url, secret=b"a secret of the tests, 32 bytes.")
    writer = Writer(database)
    quiet = 0
    while quiet < 10:
        quiet = 0 if work(writer) else quiet + 1
        threading.Event().wait(0.05)
    writer.stop()
    database.close()


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def main() -> None:
    url, log = sys.argv[1:]
    for line in sys.stdin:
        if line.strip() == "drain":
            drain(url)
            say("drained")
            continue
        child = os.fork()
        if child == 0:
            try:
                hammer(url, log, int(line))
            finally:
                os._exit(1)
        say(str(child))
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
