"""Polling: Telegram forgets an update only after it is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.channels.telegram import polling
from bot.channels.telegram.polling import poll
from tests.standins.telegram import FaultKind, TelegramStandIn
from tests.telegram.conftest import Taker, account_at, eventually


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "TIRED_SECONDS", 0.02)
    monkeypatch.setattr(polling, "BLOCKED_SECONDS", 0.02)
    monkeypatch.setattr(polling, "WAIT_SECONDS", 1)


@asynccontextmanager
async def polled(telegram: TelegramStandIn, taker: polling.Takes) -> AsyncIterator[None]:
    task = asyncio.ensure_future(poll(account_at(telegram.url, polling=True), taker))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(taker: Taker, count: int) -> None:
    await eventually(lambda: len(taker.inbounds) >= count)


async def until_forgotten(telegram: TelegramStandIn) -> None:
    await eventually(lambda: not telegram.bot().updates)


async def test_what_people_write_comes_in_once_and_in_order(telegram: TelegramStandIn, taker: Taker) -> None:
    ana = telegram.person("Ana")
    async with polled(telegram, taker):
        for n in range(5):
            await ana.write(f"{n}")
            await asyncio.sleep(0.01)
        await until(taker, 5)
        await until_forgotten(telegram)
    assert taker.texts == ["0", "1", "2", "3", "4"]


class Dies:
    """Dies while it writes."""

    def __init__(self) -> None:
        self.seen = 0

    async def take(self, delivery: object) -> None:
        self.seen += 1
        raise asyncio.CancelledError


async def test_a_process_killed_while_it_writes_loses_nothing(
    telegram: TelegramStandIn, taker: Taker
) -> None:
    ana, dying = telegram.person("Ana"), Dies()
    for n in range(250):  # more than one poll hands over
        await ana.write(f"{n}")
    with pytest.raises(asyncio.CancelledError):
        await poll(account_at(telegram.url, polling=True), dying)
    assert dying.seen == 1
    assert len(telegram.bot().updates) == 250
    async with polled(telegram, taker):
        await until(taker, 250)
    assert taker.texts == [f"{n}" for n in range(250)]


async def test_a_store_that_is_away_is_asked_again(
    telegram: TelegramStandIn, taker: Taker, caplog: pytest.LogCaptureFixture
) -> None:
    taker.away = [OSError("the disk is full"), OSError("the disk is full")]
    await telegram.person("Ana").write("hola")
    async with polled(telegram, taker):
        await until(taker, 1)
        await until_forgotten(telegram)
    assert taker.texts == ["hola"]
    assert caplog.text.count("could not be written") == 2


async def test_updates_that_cannot_be_read_do_not_stop_the_others(
    telegram: TelegramStandIn, taker: Taker
) -> None:
    bot, ana = telegram.bot(), telegram.person("Ana")
    await telegram.put(bot, ana.id, "message", {"text": "no chat"})
    await ana.write("hola")
    async with polled(telegram, taker):
        await until(taker, 1)
        await until_forgotten(telegram)
    assert taker.texts == ["hola"]
    assert [len(delivery.unreadable) for delivery in taker.deliveries if delivery.arrivals] == [1]


@pytest.mark.parametrize("fault", ["status", "too_many", "reset_before", "delivered_reset", "garbage"])
async def test_a_telegram_that_fails_is_asked_again(
    telegram: TelegramStandIn, taker: Taker, fault: FaultKind
) -> None:
    telegram.fail(fault, "getUpdates", times=2)
    await telegram.person("Ana").write("hola")
    async with polled(telegram, taker):
        await until(taker, 1)
        await until_forgotten(telegram)
    assert taker.texts == ["hola"]


async def test_numbers_that_start_anew_lower_down_are_heard(telegram: TelegramStandIn, taker: Taker) -> None:
    ana = telegram.person("Ana")
    async with polled(telegram, taker):
        await ana.write("before")
        await until(taker, 1)
        await until_forgotten(telegram)
        await asyncio.sleep(1.1)  # one question that nothing answers
        telegram.bot().last_update = 5
        await ana.write("after")
        await until(taker, 2)
    assert taker.texts == ["before", "after"]


async def test_two_who_poll_are_told_to_the_operator(
    telegram: TelegramStandIn, taker: Taker, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.bot().webhook = {"url": "https://pasito.example/hooks"}
    async with polled(telegram, taker):
        await asyncio.sleep(0.1)
    assert "Somebody else asks Telegram for the updates of telegram/default" in caplog.text


async def test_a_refused_token_is_told_to_the_operator(
    telegram: TelegramStandIn, taker: Taker, caplog: pytest.LogCaptureFixture
) -> None:
    task = asyncio.ensure_future(poll(account_at(telegram.url, polling=True, token="999:wrong"), taker))
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "Telegram refuses the token of telegram/default. Nothing comes in" in caplog.text
    assert "999:wrong" not in caplog.text
