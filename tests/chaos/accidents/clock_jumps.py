"""The wall clock is set: a day on, a day back, ten minutes back."""

from __future__ import annotations

import time

from sqlalchemy import func, select

from store import tables as t
from tests.chaos import clock
from tests.chaos.scenario import Scenario
from tests.chaos.stage import Stage

DAY, TEN_MINUTES = 86_400, 600
SLOWLY = 0.3  # seconds that Telegram takes for an answer
# Seconds before the right time.
JUMPS = (DAY, 0, -DAY, 0, -TEN_MINUTES)
BETWEEN_SECONDS = 3.0
SILENCE_SECONDS = 3  # of which most come after the jump
SILENT_BEFORE_SECONDS = 1.0


def act(stage: Stage, *, silence: bool = True) -> None:
    """silence: Telegram asks for it a moment before each jump."""
    assert stage.clock
    # On a busy machine a request may have left before the answer that asks for silence came in. One that
    # breaks the silence because of the clock comes after the jump, a second later.
    stage.telegram.on_their_way = SILENT_BEFORE_SECONDS / 2
    with stage.talkers.talking():
        for ahead in JUMPS:
            time.sleep(BETWEEN_SECONDS - SILENT_BEFORE_SECONDS)
            if silence:
                stage.telegram.fail("too_many", retry_after=SILENCE_SECONDS)
            time.sleep(SILENT_BEFORE_SECONDS)
            stage.clock.set(ahead)
            stage.say(f"the clock goes {ahead} s before the right time")
        time.sleep(BETWEEN_SECONDS)
    stage.must_drain()
    stage.clock.set(0)
    stage.must_give_up(0)
    stage.must(_seconds_ahead(stage) > DAY / 2, "No clock was set; the scenario shows nothing.")


def _seconds_ahead(stage: Stage) -> float:
    """How far the latest message that came in lies in the future."""
    with stage.database.read() as tx:
        latest = tx.execute(select(func.max(t.inbox.c.received_at))).scalar_one()
    return float(latest / 1e6 - time.time())


def act_slowly(stage: Stage) -> None:
    stage.telegram.delay = SLOWLY
    act(stage, silence=False)  # what is on its way when Telegram asks for it would count as too early


SCENARIO = Scenario(
    name="clock-jumps",
    happens="The wall clock of Pasito and of its database is set a day on, right, a day back, right, and ten "
    "minutes back; each time Telegram has asked for silence a moment before.",
    holds="All is answered within 60 s, at whatever time the clock shows; none is given up.",
    act=act,
    short=("sqlite",),
    rate=15.0,
    paced=True,
    clock=True,
    missing=clock.missing,
)
SLOW = Scenario(
    name="clock-jumps-slow",
    happens="The same at full speed while Telegram takes 0.3 s for each answer, so that many replies wait when "
    "the clock is set.",
    holds="The same.",
    act=act_slowly,
    short=("postgresql",),
    clock=True,
    missing=clock.missing,
)
