"""PostgreSQL loses its power under load and comes back."""

from __future__ import annotations

import time

from tests.chaos.accidents.away import Away
from tests.chaos.scenario import Scenario
from tests.chaos.stage import Stage

RESTARTS = 5
FIRST_REFUSAL_SECONDS = 2.0


def act(stage: Stage) -> None:
    assert stage.server
    with stage.talkers.talking():
        for n in range(RESTARTS):
            time.sleep(1.0 + stage.chance.random())
            away = Away(stage, stage.server.stop)
            away.is_noticed(FIRST_REFUSAL_SECONDS)
            time.sleep(stage.chance.random() * 2)
            stage.server.start()
            away.is_over()
            stage.say(f"restart {n + 1} of {RESTARTS}")
    stage.must_drain()


SCENARIO = Scenario(
    name="postgres-restarts",
    happens="PostgreSQL is stopped at once (pg_ctl stop -m immediate) and started again, five times.",
    holds="The first 503 comes within 2 s, no request hangs longer than 5 s, /readyz says no and /healthz yes; "
    "all is answered 60 s after it is back.",
    act=act,
    engines=("postgresql",),
    short=("postgresql",),
)
