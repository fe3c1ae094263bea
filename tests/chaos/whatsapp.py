"""People on WhatsApp, who write through signed webhooks and never wait for an answer."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from tests.chaos.talkers import WORDS
from tests.process import APP_SECRET, PHONE_ID
from tests.standins.telegram import TOKEN
from tests.standins.whatsapp import Hooks, Person, Rules, WhatsApp

ACCOUNT = "whatsapp/default"
START_SECONDS = 10.0
FIRST_PHONE = 51_900_000_000


class WhatsAppTalkers:
    """The stand-in in a thread of its own, and people who write to it.

    rate: messages a second in all. written: the platform's id of each message.
    """

    def __init__(self, platform: WhatsApp, people: int, rate: float, seed: int) -> None:
        self.platform = platform
        self.rate = rate
        self.chance = random.Random(seed)
        self.people: list[Person] = [platform.person(str(FIRST_PHONE + n)) for n in range(people)]
        self.written: list[str] = []
        self._next = dict.fromkeys(range(people), 0)
        self._loop = asyncio.new_event_loop()

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_SECONDS)

    @contextmanager
    def serving(self) -> Iterator[None]:
        thread = threading.Thread(target=self._loop.run_forever, name="whatsapp-stand-in", daemon=True)
        thread.start()
        self.call(self.platform.start())
        try:
            yield
        finally:
            self.call(self.platform.stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(START_SECONDS)
            self._loop.close()

    @contextmanager
    def talking(self) -> Iterator[None]:
        """They write as long as this lasts."""
        writing = asyncio.run_coroutine_threadsafe(self._talk(), self._loop)
        try:
            yield
        finally:
            writing.cancel()

    def seen(self) -> list[tuple[str, int]]:
        """The replies as they arrived: each names its conversation and its place."""
        names = [taken.name.rpartition(":") for taken in self.platform.taken]
        return [(conversation, int(place)) for conversation, _, place in names]

    async def _talk(self) -> None:
        while True:
            await asyncio.sleep(self.chance.expovariate(self.rate))
            who = self.chance.randrange(len(self.people))
            word = WORDS[self._next[who] % len(WORDS)]
            self._next[who] += 1
            self.written.append(await self.people[who].writes(word))


def people_on_whatsapp(people: int, rate: float, seed: int) -> WhatsAppTalkers:
    """The platform brings one item in ten twice, several in one request, in any order."""
    hooks = Hooks(batch=5, wait=0.05, duplicates=0.1, shuffled=True, scale=0.004)
    platform = WhatsApp(
        rules=Rules.lifted(), hooks=hooks, token=TOKEN, app_secret=APP_SECRET, phone_id=PHONE_ID, seed=seed
    )
    return WhatsAppTalkers(platform, people, rate, seed)
