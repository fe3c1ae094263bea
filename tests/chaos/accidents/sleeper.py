"""A worker stands still (SIGSTOP), others take over what it held, and it wakes up when its leases are long over."""

from __future__ import annotations

import signal
import time

from sqlalchemy import func, select

from store import inbox, outbox
from store import tables as t
from tests.chaos.scenario import Scenario
from tests.chaos.stage import Stage

HELD_SECONDS = 1.5  # whoever is awake has nothing in hand for so long
SLOWLY = 0.1  # seconds that Telegram takes for an answer: so the sleeper has something in hand
ASLEEP_SECONDS = max(inbox.LEASE_SECONDS, outbox.LEASE_SECONDS) + 5.0


def act(stage: Stage) -> None:
    stage.telegram.delay = SLOWLY
    sleeper = stage.workers[0]
    with stage.talkers.talking():
        time.sleep(3.0)
        held = 0
        while not held:  # asleep with empty hands it would show nothing
            sleeper.signal(signal.SIGCONT)
            time.sleep(stage.chance.random())
            sleeper.signal(signal.SIGSTOP)
            time.sleep(HELD_SECONDS)
            held = _held(stage)
        stage.figures["held when it fell asleep"] = str(held)
        stage.say("a worker is asleep")
        time.sleep(ASLEEP_SECONDS)
        sleeper.signal(signal.SIGCONT)
        time.sleep(5.0)
    stage.must_drain()
    stage.must(not sleeper.has_ended, "The worker that slept has ended.")


def _held(stage: Stage) -> int:
    """Replies that were taken a while ago and have no end, and conversations that are held as long."""
    ours, talk = t.outbox.c, t.conversation.c
    now = time.time_ns() // 1_000 - int(HELD_SECONDS * 0.8 * 1e6)
    sending = select(func.count()).where(ours.state == "sending", ours.tried_at < now)
    lease = inbox.LEASE_SECONDS * 1_000_000
    claimed = select(func.count()).where(talk.worker.is_not(None), talk.ready_at < now + lease)
    with stage.database.read() as tx:
        return int(tx.execute(sending).scalar_one()) + int(tx.execute(claimed).scalar_one())


SCENARIO = Scenario(
    name="sleeper",
    happens="One of two workers stands still (SIGSTOP) with work in hand, and wakes up 65 s later.",
    holds="It changes nothing any more: the other one has taken over.",
    act=act,
    engines=("postgresql",),
    short=(),
    workers=2,
)
