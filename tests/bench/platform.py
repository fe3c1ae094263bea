"""Through the webhook of a platform and back: sixteen people answer as fast as they are asked.

A stand-in of Telegram on loopback posts their messages and takes the replies, after 0 ms and after
50 ms. Side by side: ours (durable, everything in), python-telegram-bot's ConversationHandler in memory,
and the same with each answer written through SQLAlchemy. The stand-in's limits and our pacing are both
lifted. Latency is from the webhook's POST to the arrival of `sendMessage`.
"""

# ruff: noqa: T201 - a bench says what it found by printing it
from __future__ import annotations

import asyncio
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.process import Pasito, free_port
from tests.standins.telegram import TOKEN, Shown, TelegramStandIn, serving

PEOPLE = 16
OPENING = ("hello", "own", "yes", "yes", "yes", "1", "3", "3", "A", "1", "1")
CYCLE = ("2", "3", "4", "1", "2", "3", "4", "1", "restart", "1")
DELAYS = (0.0, 0.05)
PATIENCE = 20.0
KINDS = ("ours", "PTB in memory", "PTB and SQLAlchemy")

Measured = dict[tuple[str, float], list[tuple[float, list[float]]]]


def through_the_platform(folder: Path, rounds: int, seconds: float) -> None:
    """Prints messages per second, latencies, and G3 to G5."""
    found: Measured = {(kind, delay): [] for kind in KINDS for delay in DELAYS}
    with (
        _running("ours", folder) as ours,
        _running("memory", folder) as memory,
        _running("sql", folder) as sql,
    ):
        sides = dict(zip(KINDS, (ours, memory, sql), strict=True))
        for _ in range(rounds):
            for delay in DELAYS:
                for kind, telegram in sides.items():
                    telegram.delay = delay
                    found[kind, delay].append(telegram.call(_everybody(telegram, seconds), seconds + 120))
    _print(found)


def _print(found: Measured) -> None:
    print(f"\n{'webhook to sendMessage, 16 people':38}{'msg/s':>10}{'median':>10}{'p95':>10}")
    for (kind, delay), runs in found.items():
        times = sorted(t for _, some in runs for t in some)
        rate = statistics.median(rate for rate, _ in runs)
        title = f"{kind}, answers after {delay * 1e3:.0f} ms"
        late = times[int(len(times) * 0.95)]
        print(f"{title:38}{rate:>10,.0f}{statistics.median(times) * 1e3:>7.1f} ms{late * 1e3:>7.1f} ms")
    print("(limits of the stand-in and our pacing lifted)\n")
    for name, delay, other in (("G3", 0.0, KINDS[1]), ("G4", 0.0, KINDS[2]), ("G5", 0.05, KINDS[1])):
        pairs = [
            mine / theirs
            for (mine, _), (theirs, _) in zip(found["ours", delay], found[other, delay], strict=True)
        ]
        rounds = ", ".join(f"{pair:.1f}" for pair in pairs)
        print(f"{name} {statistics.median(pairs):.1f}x {other}  (round by round: {rounds})")


async def _everybody(telegram: TelegramStandIn, seconds: float) -> tuple[float, list[float]]:
    """Messages per second, and seconds from POST to `sendMessage` of each."""
    times: list[float] = []
    until = time.perf_counter() + seconds
    people = [_Person(telegram, n) for n in range(PEOPLE)]
    telegram.on_sent[:] = [person.gets for person in people]
    began = time.perf_counter()
    await asyncio.gather(*(person.talk(until, times) for person in people))
    return len(times) / (time.perf_counter() - began), times


class _Person:
    """Answers each question at once."""

    def __init__(self, telegram: TelegramStandIn, n: int) -> None:
        self.person = telegram.person(f"person {n}")
        self.key = id(telegram), n
        self.asked = asyncio.Event()

    def gets(self, shown: Shown) -> None:
        if shown.chat == self.person.id and (shown.keyboard or "1" in shown.text):
            self.asked.set()

    async def talk(self, until: float, times: list[float]) -> None:
        while time.perf_counter() < until:
            place = PLACES.get(self.key, 0)
            PLACES[self.key] = place + 1
            word = OPENING[place] if place < len(OPENING) else CYCLE[(place - len(OPENING)) % len(CYCLE)]
            self.asked.clear()
            began = time.perf_counter()
            await self.person.write(word)
            await asyncio.wait_for(self.asked.wait(), PATIENCE)
            times.append(time.perf_counter() - began)


PLACES: dict[tuple[int, int], int] = {}  # where each person of each side stands in her conversation


@contextmanager
def _running(kind: str, folder: Path) -> Iterator[TelegramStandIn]:
    """A bot of this kind behind a stand-in of its own."""
    telegram = TelegramStandIn(limits=None)
    with serving(telegram):
        place = folder / f"platform-{kind}"
        place.mkdir(parents=True, exist_ok=True)
        if kind == "ours":
            pasito = Pasito(place, f"sqlite:///{place / 'pasito.sqlite3'}", telegram.url, TOKEN)
            pasito.start()
            until_called(telegram)
            yield telegram
            pasito.stop()
            return
        child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.bench.ptb_bot",
                kind,
                str(free_port()),
                telegram.url,
                TOKEN,
                str(place),
            ]
        )
        until_called(telegram)
        yield telegram
        child.send_signal(signal.SIGKILL)
        child.wait()


def until_called(telegram: TelegramStandIn, token: str = TOKEN) -> None:
    """Until the bot has said where it wants its messages, and listens there."""
    until = time.monotonic() + 60
    while not telegram.bot(token).webhook.get("url"):
        if time.monotonic() > until:
            raise AssertionError("The bot did not start.")
        time.sleep(0.05)
    time.sleep(1)
