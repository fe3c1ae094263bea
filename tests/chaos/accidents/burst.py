"""Ten times as many people write as usual."""

from __future__ import annotations

import statistics
import time

from tests.chaos.scenario import Scenario
from tests.chaos.stage import Stage

TIMES = 10
BURST_SECONDS = 5.0
CALM_SECONDS = 3.0


def act(stage: Stage) -> None:
    talkers, usual = stage.talkers, stage.talkers.rate
    with talkers.talking():
        time.sleep(CALM_SECONDS)
        before = len(talkers.brought)
        talkers.rate = usual * TIMES
        time.sleep(BURST_SECONDS)
        talkers.rate = usual
        time.sleep(CALM_SECONDS)
    stage.must_drain()
    took = [one.seconds for one in talkers.brought[before:]]
    stage.figures["acknowledged, median"] = f"{statistics.median(took) * 1e3:.0f} ms"
    stage.figures["acknowledged, p99"] = f"{sorted(took)[int(len(took) * 0.99)] * 1e3:.0f} ms"
    stage.must(all(one.is_taken for one in talkers.brought), "A message was refused.")


SCENARIO = Scenario(
    name="burst",
    happens="Ten times as many messages come for five seconds: 400 a second, of 200 people.",
    holds="None is refused, and all are answered within 60 s.",
    act=act,
    short=("sqlite",),
    people=200,
)
