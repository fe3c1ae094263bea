"""`make chaos`: accidents under load, and everything acknowledged is there afterwards, once and in order.

People write through the webhook of a stand-in of Telegram, which brings 10 % of the messages twice and
some in another order, and they never wait for an answer. Something goes wrong. Then all has to come
to rest, and the database is compared with what Telegram has seen.

The short form takes less than four minutes. FULL=1: all scenarios on both databases, and 200 kills.
"""

# ruff: noqa: T201 - a suite says what it found by printing it
from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.chaos.findings import Findings
from tests.chaos.scenario import ENGINES, Engine, Scenario
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.small_disk import APART

AT_ONCE = 4  # one waits until all has come to rest while others are busy
FULL = bool(os.environ.get("FULL"))

ROWS = (
    ("acknowledged messages", "acknowledged"), ("lost", "lost"), ("applied twice", "twice"),
    ("out of order", "out_of_order"), ("replies", "replies"), ("never sent", "never_sent"), ("given up", "dead"),
    ("copies seen", "copies"), ("in doubt, never seen", "unseen"), ("requests before retry_after", "early"),
    ("deliveries refused", "refused"),
)  # fmt: skip


@dataclass(slots=True)
class Run:
    """A scenario on a database, and what came of it: findings, or the words of a failure."""

    scenario: Scenario
    engine: Engine
    found: Findings | None = None
    failure: str = ""

    @property
    def name(self) -> str:
        return f"{self.scenario.name} on {self.engine}"

    @property
    def broken(self) -> list[str]:
        return self.found.broken if self.found else [self.failure]


def main() -> None:
    options = _options()
    runs = list(_wanted(options))
    print(f"seed {options.seed}, {options.kills} kills on each database\n")
    with ThreadPoolExecutor(AT_ONCE) as lanes:
        list(lanes.map(lambda run: _play(run, options.seed, options.kills), runs))
    sys.exit(_report(runs))


def _options() -> argparse.Namespace:
    listed = "\n\n".join(
        f"{name} ({', '.join(one.engines)}{'' if one.short else '; FULL=1'})\n  {one.happens}\n  {one.holds}"
        for name, one in SCENARIOS.items()
    )
    parser = argparse.ArgumentParser(
        prog="make chaos",
        description=__doc__,
        epilog=f"Scenarios:\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", action="append", metavar="NAME", choices=SCENARIOS, help="scenarios to run")
    parser.add_argument("--engine", choices=ENGINES, help="one database and not both")
    parser.add_argument("--kills", type=int, default=200 if FULL else 20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    return parser.parse_args()


def _wanted(options: argparse.Namespace) -> Iterable[Run]:
    """A scenario that was named runs wherever it can."""
    for name, scenario in SCENARIOS.items():
        if options.only and name not in options.only:
            continue
        for engine in scenario.engines if FULL or options.only else scenario.short:
            if options.engine in (None, engine):
                if lacks := scenario.missing():
                    print(f"{name} does not run here: this computer has not {lacks}.")
                else:
                    yield Run(scenario, engine)


def _play(run: Run, seed: int, kills: int) -> None:
    """In a process of its own."""
    print(f"{'begins':8} {run.name}\n", end="", flush=True)  # a whole line at once: others print, too
    began = time.monotonic()
    child = subprocess.run(
        [
            *(APART if run.scenario.small_disk else ()), sys.executable, "-W", "ignore", "-m", "tests.chaos.one",
            run.scenario.name, run.engine, "--seed", str(seed), "--kills", str(kills),
        ],
        stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if child.returncode:
        run.failure = f"It ended with {child.returncode}; see above."
    else:
        run.found = Findings(**json.loads(child.stdout))
    word, seconds = "BROKEN" if run.broken else "kept", time.monotonic() - began
    print(f"{word:8} {run.name}, {seconds:.0f} s\n", end="", flush=True)


def _report(runs: Sequence[Run]) -> int:
    """Prints the tables; 1 if a promise was broken."""
    for engine in ENGINES:
        _print_table(engine, [run for run in runs if run.engine == engine and run.found])
    print()
    for run in runs:
        for problem in run.broken:
            print(f"BROKEN by {run.name}: {problem}")
    broken = any(run.broken for run in runs)
    print("A promise was broken." if broken else "All promises were kept.")
    return int(broken)


def _print_table(engine: Engine, runs: Sequence[Run]) -> None:
    if not runs:
        return
    wide = [max(12, len(run.scenario.name) + 2) for run in runs]
    print(f"\n{engine:28}" + "".join(f"{run.scenario.name:>{w}}" for run, w in zip(runs, wide, strict=True)))
    for title, attribute in ROWS:
        row = zip(runs, wide, strict=True)
        print(f"{title:28}" + "".join(f"{getattr(run.found, attribute):>{w},}" for run, w in row))
    for run in runs:
        assert run.found
        said = {"copies, share of replies": f"{run.found.copies_share:.2%}", **run.found.figures}
        print(f"  {run.scenario.name}: " + "; ".join(f"{name} {value}" for name, value in said.items()))


main()
