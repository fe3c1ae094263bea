"""A hundred thousand reminders that are due at once, and people who write meanwhile.

How long it takes until each reminder is in the outbox; and how late replies to people who write are in
that time, webhook to `sendMessage` at Telegram's pace, against the same people a minute before. One bot
serves both: its line is busy with reminders for an hour.
"""

# ruff: noqa: T201 - a bench says what it found by printing it
from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select, text, update

from content.lineage import hash_of_sources
from flows.compiler import base_with_library
from flows.state import Business, State
from flows.values import Timer
from store import shared
from store import tables as t
from store.bulk import insert_rows
from store.clock import DAY, database_now, now_of
from store.engine import Database, open_database
from store.inbox import new_conversation
from tests.bench.bots import DATABASES
from tests.bench.load import Crowd, Post
from tests.bench.platform import until_called
from tests.bench.progress import progress
from tests.process import SECRET, Pasito
from tests.standins.telegram import TOKEN, Shown, TelegramStandIn, serving

REMINDERS = 100_000
AIM_SECONDS = 60.0
AIM_RATIO = 2.0
RATE = 20.0  # messages a second of those who write
WRITING = 100  # people who write, each every five seconds
BEFORE = 20.0  # seconds in which they write alone
WARM = 3.0  # of these are not counted
STRETCH = 5.0  # seconds that they write between two looks whether it is over
MOST = 240.0  # seconds that are waited for
AT_ONCE = 2_000
PROGRAMME = "bench"
ACCOUNT = "telegram/default"

PACK = """\
schema: "1"
pack: bench
title: For this bench
version: 1.0.0
extends: base
pinned: {{version: 1.0.0, hash: {pin}}}
languages: [en]
zone: Etc/UTC
quiet_hours: {{from: "00:00", to: "00:00"}}
"""
FLOW = """\
schema: "1"
flow: season
title: Before the season
said: [season]
steps:
  - ask: ready_for_season
    say: The season begins soon. Are your prices up to date?
    choices: {"yes": "Yes", "no": "Not yet"}
  - say: Good to know.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """Seconds until the last reminder was in the outbox; seconds of replies before and meanwhile."""

    seconds: float
    before: Sequence[float]
    meanwhile: Sequence[float]
    unanswered: int

    @property
    def ratio(self) -> float:
        return _late(self.meanwhile) / _late(self.before)


def reminders(folder: Path, rounds: int, count: int = REMINDERS) -> None:
    """Prints a line for each database: seconds, p95 without and with, and their ratio."""
    found: dict[str, list[Found]] = {database: [] for database in DATABASES}
    for round_ in range(rounds):
        for database, runs in found.items():
            progress(f"round {round_ + 1} of {rounds}: reminders, {database}")
            runs.append(_measured(folder / f"{database}-{round_}", database, count, round_))
    progress("")
    print(
        f"\n{f'{count:,} reminders due at once':32}{'in the outbox after':>20}{'p95 before':>12}{'meanwhile':>12}"
        f"{'ratio':>8}{'not answered':>14}   aim: {AIM_SECONDS:.0f} s, {AIM_RATIO:.1f}x"
    )
    for database, runs in found.items():
        seconds = statistics.median(run.seconds for run in runs)
        before = statistics.median(_late(run.before) for run in runs) * 1e3
        meanwhile = statistics.median(_late(run.meanwhile) for run in runs) * 1e3
        each = ", ".join(f"{run.seconds:.0f} s {run.ratio:.2f}x" for run in runs)
        print(
            f"{database:32}{seconds:>18.1f} s{before:>9.1f} ms{meanwhile:>9.1f} ms"
            f"{statistics.median(run.ratio for run in runs):>7.2f}x{sum(run.unanswered for run in runs):>14}   {each}"
        )


def _late(times: Sequence[float]) -> float:
    """The 95th percentile."""
    return sorted(times)[len(times) * 95 // 100]


def _measured(folder: Path, database: str, count: int, seed: int) -> Found:
    with _bot(folder, database) as (telegram, url):
        here = open_database(url, secret=SECRET.encode())
        try:
            _fill(here, telegram, count)
            return telegram.call(_written(telegram, here, count, seed), MOST + BEFORE + 120)
        finally:
            here.close()


async def _written(telegram: TelegramStandIn, here: Database, count: int, seed: int) -> Found:
    """People write all the time; after a while the reminders become due."""
    crowd, chance = Crowd(telegram, TOKEN, WRITING), random.Random(seed)
    alone = await crowd.write(RATE, WARM + BEFORE, chance)
    over = asyncio.Event()
    writing = asyncio.create_task(_keep_writing(crowd, chance, over))
    await asyncio.sleep(WARM)
    await asyncio.to_thread(_become_due, here)
    began = time.monotonic()
    while time.monotonic() - began < MOST and await asyncio.to_thread(_are_left, here):  # noqa: ASYNC110 - another process works
        await asyncio.sleep(0.2)
    ended = time.monotonic()
    over.set()
    written = alone + await writing
    await asyncio.sleep(1.0)  # for the replies to those who wrote last
    with here.read() as tx:
        done = select(func.count()).where(t.outbox.c.conversation_id.like("reminded-%"))
        said = tx.execute(done).scalar_one()
    assert ended - began >= MOST or said == count, f"{said} of {count} reminders are in the outbox"
    before, missing = _times(telegram.sent, written, [p for p in alone if p.due >= alone[0].due + WARM])
    during = [post for post in written if began <= post.due <= ended]
    meanwhile, left = _times(telegram.sent, written, during)
    return Found(ended - began, before, meanwhile, missing + left)


async def _keep_writing(crowd: Crowd, chance: random.Random, over: asyncio.Event) -> list[Post]:
    written: list[Post] = []
    while not over.is_set():
        written += await crowd.write(RATE, STRETCH, chance)
    return written


def _times(
    sent: Sequence[Shown], written: Sequence[Post], counted: Sequence[Post]
) -> tuple[list[float], int]:
    """Seconds from each message to its reply, and how many had none. Replies come in the order of her messages."""
    came: dict[int, list[float]] = {}
    for shown in sent:
        came.setdefault(shown.chat, []).append(shown.at)
    number: dict[int, int] = {}
    replied: dict[int, float] = {}
    for post in written:
        place = number.get(post.chat, 0)
        number[post.chat] = place + 1
        if place < len(came.get(post.chat, ())):
            replied[id(post)] = came[post.chat][place]
    times = [replied[id(post)] - post.due for post in counted if id(post) in replied]
    return times, len(counted) - len(times)


@contextmanager
def _bot(folder: Path, database: str) -> Iterator[tuple[TelegramStandIn, str]]:
    """A process with one bot, and the address of its database."""
    pack = folder / PROGRAMME
    (pack / "flows").mkdir(parents=True)
    (pack / "pack.yaml").write_text(PACK.format(pin=hash_of_sources(base_with_library())))
    (pack / "flows" / "season.yaml").write_text(FLOW)
    telegram = TelegramStandIn(limits=None)
    with serving(telegram), DATABASES[database](folder) as url:
        pasito = Pasito(
            folder, url, telegram.url, TOKEN, pace="platform", programme=PROGRAMME,
            environment={"PASITO_PACKS": str(pack)},
        )  # fmt: skip
        pasito.start()
        try:
            until_called(telegram)
            yield telegram, url
        finally:
            pasito.kill()  # the line is busy for an hour


# --- people who agreed to reminders ----------------------------------------------------------------


def _fill(here: Database, telegram: TelegramStandIn, count: int) -> None:
    for start in range(0, count, AT_ONCE):
        progress(f"people who agreed to reminders: {start:,} of {count:,}")
        with here.begin() as tx:
            _insert(tx, here, telegram, range(start, min(start + AT_ONCE, count)))
    if not here.is_sqlite:
        with here.writing.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def _insert(tx: Connection, here: Database, telegram: TelegramStandIn, numbers: Sequence[int]) -> None:
    """Strangers to one another, each with a business, who wrote a week ago; what they are reminded of is not due yet."""
    now = now_of(tx)
    long_ago = now - 7 * DAY
    rows: dict[str, list[dict[str, object]]] = {
        name: [] for name in ("person", "identity", "business", "membership", "conversation", "timer")
    }
    for number in numbers:
        person = telegram.person(f"reminded {number}")
        person.wrote = True
        chat, id = str(person.id), f"reminded-{number:06}"
        business = Business(
            id, "own", {"sector": "food"}, None, {"guidance": True, "statistics": True}, True, 1
        )
        state = State(language="en", consent={"reminders": True}, last_inbound=long_ago, business=business)
        here_ = {"programme_id": PROGRAMME, "id": id, "created_at": long_ago}
        rows["person"].append({**here_, "is_test": False, "reported": False})
        rows["identity"].append(
            {
                **here_,
                "kind": "telegram",
                "lookup": here.vault.mark(PROGRAMME, "address", "telegram", chat),
                "sealed": here.vault.seal(PROGRAMME, "telegram", chat),
                "person_id": id,
            }
        )
        rows["business"].append(
            {
                **here_,
                "profile": dict(business.profile),
                "consent": dict(business.consent),
                "registered": True,
                "version": 1,
                "changed_at": long_ago,
            }
        )
        rows["membership"].append(
            {
                "programme_id": PROGRAMME, "person_id": id, "business_id": id, "role": "own", "current": True,
                "created_at": long_ago,
            }
        )  # fmt: skip
        rows["conversation"].append(
            {
                **new_conversation(PROGRAMME, ACCOUNT, id, id, long_ago),
                "id": id,
                "state": shared.stored(state),
                "kept": True,
                "language": "en",
            }
        )
        timer = Timer("season", 0, None, {"flow": "season", "at": None, "outside": "hold"})
        rows["timer"].append(
            {
                "programme_id": PROGRAMME, "conversation_id": id, "key": timer.key, "due_at": now + DAY,
                "body": dict(timer.body),
            }
        )  # fmt: skip
    for name, some in rows.items():
        insert_rows(tx, t.metadata.tables[name], some)


def _become_due(here: Database) -> None:
    with here.begin() as tx:
        tx.execute(update(t.timer).values(due_at=database_now()))


def _are_left(here: Database) -> bool:
    """Whether a reminder is not in the outbox yet: it is a timer still, or waits for its turn."""
    reminded = t.inbox.c.done_at.is_(None) & (t.inbox.c.kind == "timer")
    with here.read() as tx:
        if tx.execute(select(t.timer.c.key).where(t.timer.c.due_at <= database_now()).limit(1)).first():
            return True
        return tx.execute(select(t.inbox.c.seq).where(reminded).limit(1)).first() is not None
