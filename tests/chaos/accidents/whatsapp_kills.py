"""The power of one process goes, again and again, while WhatsApp and the way to it are bad."""

from __future__ import annotations

import time

from tests.chaos.scenario import Scenario
from tests.chaos.stage import DRAIN_SECONDS, Stage, until
from tests.standins.whatsapp import Fault


def act(stage: Stage) -> None:
    assert stage.whatsapp
    platform = stage.whatsapp.platform
    platform.fault_shares = {
        Fault("delivered_but_reset"): 0.05, Fault("503"): 0.02, Fault("429", seconds=1): 0.01,
    }  # fmt: skip
    kills = stage.kills // 4
    with stage.whatsapp.talking():
        for n in range(kills):
            time.sleep(0.3 + stage.chance.random() * 1.2)
            stage.pasito.kill()
            stage.pasito.start()
            stage.say(f"kill {n + 1} of {kills}")
    platform.fault_shares = {}
    told = until(lambda: not platform.undelivered, DRAIN_SECONDS)
    stage.must(told, "What WhatsApp brings is not acknowledged.")
    stage.figures["kills"] = str(kills)


SCENARIO = Scenario(
    name="whatsapp-kills",
    happens="On WhatsApp: SIGKILL at random moments, 5 times or 50; of our calls 5 % arrive while the "
    "connection breaks, 2 % get 503 and 1 % get 429. Items come twice, several at once, in any order.",
    holds="Copies stay below 1.5 % of the replies.",
    act=act,
    short=("sqlite",),
    rate=15.0,
    whatsapp=True,
)
