"""What was seen of a film or a paper goes into the inbox of the conversation that its link was made for.

The same thing within the same half hour is one thing: pages are loaded again, and a line that breaks
sends twice.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Literal

from bot.door import Door
from bot.worker import microseconds
from flows.values import Inbound
from store.clock import DAY, SECOND
from store.inbox import Arrival
from store.links import Link

Seen = Literal["opened", "played", "part", "completed"]

HALF_HOUR = 1800 * SECOND
MOST_A_DAY = 60  # of one link, in this process; nobody looks at a page more often than that
LINKS_KNOWN = 10_000


class SeenPages:
    """Tells conversations what was seen; the inbox drops what it has already."""

    def __init__(self, door: Door, clock: Callable[[], int] = microseconds) -> None:
        self._door = door
        self._clock = clock
        self._told: OrderedDict[tuple[str, int], set[str]] = OrderedDict()  # by link and day

    async def film(self, link: Link, seen: Seen, *, part: int = 0, small: bool) -> None:
        """It is durable when this returns. part: 25, 50, 75 or 100, of a film that is played."""
        data: dict[str, Any] = {
            "film": link.film, "language": link.language, "seen": seen, "source": "player", "small": small
        }  # fmt: skip
        if part:
            data["part"] = part
        await self._tell(link, f"v:{link.id}:{seen}:{part}", data)

    async def paper(self, link: Link) -> None:
        """A paper was opened. It is durable when this returns."""
        await self._tell(link, f"{link.what}:{link.id}", {"paper": link.what, "seen": "opened"})

    async def _tell(self, link: Link, what: str, data: Mapping[str, Any]) -> None:
        now = self._clock()
        key = f"{what}:{now // HALF_HOUR}"
        told = self._told_today(link, now)
        if key in told or len(told) >= MOST_A_DAY:
            return
        inbound = Inbound(key, "event", seed=secrets.token_hex(16), data=data)
        await self._door.accept(
            Arrival(link.programme, link.account, inbound, now, conversation=link.conversation)
        )
        told.add(key)

    def _told_today(self, link: Link, now: int) -> set[str]:
        today = (link.id, now // DAY)
        told = self._told.setdefault(today, set())
        self._told.move_to_end(today)
        while len(self._told) > LINKS_KNOWN:
            self._told.popitem(last=False)
        return told
