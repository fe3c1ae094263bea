"""All scenarios of `make chaos`, by name, in the order in which they run."""

from __future__ import annotations

from tests.chaos.accidents import (
    burst,
    clock_jumps,
    full_disk,
    kills,
    poison,
    postgres_restarts,
    sleeper,
    whatsapp_kills,
)
from tests.chaos.scenario import Scenario

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        kills.SCENARIO,
        whatsapp_kills.SCENARIO,
        postgres_restarts.SCENARIO,
        full_disk.SCENARIO,
        clock_jumps.SCENARIO,
        clock_jumps.SLOW,
        burst.SCENARIO,
        poison.SCENARIO,
        poison.UNREADABLE,
        sleeper.SCENARIO,
    )
}
