"""`make bench`: what we claim about speed, measured side by side in one run: ratios, and how long people wait.

G1: our durable turns per second in process, 100 people waiting, against a raw sqlite3 loop that
    writes the same rows with one transaction per message.
G2: the same against raw sqlite3 with 100 messages per transaction.
Ours does everything: accept, claim, engine, state, events, read models, outbox; a hundred messages
are handed over at once, as a platform that was polled does. The raw loops only write rows that are
made beforehand, and the two sides are checked to write the same ones for an answer. All run in turn,
several rounds, in the same folder.
"""

# ruff: noqa: T201 - a bench says what it found by printing it
from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.engine import engine_turns
from tests.bench.latency import acknowledgements, replies
from tests.bench.ours import Ours
from tests.bench.paced import paced
from tests.bench.packs import packs
from tests.bench.platform import through_the_platform
from tests.bench.postgres import postgres_url
from tests.bench.progress import progress
from tests.bench.raw import Raw
from tests.bench.reminders import reminders
from tests.bench.web import web_messages

PEOPLE = 100
SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Part:
    """What it measures, in a line; and how: given a folder of its own, how many rounds, and seconds of each."""

    measures: str
    run: Callable[[Path, int, float], None]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="make bench",
        description=__doc__,
        epilog="parts:\n" + "\n".join(f"  {name:16}{part.measures}" for name, part in PARTS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only",
        choices=PARTS,
        action="append",
        metavar="NAME",
        help="one part, or several: --only web --only paced",
    )
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often each is measured, in turn (default 5)"
    )
    parser.add_argument(
        "--seconds", type=float, default=SECONDS,
        help="how long each round of in_process and platform takes (default 4); the others have times of their own",
    )  # fmt: skip
    parser.add_argument("--folder", type=Path, default=None, help="where the databases are written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        for part in options.only or PARTS:
            folder = Path(name) / part
            folder.mkdir()
            PARTS[part].run(folder, options.rounds, options.seconds)


def in_process(folder: Path, rounds: int, seconds: float) -> None:
    with postgres_url() as url:
        runs: dict[str, Callable[[], tuple[float, float]]] = {}
        ours = Ours(f"sqlite:///{folder / 'ours.sqlite3'}", PEOPLE)
        on_postgres = Ours(url, PEOPLE)
        raw = Raw(folder / "raw.sqlite3", PEOPLE)
        print(f"\n{raw.check()}")
        runs["ours, SQLite"] = lambda: ours.run(seconds)
        runs["raw sqlite3, one a transaction"] = lambda: raw.run(seconds, 1)
        runs["raw sqlite3, 100 a transaction"] = lambda: raw.run(seconds, 100)
        runs["ours, PostgreSQL"] = lambda: on_postgres.run(seconds)
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
        disk: list[float] = []
        for round_ in range(rounds):
            disk.append(fsyncs(folder))
            for name, run in runs.items():
                measured[name].append(run())
                progress(f"round {round_ + 1} of {rounds}: {name}")
        progress("")
        ours.close()
        on_postgres.close()
        raw.close()
    print(f"\n{'durable turns, 100 people waiting':38}{'turns/s':>10}{'CPU us/turn':>14}")
    for name, found in measured.items():
        rate, cpu = (statistics.median(values) for values in zip(*found, strict=True))
        print(f"{name:38}{rate:>10,.0f}{cpu:>14.0f}")
    print(f"\nfsyncs per second in this folder, round by round: {', '.join(f'{n:,.0f}' for n in disk)}")
    mine = [rate for rate, _ in measured["ours, SQLite"]]
    for title, name in (("G1", "raw sqlite3, one a transaction"), ("G2", "raw sqlite3, 100 a transaction")):
        print(ratio(title, mine, [rate for rate, _ in measured[name]]))
    pg = [rate for rate, _ in measured["ours, PostgreSQL"]]
    print(ratio("PostgreSQL / SQLite", pg, mine))


def ratio(title: str, ours: list[float], theirs: list[float]) -> str:
    """The median of the ratios, and those of each round."""
    pairs = [a / b for a, b in zip(ours, theirs, strict=True)]
    return f"{title} {statistics.median(pairs):.2f}x  (round by round: {', '.join(f'{pair:.2f}' for pair in pairs)})"


def print_engine() -> None:
    times = sorted(engine_turns())
    median, late = statistics.median(times), times[int(len(times) * 0.95)]
    print(f"engine, with JSON in and out: median {median * 1e6:.0f} us, 95th percentile {late * 1e6:.0f} us")


def fsyncs(folder: Path) -> float:
    """How often per second a page can be made durable here; says how honest the disk is."""
    path, count = folder / "fsync", 0
    with path.open("wb", buffering=0) as file:
        end = time.perf_counter() + 0.5
        while time.perf_counter() < end:
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
            count += 1
    path.unlink()
    return count / 0.5


PARTS: Mapping[str, Part] = {
    "in_process": Part("durable turns a second in process, against raw loops: G1, G2", in_process),
    "engine": Part("CPU of a turn of the pure engine", lambda *_: print_engine()),
    "packs": Part("packs read and checked, and a word looked up", lambda _, rounds, __: packs(rounds)),
    "web": Part("messages over the web chat", lambda folder, rounds, _: web_messages(folder, rounds)),
    "platform": Part("webhook to sendMessage, side by side with others: G3 to G5", through_the_platform),
    "acknowledgement": Part(
        "webhook to 200 at 200 and 1,000 messages a second",
        lambda folder, rounds, _: acknowledgements(folder, rounds),
    ),
    "replies": Part(
        "webhook to sendMessage at the platform's pace", lambda folder, rounds, _: replies(folder, rounds)
    ),
    "reminders": Part(
        "100,000 reminders due at once, and replies to people who write meanwhile",
        lambda folder, rounds, _: reminders(folder, rounds),
    ),
    "paced": Part(
        "a burst at the platform's limits: what went out too fast", lambda folder, *_: paced(folder)
    ),
}

main()
