"""Our side: 100 people answer the full check, all at once, through inbox, engine and store."""

from __future__ import annotations

import secrets
import time
from itertools import count

from bot.shelf import Shelf
from bot.turns import take_turns
from content.sources import base_sources
from content.problems import Report
from flows.compiler import compile_pack, library_sources
from flows.values import Inbound
from store import inbox, packs, programmes, turns
from store.engine import open_database
from store.inbox import Address, Arrival
from store.schema import migrate
from store.writer import Writer

SECRET = b"a bench needs no secret worth keeping"
OPENING = ("start", "1", "1", "1", "1", "3", "3", "A", "1", "1")
ROUND_OF_ANSWERS = ("1", "2", "3", "4", "5")


class Ours:
    """A database with people in the middle of their check."""

    def __init__(self, url: str, people: int) -> None:
        self.database = open_database(url, secret=SECRET)
        migrate(self.database)
        self.writer = Writer(self.database)
        sources = {p: s.decode() for p, s in {**base_sources(), **library_sources()}.items()}
        version = compile_pack(base_sources(), Report())
        assert version is not None
        with self.database.begin() as tx:
            programmes.keep_programme(tx, "base", zone="Etc/UTC", now=1)
            programmes.keep_account(tx, "base", "web", channel="web", pulls=True, now=1)
            packs.publish(
                tx, "base", sources, structure=version.structure, content=version.content, by="bench", now=1
            )
        self.shelf = Shelf(self.database)
        self.people = [Address("web", f"person-{n}") for n in range(people)]
        self.number = count()
        self.answers = count()
        self.now = 1_750_000_000_000_000
        for text in OPENING:
            self.everybody(text)

    def everybody(self, text: str) -> int:
        """Everybody sends one message; all are accepted, claimed, answered and written."""
        self.now += 1_000_000
        number = next(self.number)
        accepted = [
            self.writer.submit(
                inbox.accept,
                Arrival(
                    "base", "web", Inbound(f"{place}:{number}", text=text, seed=secrets.token_hex(16)),
                    self.now, address,
                ),
            )
            for place, address in enumerate(self.people)
        ]  # fmt: skip
        for future in accepted:
            future.result()
        done = 0
        while done < len(self.people):
            claimed = self.writer.call(lambda tx: inbox.claim(tx, "bench")).result()
            taken = [take_turns(one, self.shelf, self.now) for one in claimed]
            written = [self.writer.submit(turns.finish_turns, one) for one in taken]
            outcomes = [future.result().outcome for future in written]
            assert outcomes == ["written"] * len(taken)
            done += sum(len(one.turns) for one in taken)
        return done

    def run(self, seconds: float) -> tuple[float, float]:
        """Turns per second, and microseconds of CPU per turn."""
        turns_done = 0
        begun, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - begun < seconds:
            place = next(self.answers)
            # Forwards through the questions and back again, so that there is always one to answer.
            text = "back" if place % 16 >= 8 else ROUND_OF_ANSWERS[place % 5]
            turns_done += self.everybody(text)
        elapsed, used = time.perf_counter() - begun, time.process_time() - cpu
        return turns_done / elapsed, used / turns_done * 1e6

    def close(self) -> None:
        self.writer.stop()
        self.database.close()
