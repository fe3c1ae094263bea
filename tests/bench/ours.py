"""Our side: 100 people answer the quick check, all at once, through inbox, worker and store."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter

from sqlalchemy import func, select

from bot.shelf import Shelf
from bot.worker import Worker
from content.problems import Report
from content.sources import base_sources
from flows.compiler import compile_pack, library_sources
from flows.values import Inbound
from store import inbox, packs, programmes
from store import tables as t
from store.engine import open_database
from store.inbox import Accepted, Address, Arrival
from store.schema import migrate
from store.writer import Writer

SECRET = b"a bench needs no secret worth keeping"
START = 1_750_000_000_000_000  # a day in June 2025, in microseconds
# Ten messages that can go on for ever: eight questions answered, then the check begun anew.
OPENING = ("start", "1", "1", "1", "1", "3", "3", "A", "1", "1")
ANSWERS = ("2", "3", "4", "1", "2", "3", "4", "1")
CYCLE = (*ANSWERS, "restart", "1")


class Ours:
    """A database with people in the middle of their check, served by a worker as `pasito run` has it."""

    def __init__(self, url: str, people: int) -> None:
        self.database = open_database(url, secret=SECRET)
        migrate(self.database)
        self.writer = Writer(self.database)
        self._publish()
        self.people = [Address("web", f"person-{n}") for n in range(people)]
        self.sent = 0
        self.waiting = 0
        self.answered = threading.Condition()
        self.worker = Worker(self.database, self.writer, Shelf(self.database), {}, clock=self._now)
        self.worker.on_finished.append(self._finished)
        self.worker.start()
        for text in OPENING:
            self.everybody(text)
        self.place = 0

    def _publish(self) -> None:
        sources = {path: text.decode() for path, text in {**base_sources(), **library_sources()}.items()}
        version = compile_pack(base_sources(), Report())
        assert version is not None
        with self.database.begin() as tx:
            programmes.keep_programme(tx, "base", zone="Etc/UTC", now=START)
            programmes.keep_account(tx, "base", "web", channel="web", pulls=True, now=START)
            packs.publish(
                tx, "base", sources, structure=version.structure, content=version.content, by="bench", now=START
            )  # fmt: skip

    def _now(self) -> int:
        return START + self.sent * 1_000_000

    def _finished(self, _: str, __: str) -> None:
        with self.answered:
            self.waiting -= 1
            if not self.waiting:
                self.answered.notify()

    def everybody(self, text: str) -> None:
        """Everybody sends one message; all are accepted, claimed, answered and durable at the end."""
        self.sent += 1
        self.waiting = len(self.people)
        arrivals = [self._arrival(address, text) for address in self.people]
        accepted = self.writer.submit_all(inbox.accept, arrivals).result()
        assert all(isinstance(one, Accepted) and one.new for one in accepted), accepted
        with self.answered:
            assert self.answered.wait_for(lambda: not self.waiting, 30), f"{self.waiting} were not answered"

    def _arrival(self, address: Address, text: str) -> Arrival:
        inbound = Inbound(f"{address.value}:{self.sent}", text=text, seed=secrets.token_hex(16))
        return Arrival("base", "web", inbound, self._now(), address)

    def next_round(self) -> None:
        self.everybody(CYCLE[self.place % len(CYCLE)])
        self.place += 1

    def run(self, seconds: float) -> tuple[float, float]:
        """Turns per second, and microseconds of CPU per turn, over whole cycles."""
        before, done = self.events(), 0
        begun, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - begun < seconds:
            for _ in CYCLE:
                self.next_round()
                done += len(self.people)
        elapsed, used = time.perf_counter() - begun, time.process_time() - cpu
        answers = (self.events() - before)["question_answered"]
        assert answers == done * len(ANSWERS) // len(CYCLE), f"only {answers} of {done} were answers"
        return done / elapsed, used / done * 1e6

    def events(self) -> Counter[str]:
        """How many events of each kind there are."""
        with self.database.read() as tx:
            rows = tx.execute(select(t.event.c.kind, func.count()).group_by(t.event.c.kind)).all()
        return Counter(dict(rows))

    def close(self) -> None:
        self.worker.stop()
        self.writer.stop()
        self.database.close()
