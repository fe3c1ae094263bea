"""People who write to the bot, faster or slower, and who never wait for an answer."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from typing import Any

from tests.standins.telegram import TOKEN, Person, TelegramStandIn

# Somebody begins, answers the quick check, and begins it anew.
WORDS = (
    "hello",
    "own",
    "yes",
    "yes",
    "yes",
    "1",
    "3",
    "3",
    "A",
    "1",
    "1",
    "2",
    "3",
    "4",
    "1",
    "2",
    "3",
    "4",
    "1",
    "restart",
    "1",
)


class Talkers:
    """Many people, each with her own place in the conversation. What Telegram saw acknowledged is kept."""

    def __init__(self, telegram: TelegramStandIn, people: int, seed: int) -> None:
        self.telegram = telegram
        self.chance = random.Random(seed)
        self.people: list[Person] = [telegram.person(f"person {n}") for n in range(people)]
        self.written: dict[int, int] = defaultdict(int)
        self.taken: dict[int, list[int]] = defaultdict(list)  # chat -> message ids, as they were acknowledged
        self._listen()

    def _listen(self) -> None:
        bring = self.telegram._bring_once

        async def noted(bot: Any, id: int) -> bool:
            update = bot.updates.get(id)
            was_taken = await bring(bot, id)
            message = (update or {}).get("message")
            if was_taken and message and message["message_id"] not in self.taken[message["chat"]["id"]]:
                self.taken[message["chat"]["id"]].append(message["message_id"])
            return was_taken

        self.telegram._bring_once = noted  # type: ignore[method-assign]  # what it sees is all we want to know

    async def talk(self, rate: float, seconds: float) -> None:
        """Writes `rate` messages a second in all, for so long."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            person = self.chance.choice(self.people)
            n = self.written[person.id]
            self.written[person.id] += 1
            await person.write(WORDS[n % len(WORDS)])
            await asyncio.sleep(self.chance.expovariate(rate))

    def waiting(self) -> int:
        """Messages that Telegram still keeps because nobody has acknowledged them."""
        return sum(len(queue) for queue in self.telegram.bot(TOKEN).of_chat.values())
