"""The power of one process goes, again and again, while the way to Telegram is bad."""

from __future__ import annotations

import time

from tests.chaos.scenario import Scenario
from tests.chaos.stage import Stage


def act(stage: Stage) -> None:
    starts = []
    fail_now_and_then(stage)
    with stage.talkers.talking():
        for n in range(stage.kills):
            time.sleep(0.3 + stage.chance.random() * 1.2)
            stage.pasito.kill()
            starts.append(stage.pasito.start())
            stage.say(f"kill {n + 1} of {stage.kills}")
    stage.telegram.faults.clear()
    stage.figures["kills"] = str(stage.kills)
    stage.figures["slowest start"] = f"{max(starts, default=0):.1f} s"


def fail_now_and_then(stage: Stage) -> None:
    """Of our calls some arrive while the connection breaks, some are refused, some come too fast."""
    always = float("inf")
    stage.telegram.fail("delivered_reset", times=always, chance=0.05)
    stage.telegram.fail("status", times=always, chance=0.02, status=502)
    stage.telegram.fail("too_many", times=always, chance=0.01, retry_after=1)


SCENARIO = Scenario(
    name="kills",
    happens="Pasito is killed (SIGKILL) at random moments, 20 times or 200; of its calls 5 % arrive while "
    "the connection breaks, 2 % get 502 and 1 % get 429.",
    holds="Copies stay below 1.5 % of the replies.",
    act=act,
)
