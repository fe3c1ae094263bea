"""One process's memory of how far the database's clock is from one that nobody sets."""

from __future__ import annotations

import time

# Less than this is a clock that is a little too fast or too slow, and not one that was set. Microseconds.
LEAST = 5_000_000
# An instant that is known less exactly says nothing of a clock that is a little too fast or too slow.
_EXACT = 500_000
# The first of these that there is goes on while a computer sleeps: time that it slept has passed.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def steady() -> int:
    """Microseconds since some instant, by a clock that nobody sets."""
    return (time.monotonic_ns() if _CLOCK is None else time.clock_gettime_ns(_CLOCK)) // 1_000


class Watch:
    """Compares two clocks again and again: one jump of their distance is a clock that was set.

    looked: when that was done last, by the steady clock; None before the first time.
    """

    def __init__(self) -> None:
        self.steady = steady
        self.looked: int | None = None
        self._apart: int | None = None

    def jump(self, now: int, ahead: int, before: int, after: int) -> int:
        """By how many microseconds the database's clock was set without anybody having noticed; else 0.

        now: what it showed at some instant after `before` and before `after`, which are of the steady
        clock. ahead: by how much it was set in all, as far as anybody has noticed. The same jump is
        told until `ahead` has it in it.
        """
        self.looked = after
        least, most = now - ahead - after, now - ahead - before
        if self._apart is not None:
            jump = max(least - self._apart, 0) + min(most - self._apart, 0)
            if abs(jump) >= LEAST:
                return jump
        if most - least < _EXACT:
            self._apart = most
        return 0
