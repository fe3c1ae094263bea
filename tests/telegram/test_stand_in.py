"""The Telegram of the tests keeps its own promises, so that others can be measured with it."""

from __future__ import annotations

import asyncio
import time

import aiohttp

from tests.standins.telegram import TOKEN, FaultKind, Limits, Person, TelegramStandIn, serving


async def call(telegram: TelegramStandIn, method: str, **arguments: object) -> tuple[int, dict[str, object]]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{telegram.url}/bot{TOKEN}/{method}", json=arguments) as answer,
    ):
        return answer.status, await answer.json()


async def say(telegram: TelegramStandIn, person: Person, text: str = "hola") -> int:
    return (await call(telegram, "sendMessage", chat_id=person.id, text=text))[0]


async def test_too_much_for_one_person_is_counted(telegram: TelegramStandIn) -> None:
    ana, ben = telegram.person("Ana"), telegram.person("Ben")
    await asyncio.gather(ana.start(), ben.start())
    assert [await say(telegram, ana) for _ in range(7)] == [200] * 5 + [429] * 2
    assert await say(telegram, ben) == 200
    assert (len(telegram.violations), len(telegram.early)) == (2, 1)


async def test_too_much_for_the_bot_is_counted() -> None:
    async with TelegramStandIn(limits=Limits(bot_burst=3, bot_rate=0.5)) as telegram:
        people = [telegram.person(f"Person {n}") for n in range(4)]
        for person in people:
            await person.start()
        assert [await say(telegram, person) for person in people] == [200, 200, 200, 429]
        status, body = await call(telegram, "sendMessage", chat_id=people[0].id, text="hola")
        assert (status, body["parameters"]) == (429, {"retry_after": 2})


async def test_the_limits_can_be_lifted_and_answers_delayed() -> None:
    async with TelegramStandIn(limits=None, delay=0.05) as telegram:
        ana = telegram.person("Ana")
        await ana.start()
        began = time.monotonic()
        assert [await say(telegram, ana) for _ in range(10)] == [200] * 10
        assert 0.5 <= time.monotonic() - began < 2
        assert telegram.violations == []


async def test_delivered_but_reset_shows_the_message(telegram: TelegramStandIn) -> None:
    ana = telegram.person("Ana")
    await ana.start()
    shown_after: dict[FaultKind, int] = {"reset_before": 0, "delivered_reset": 1}
    for fault, shown in shown_after.items():
        telegram.fail(fault, times=1)
        try:
            await say(telegram, ana)
        except aiohttp.ClientError:
            assert len(ana.messages) == shown
        else:
            raise AssertionError("the connection should have broken")


def test_it_serves_other_threads() -> None:
    with serving(TelegramStandIn()) as telegram:
        ana = telegram.person("Ana")
        telegram.call(ana.start())
        assert telegram.call(say(telegram, ana)) == 200
        assert telegram.call(ana.reads()).text == "hola"
