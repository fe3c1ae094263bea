"""What a scenario is: an accident under load, and what must hold afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.chaos.stage import Stage

Engine = Literal["sqlite", "postgresql"]
ENGINES: tuple[Engine, ...] = ("sqlite", "postgresql")


def nothing() -> str | None:
    """It runs everywhere."""
    return None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One accident.

    happens, holds: sentences for the list. That nothing is lost, done twice, out of order, sent too
    early or stuck has to hold after each of them and is not said again.
    act: lets it happen. engines: where it runs in the long form; short: where in the short one.
    people, rate: who writes, and how many messages a second in all. workers: so many of them beside
    a web process, or 0 for one process that does everything. paced: whether we keep a platform's
    limits. clock: whether clocks can be set.
    whatsapp: whether people write on WhatsApp and not on Telegram. small_disk: whether it needs a file system of its own. missing: what this computer lacks for it.
    """

    name: str
    happens: str
    holds: str
    act: Callable[[Stage], None]
    engines: tuple[Engine, ...] = ENGINES
    short: tuple[Engine, ...] = ENGINES
    people: int = 40
    rate: float = 40.0
    workers: int = 0
    paced: bool = False
    clock: bool = False
    whatsapp: bool = False
    small_disk: bool = False
    missing: Callable[[], str | None] = nothing
