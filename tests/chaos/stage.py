"""Where accidents happen: a database, Pasito, a stand-in of Telegram, and people who write."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from store import tables as t
from store.engine import Database, open_database
from tests.bench.platform import until_called
from tests.chaos.clock import Clock
from tests.chaos.findings import Findings, is_answered, is_at_rest, look
from tests.chaos.postgres import Postgres, postgres
from tests.chaos.scenario import Engine, Scenario
from tests.chaos.small_disk import small_disk
from tests.chaos.talkers import Talkers
from tests.chaos.whatsapp import WhatsAppTalkers, people_on_whatsapp
from tests.process import SECRET, Pasito
from tests.standins.telegram import TOKEN, TelegramStandIn, serving

REST_SECONDS = 150.0  # until all is answered and sent; a question that may be lost is asked again after 45 s
DRAIN_SECONDS = 60.0  # until all is answered once the accident is over


@dataclass(slots=True)
class Stage:
    """What a scenario plays with. `pasito` is what people write to; `workers` are beside it.

    figures, problems: what the scenario measures, and what it finds broken.
    """

    scenario: Scenario
    engine: Engine
    folder: Path
    chance: random.Random
    kills: int
    telegram: TelegramStandIn
    talkers: Talkers
    pasito: Pasito
    workers: list[Pasito]
    database: Database
    server: Postgres | None = None
    clock: Clock | None = None
    whatsapp: WhatsAppTalkers | None = None
    figures: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """One line of progress, for somebody who looks on."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{self.engine} {self.scenario.name}: {text}")
            sys.stderr.flush()

    def must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.problems.append(otherwise)

    def must_drain(self) -> None:
        """The accident is over and nobody writes any more: all is answered soon."""
        self.say("waiting until all is answered")
        began = time.monotonic()
        drained = until(lambda: not self.talkers.waiting() and is_answered(self.database), DRAIN_SECONDS)
        self.figures["drained after"] = f"{time.monotonic() - began:.1f} s"
        self.must(drained, f"Not all was answered {DRAIN_SECONDS:.0f} s after the accident was over.")

    def must_give_up(self, letters: int) -> None:
        """There are so many dead letters, and no more."""
        with self.database.read() as tx:
            found = len(tx.execute(select(t.dead_letter.c.id)).all())
        self.must(found == letters, f"There are {found} dead letters and not {letters}.")

    def rest(self) -> None:
        """Until nothing is left to do; what still waits then is found, and told."""
        self.say("waiting until all has come to rest")
        until(lambda: not self.talkers.waiting() and is_at_rest(self.database), REST_SECONDS)


def until(what: Callable[[], bool], seconds: float) -> bool:
    """Waits until something holds; False if it never did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if what():
                return True
        except DBAPIError:  # the database is away at this moment, which may be why we wait
            pass
        time.sleep(0.2)
    return False


def play(scenario: Scenario, engine: Engine, folder: Path, seed: int, kills: int) -> Findings:
    """Lets a scenario happen and looks at what is left."""
    with _stage(scenario, engine, folder, seed, kills) as stage:
        scenario.act(stage)
        stage.rest()
        for process in (stage.pasito, *stage.workers):
            process.stop()
        found = look(stage.database, stage.talkers, stage.telegram, stage.whatsapp)
    found.figures |= stage.figures
    found.problems += stage.problems
    return found


@contextmanager
def _stage(scenario: Scenario, engine: Engine, folder: Path, seed: int, kills: int) -> Iterator[Stage]:
    with ExitStack() as stack:
        clock = Clock(folder) if scenario.clock else None
        environment = clock.environment if clock else {}
        server = stack.enter_context(postgres(environment)) if engine == "postgresql" else None
        disk = stack.enter_context(small_disk(folder / "disk")) if scenario.small_disk else folder
        url = server.url if server else f"sqlite:///{disk / 'pasito.sqlite3'}"
        telegram = stack.enter_context(
            serving(TelegramStandIn(limits=None, duplicates=0.1, shuffles=0.1, scale=0.02, seed=seed))
        )
        whatsapp = people_on_whatsapp(scenario.people, scenario.rate, seed) if scenario.whatsapp else None
        if whatsapp:
            stack.enter_context(whatsapp.serving())
        pasito = Pasito(
            folder, url, telegram.url, TOKEN, pace="platform" if scenario.paced else "none",
            command="serve" if scenario.workers else "run", environment=environment,
            whatsapp_url=whatsapp.platform.url if whatsapp else "",
        )  # fmt: skip
        if whatsapp:
            whatsapp.platform.webhook_url = f"http://127.0.0.1:{pasito.port}/hooks/whatsapp/default"
        workers = [
            Pasito(
                folder / f"worker-{n}", url, telegram.url, TOKEN,
                command="worker", port=pasito.port, environment=environment,
            )
            for n in range(1, scenario.workers + 1)
        ]  # fmt: skip
        for process in (pasito, *workers):
            process.start()
            stack.callback(_end, process)
        until_called(telegram)
        database = open_database(url, secret=SECRET.encode())
        stack.callback(database.close)
        talkers = Talkers(telegram, scenario.people, scenario.rate, seed)
        yield Stage(
            scenario, engine, folder, random.Random(seed), kills,
            telegram, talkers, pasito, workers, database, server, clock, whatsapp,
        )  # fmt: skip


def _end(process: Pasito) -> None:
    if not process.has_ended:
        process.kill()
