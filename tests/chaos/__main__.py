"""`make chaos`: power goes at random moments under load, and everything acknowledged is there afterwards.

People write through the webhook of a stand-in of Telegram, which brings 10 % of the messages twice and
some in another order. Calls to it fail: 5 % of the messages arrive while the connection breaks, others
get 502 or 429. Pasito is killed again and again. Then it has to come to rest, and the database is
compared with what Telegram has seen.

Short form: 20 kills on SQLite and on PostgreSQL, under four minutes. FULL=1: 200 kills each.
"""

# ruff: noqa: T201 - a suite says what it found by printing it
from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from store.engine import Database, open_database
from tests.bench.postgres import postgres_url
from tests.chaos.findings import Findings, is_drained, look
from tests.chaos.talkers import Talkers
from tests.process import SECRET, Pasito
from tests.standins.telegram import TOKEN, TelegramStandIn, serving

PEOPLE = 40
RATE = 40.0  # messages a second
REST_SECONDS = 150.0  # until all is answered and sent; a question that may be lost is asked again after 45 s
MOST_COPIES = 0.015


def main() -> None:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    full = bool(os.environ.get("FULL"))
    parser.add_argument("--kills", type=int, default=200 if full else 20)
    parser.add_argument("--only", choices=("sqlite", "postgresql"), default=None)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.kills} kills each\n")
    results: dict[str, Findings | Exception] = {}
    runs: dict[str, Callable[[Path], Findings]] = {
        "sqlite": lambda folder: on_sqlite(folder, options.kills, options.seed),
        "postgresql": lambda folder: on_postgres(folder, options.kills, options.seed + 1),
    }
    with tempfile.TemporaryDirectory(prefix="pasito-chaos-") as name:
        threads = [
            threading.Thread(target=_kept, args=(results, engine, run, Path(name) / engine))
            for engine, run in runs.items()
            if options.only in (None, engine)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    sys.exit(report(results))


def _kept(
    results: dict[str, Findings | Exception], name: str, run: Callable[[Path], Findings], folder: Path
) -> None:
    try:
        results[name] = run(folder)
    except Exception as error:  # the other database goes on
        results[name] = error


def on_sqlite(folder: Path, kills: int, seed: int) -> Findings:
    folder.mkdir()
    return under_fire(folder, f"sqlite:///{folder / 'pasito.sqlite3'}", kills, seed)


def on_postgres(folder: Path, kills: int, seed: int) -> Findings:
    folder.mkdir()
    with postgres_url() as url:
        return under_fire(folder, url, kills, seed)


def under_fire(folder: Path, url: str, kills: int, seed: int) -> Findings:
    chance = random.Random(seed)
    telegram = TelegramStandIn(
        limits=None, duplicates=0.1, shuffles=0.1, scale=0.02, seed=seed, bots={TOKEN: "pasito_bot"}
    )
    with serving(telegram):
        talkers = Talkers(telegram, PEOPLE, seed)
        pasito = Pasito(folder, url, telegram.url, TOKEN)
        pasito.start()
        telegram.fail("delivered_reset", times=float("inf"), chance=0.05)
        telegram.fail("status", times=float("inf"), chance=0.02, status=502)
        telegram.fail("too_many", times=float("inf"), chance=0.01, retry_after=1)
        stop = threading.Event()
        load = threading.Thread(target=_load, args=(telegram, talkers, stop))
        load.start()
        for n in range(kills):
            time.sleep(0.3 + chance.random() * 1.2)
            pasito.kill()
            pasito.start()
            _say(f"{folder.name}: kill {n + 1} of {kills}")
        stop.set()
        load.join()
        telegram.faults.clear()
        database = open_database(url, secret=SECRET.encode())
        _rest(database, talkers)
        pasito.stop()
        found = look(database, talkers, telegram)
        database.close()
        return found


def _load(telegram: TelegramStandIn, talkers: Talkers, stop: threading.Event) -> None:
    while not stop.is_set():
        telegram.call(talkers.talk(RATE, 0.5), patience=60)


def _rest(database: Database, talkers: Talkers) -> None:
    until = time.monotonic() + REST_SECONDS
    while talkers.waiting() or not is_drained(database):
        if time.monotonic() > until:
            return  # what still waits is found, and told
        time.sleep(0.5)


def report(results: dict[str, Findings | Exception]) -> int:
    """Prints the table; 1 if a promise was broken."""
    rows = (
        ("acknowledged messages", "acknowledged"), ("lost", "lost"), ("applied twice", "twice"),
        ("out of order", "out_of_order"), ("replies", "replies"), ("never sent", "never_sent"), ("given up", "dead"),
        ("copies seen", "copies"), ("requests before retry_after", "early"),
    )  # fmt: skip
    found = {name: one for name, one in results.items() if isinstance(one, Findings)}
    print(f"\n{'':32}" + "".join(f"{name:>14}" for name in found))
    for title, attribute in rows:
        print(f"{title:32}" + "".join(f"{getattr(one, attribute):>14,}" for one in found.values()))
    print(
        f"{'copies, share of replies':32}" + "".join(f"{one.copies_share:>14.2%}" for one in found.values())
    )
    bad = False
    for name, one in results.items():
        broken = [repr(one)] if isinstance(one, Exception) else list(one.broken)
        if isinstance(one, Findings) and one.copies_share > MOST_COPIES:
            broken.append(f"copies {one.copies_share:.2%}, more than {MOST_COPIES:.1%}")
        for problem in broken:
            print(f"BROKEN on {name}: {problem}")
        bad = bad or bool(broken)
    print("\nA promise was broken." if bad else "\nAll promises were kept.")
    return int(bad)


def _say(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text:60}")
        sys.stderr.flush()


main()
