"""People who write to the bot, faster or slower, and who never wait for an answer."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from tests.standins.telegram import TOKEN, Brought, Person, TelegramStandIn

# Somebody begins, answers the quick check, and begins it anew.
WORDS = (
    *("hello", "own", "yes", "yes", "yes"),
    *("1", "3", "3", "A", "1", "1"),
    *("2", "3", "4", "1", "2", "3", "4", "1"),
    *("restart", "1"),
)
PATIENCE = 60.0


class Talkers:
    """Many people, each with her own place in the conversation.

    rate: messages a second in all. What Telegram saw acknowledged is kept: `taken`, and every
    delivery with its answer: `brought`.
    """

    def __init__(self, telegram: TelegramStandIn, people: int, rate: float, seed: int) -> None:
        self.telegram = telegram
        self.rate = rate
        self.chance = random.Random(seed)
        self.people: list[Person] = [telegram.person(f"person {n}") for n in range(people)]
        self.written: dict[int, int] = defaultdict(int)
        self.taken: dict[int, list[int]] = defaultdict(list)  # chat -> message ids, as they were acknowledged
        self.brought: list[Brought] = []
        telegram.on_brought.append(self._note)

    def _note(self, brought: Brought) -> None:
        self.brought.append(brought)
        message = brought.update.get("message")
        if message and brought.is_taken:
            taken = self.taken[message["chat"]["id"]]
            if message["message_id"] not in taken:
                taken.append(message["message_id"])

    @contextmanager
    def talking(self) -> Iterator[None]:
        """They write as long as this lasts."""
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                self.telegram.call(self.talk(0.5), PATIENCE)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    async def talk(self, seconds: float) -> None:
        """They write for so long."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        until = now + seconds
        # Times of writing, not pauses between them: a busy computer does not slow people down.
        while (now := now + self.chance.expovariate(self.rate)) < until:
            await asyncio.sleep(max(0.0, now - loop.time()))
            await self.write(self.chance.choice(self.people))

    async def write(self, person: Person) -> None:
        """Her next word."""
        n = self.written[person.id]
        self.written[person.id] += 1
        await person.write(WORDS[n % len(WORDS)])

    def waiting(self) -> int:
        """Messages that Telegram still keeps because nobody has acknowledged them."""
        return sum(len(queue) for queue in self.telegram.bot(TOKEN).of_chat.values())
