"""A bot's account, a Telegram on loopback, and somebody who takes what came in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.channels.accounts import ChannelAccount
from bot.channels.delivery import Delivery
from flows.values import Inbound, Reply
from store.outbox import Outgoing
from store.pacing import NO_LIMITS
from tests.standins.telegram import TOKEN, TelegramStandIn

SECRET = "the-first-secret-of-the-tests"
OTHER_SECRET = "the-second-secret-of-the-tests"


def account_at(url: str, *, name: str = "default", polling: bool = False, **more: Any) -> ChannelAccount:
    given: dict[str, Any] = {"token": TOKEN, "secrets": (SECRET, OTHER_SECRET), **more}
    return ChannelAccount("pe", "telegram", name, url, NO_LIMITS, polling=polling, **given)


ACCOUNT = account_at("https://telegram.example")


class Taker:
    """Takes deliveries as `bot.ingest` does, into a list; `away` is raised first, as often as it is there."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.away: list[Exception] = []

    async def take(self, delivery: Delivery) -> None:
        if self.away:
            raise self.away.pop(0)
        self.deliveries.append(delivery)

    @property
    def inbounds(self) -> list[Inbound]:
        return [arrival.inbound for delivery in self.deliveries for arrival in delivery.arrivals]

    @property
    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.inbounds]


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramStandIn]:
    async with TelegramStandIn() as serving:
        yield serving


async def eventually(holds: Callable[[], bool], patience: float = 5.0) -> None:
    """Waits until something is so."""
    async with asyncio.timeout(patience):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


def outgoing(
    chat: int | str, reply: Reply | str, *, place: int = 1, attempts: int = 1, **more: Any
) -> Outgoing:
    said = Reply(reply) if isinstance(reply, str) else reply
    return Outgoing(
        "pe", "telegram/default", "telegram", f"talk-{chat}", place, str(chat), said, attempts, None, **more
    )
