"""How long people and their platform wait, at a steady load that does not wait for us.

Acknowledgement: from the instant at which a message is due at the webhook to our 200, which says that
it is durable. All people are new, and each writes about once a second.
Reply: from that instant to the arrival of `sendMessage`, with the platform's pace: one message a
second to a person, thirty from an account.
"""

# ruff: noqa: T201 - a bench says what it found by printing it
from __future__ import annotations

import asyncio
import random
import statistics
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.bots import DATABASES, TOKENS, arrived, bots
from tests.bench.load import PATIENCE, Crowd, Post
from tests.bench.progress import progress
from tests.standins.telegram import Shown, TelegramStandIn

STEADY = 10.0  # seconds of each measurement; a queue that grows shows only after some of them
WARM = 2.0  # seconds before it that are not counted
OFFERED = {200: 0.05, 1_000: 0.25}  # messages a second at the webhook, and the aim of the 99th percentile
REPLIED = {1: 20, 2: 50}  # messages a second over so many accounts
REPLY_AIM = 0.2  # of the 95th percentile
REST = 5.0  # seconds between two messages of a person who waits for replies


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement: how many were done in a second, how many were not, and the seconds of each that was."""

    rate: float
    missing: int
    times: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    def late(self, percent: int) -> float:
        """So many percent were faster."""
        return sorted(self.times)[len(self.times) * percent // 100]


def acknowledgements(folder: Path, rounds: int) -> None:
    """Prints what was acknowledged in a second, and how late, on either database."""
    found: dict[tuple[str, int], list[Run]] = defaultdict(list)
    for round_ in range(rounds):
        for database in DATABASES:
            for rate in OFFERED:
                progress(f"round {round_ + 1} of {rounds}: acknowledgement, {database}, {rate} a second")
                place = folder / f"{database}-{rate}-{round_}"
                with bots(place, database, accounts=1, limits=None) as telegram:
                    found[database, rate].append(telegram.call(_taken(telegram, rate, round_), 120))
    progress("")
    _print_head("webhook to 200, new people", 99)
    for (database, rate), runs in found.items():
        _print(f"{database}, {rate:,} offered a second", 99, OFFERED[rate], runs)


async def _taken(telegram: TelegramStandIn, rate: int, seed: int) -> Run:
    posts = await Crowd(telegram, TOKENS[0], rate).write(rate, WARM + STEADY, random.Random(seed))
    counted = _counted(posts)
    taken = [post for post in counted if post.status == 200]
    elapsed = max(post.answered for post in taken) - counted[0].due
    times = [post.answered - post.due for post in taken]
    return Run(len(taken) / elapsed, len(counted) - len(taken), times)


def replies(folder: Path, rounds: int) -> None:
    """Prints how late replies are on either database, over one account and over two."""
    found: dict[str, list[Run]] = defaultdict(list)
    for database in DATABASES:
        for accounts, rate in REPLIED.items():
            title = f"{database}, {rate} a second, accounts: {accounts}"
            with bots(folder / title, database, accounts, limits=None) as telegram:
                people = round(rate / accounts * REST)
                crowds = [Crowd(telegram, token, people) for token in TOKENS[:accounts]]
                written: list[Post] = []
                for round_ in range(rounds):
                    progress(f"round {round_ + 1} of {rounds}: replies, {title}")
                    talk = _answered(telegram, crowds, written, rate / accounts, round_)
                    found[title].append(telegram.call(talk, 120))
    progress("")
    _print_head("webhook to sendMessage, at the platform's pace", 95)
    for title, runs in found.items():
        _print(title, 95, REPLY_AIM, runs)


async def _answered(
    telegram: TelegramStandIn, crowds: Sequence[Crowd], written: list[Post], rate: float, seed: int
) -> Run:
    """`rate`: messages a second of each crowd. `written`: what they wrote in earlier rounds; more is added."""
    given = await asyncio.gather(
        *(crowd.write(rate, WARM + STEADY, random.Random(f"{seed}/{n}")) for n, crowd in enumerate(crowds))
    )
    posts = sorted((post for some in given for post in some), key=lambda post: post.due)
    written += posts
    with suppress(TimeoutError):  # the line says how many are missing
        await arrived(telegram, len(written), PATIENCE)
    came = _replied(written, telegram.sent)
    counted = _counted(posts)
    done = [(post.due, came[id(post)]) for post in counted if id(post) in came]
    elapsed = max(at for _, at in done) - counted[0].due
    return Run(len(done) / elapsed, len(counted) - len(done), [at - due for due, at in done])


def _replied(posts: Sequence[Post], sent: Sequence[Shown]) -> Mapping[int, float]:
    """When the reply to each post came: those to a person come in the order of her messages."""
    waiting: dict[int, deque[Post]] = defaultdict(deque)
    for post in posts:
        waiting[post.chat].append(post)
    return {id(waiting[shown.chat].popleft()): shown.at for shown in sent}


def _counted(posts: Sequence[Post]) -> list[Post]:
    """Those after the warm-up."""
    return [post for post in posts if post.due >= posts[0].due + WARM]


def _print_head(title: str, percent: int) -> None:
    print(
        f"\n{title:48}{'done/s':>8}{'not done':>10}{'median':>12}{f'p{percent}':>12}{'aim':>10}"
        f"   p{percent} of each round, ms"
    )


def _print(title: str, percent: int, aim: float, runs: Sequence[Run]) -> None:
    """Medians of the rounds."""
    each = [run.late(percent) * 1e3 for run in runs]
    rate = statistics.median(run.rate for run in runs)
    middle = statistics.median(run.median for run in runs)
    print(
        f"{title:48}{rate:>8,.0f}{sum(run.missing for run in runs):>10}{middle * 1e3:>9,.1f} ms"
        f"{statistics.median(each):>9,.1f} ms{aim * 1e3:>7.0f} ms   {', '.join(f'{ms:,.0f}' for ms in each)}"
    )
