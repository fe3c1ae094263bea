"""A burst that is faster than the platform allows: what went out too fast, and when all were answered.

People write twice a second for some seconds and wait for no answer; Telegram takes one message a
second to each and thirty in all. The stand-in counts what is over a limit. In the second line it
also asks for three seconds of silence now and then, though nobody was too fast.
"""

# ruff: noqa: T201 - a bench says what it found by printing it
from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.channels.telegram.capabilities import LIMITS
from tests.bench.bots import DATABASES, arrived, bots
from tests.bench.platform import CYCLE, OPENING
from tests.bench.progress import progress
from tests.standins.telegram import Limits, Person, TelegramStandIn

PEOPLE = 60
MESSAGES = 10  # of each
EVERY = 0.5  # seconds between two of a person
SILENCE = 3  # seconds that the stand-in asks for
SILENCES = 5
PATIENCE = 120.0
AFTERWARDS = 2.0  # a reply that comes twice may come late


@dataclass(frozen=True, slots=True)
class Burst:
    """What was seen of one burst. `seconds`: from the first message to the last reply."""

    replies: int
    over: int
    asked: int
    early: int
    seconds: float


def paced(folder: Path) -> None:
    """Prints a line for a platform that only has limits, and for one that also asks for silence."""
    messages = PEOPLE * MESSAGES
    print(
        f"\n{'a burst at the limits of Telegram':38}{'messages':>9}{'replies':>9}{'over a limit':>14}"
        f"{'429':>5}{'before retry_after':>20}{'all out after':>15}"
    )
    for database, silences in itertools.product(DATABASES, (0, SILENCES)):
        title = (
            f"{database}, silence asked {silences} times"
            if silences
            else f"{database}, never asked for silence"
        )
        progress(f"a burst: {title}")
        with bots(folder / title, database, accounts=1, limits=Limits()) as telegram:
            if silences:
                telegram.fail("too_many", times=silences, chance=0.05, retry_after=SILENCE)
            burst = telegram.call(_burst(telegram), PATIENCE + 60)
        progress("")
        print(
            f"{title:38}{messages:>9}{burst.replies:>9}{burst.over:>14}{burst.asked:>5}{burst.early:>20}"
            f"{burst.seconds:>13.1f} s"
        )
    print(
        f"({PEOPLE} people, {MESSAGES} messages each within {MESSAGES * EVERY:.0f} s; the limits alone take {least(messages):.1f} s)"
    )


def least(messages: int) -> float:
    """Seconds that our own limits take for so many replies from one account."""
    alone = (MESSAGES - LIMITS.person_burst) * LIMITS.person_every
    return max(alone, (messages - LIMITS.account_burst) * LIMITS.account_every)


async def _burst(telegram: TelegramStandIn) -> Burst:
    began = time.monotonic()
    people = [telegram.person(f"person {n}") for n in range(PEOPLE)]
    await asyncio.gather(*(_write(person, n / PEOPLE * EVERY) for n, person in enumerate(people)))
    with suppress(TimeoutError):  # the line says how many replies are missing
        await arrived(telegram, PEOPLE * MESSAGES, PATIENCE)
    await asyncio.sleep(AFTERWARDS)
    return Burst(
        replies=len(telegram.sent),
        over=len(telegram.violations),
        asked=sum(call.status == 429 for call in telegram.calls),
        early=len(telegram.early),
        seconds=telegram.sent[-1].at - began,
    )


async def _write(person: Person, after: float) -> None:
    await asyncio.sleep(after)
    for word in itertools.islice(itertools.chain(OPENING, CYCLE), MESSAGES):
        await person.write(word)
        await asyncio.sleep(EVERY)
