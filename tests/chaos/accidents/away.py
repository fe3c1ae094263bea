"""What people and platforms notice while the database cannot be written; shared by two accidents."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.chaos.stage import Stage, until
from tests.standins.telegram import Brought

NOTICED_SECONDS = 30.0
LONGEST_SECONDS = 5.0
NETWORK_SECONDS = 0.5  # what the way there and back may add on a busy computer


class Away:
    """The database cannot be written from a moment on: nothing is acknowledged, and nobody hangs."""

    def __init__(self, stage: Stage, begin: Callable[[], None]) -> None:
        """begin: takes the database away; when it returns it is away."""
        self._stage = stage
        self._brought = len(stage.talkers.brought)
        begin()
        self._at = time.monotonic()

    def is_noticed(self, within: float = NOTICED_SECONDS) -> None:
        """Waits for the first refusal; the process lives and says that it is not ready."""
        stage = self._stage
        until(lambda: any(one.status == 503 for one in self._since()), NOTICED_SECONDS)
        refused = [one.at + one.seconds - self._at for one in self._since() if one.status == 503]
        first = max(0.0, min(refused, default=float("inf")))
        stage.figures["first 503 after"] = _worst(stage.figures.get("first 503 after"), first)
        stage.must(first <= within, f"The first 503 came after {first:.1f} s.")
        stage.must(not stage.pasito.is_ready(), "It says that it is ready, without a database.")
        stage.must(stage.pasito.is_alive(), "It says that it is not alive, but only its database is away.")

    def is_over(self) -> None:
        """Waits until it says that it is ready again."""
        stage = self._stage
        began = time.monotonic()
        ready = until(stage.pasito.is_ready, 30.0)
        again = time.monotonic() - began
        stage.figures["ready again after"] = _worst(stage.figures.get("ready again after"), again)
        stage.must(ready, "It is not ready again 30 s after the database was back.")
        stage.must(not stage.pasito.has_ended, "The process has ended by itself.")
        longest = max((one.seconds for one in self._since()), default=0.0)
        stage.figures["longest request"] = _worst(stage.figures.get("longest request"), longest)
        stage.must(longest <= LONGEST_SECONDS + NETWORK_SECONDS, f"A request hung for {longest:.1f} s.")

    def _since(self) -> list[Brought]:
        return self._stage.talkers.brought[self._brought :]


def _worst(so_far: str | None, seconds: float) -> str:
    return f"{max(seconds, float((so_far or '0 s').removesuffix(' s'))):.2f} s"
