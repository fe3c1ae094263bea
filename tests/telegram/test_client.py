"""The client before a Telegram that fails in all the ways it can."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.channels.delivery import Courtesy
from bot.channels.telegram.client import TelegramClient
from bot.channels.telegram.failures import backoff
from bot.channels.telegram.line import Line
from flows.values import ChoiceShown, Image, Reply
from store.outbox import Outcome
from tests.standins.films import no_films, uploads
from tests.standins.telegram import TOKEN, Limits, Person, Shown, TelegramStandIn
from tests.telegram.conftest import account_at, outgoing

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
QUESTION = Reply(
    "Which?", "question", expects="one", choices=(ChoiceShown("7:a", "Phone"), ChoiceShown("7:b", "Laptop"))
)


def pictures(programme: str, conversation: str, id: str) -> bytes | None:
    return PNG if (programme, id) == ("pe", "abc") and conversation.startswith("talk-") else None


@pytest.fixture
async def client(telegram: TelegramStandIn) -> AsyncIterator[TelegramClient]:
    made = TelegramClient(account_at(telegram.url), pictures, no_films(), uploads())
    yield made
    await made.close()


@pytest.fixture
async def ana(telegram: TelegramStandIn) -> Person:
    person = telegram.person("Ana")
    await person.start()
    return person


async def test_what_is_sent_is_read(client: TelegramClient, ana: Person) -> None:
    outcome = await client.send(outgoing(ana.id, QUESTION))
    shown = await ana.reads()
    assert (shown.text, shown.labels) == ("Which?", ["Phone", "Laptop"])
    assert outcome == Outcome("pe", f"talk-{ana.id}", 1, "sent", provider_id=str(shown.message_id))


async def test_a_picture_is_uploaded_with_its_words(client: TelegramClient, ana: Person) -> None:
    outcome = await client.send(
        outgoing(ana.id, Reply("Your result", "image", image=Image("picture:abc", "A net")))
    )
    shown = await ana.reads()
    assert (outcome.state, shown.photo, shown.text) == ("sent", PNG, "Your result")


async def test_a_picture_that_is_no_more_is_told_in_words(client: TelegramClient, ana: Person) -> None:
    outcome = await client.send(
        outgoing(ana.id, Reply("", "image", image=Image("picture:old", "A net of nine sides")))
    )
    shown = await ana.reads()
    assert (outcome.state, shown.photo, shown.text) == ("sent", None, "A net of nine sides")


# --- failures are values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "more", "state", "reason"),
    [
        ("status", {"status": 500}, "retry", "status_500"),
        ("status", {"status": 502}, "retry", "status_502"),
        ("status", {"status": 401, "description": "Unauthorized"}, "retry", "token_refused"),
        (
            "status",
            {"status": 403, "description": "Forbidden: bot was blocked by the user"},
            "dead",
            "blocked",
        ),
        ("status", {"status": 403, "description": "Forbidden: user is deactivated"}, "dead", "deactivated"),
        ("status", {"status": 403, "description": "Forbidden: something new"}, "retry", "status_403"),
        ("status", {"status": 400, "description": "Bad Request: chat not found"}, "dead", "chat_not_found"),
        ("status", {"status": 400, "description": "Bad Request: secret words"}, "dead", "bad_request"),
        ("status", {"status": 409, "description": "Conflict"}, "retry", "status_409"),
        ("too_many", {"retry_after": 7}, "retry", "too_fast"),
        ("reset_before", {}, "unknown", "no_answer"),
        ("delivered_reset", {}, "unknown", "no_answer"),
        ("garbage", {}, "unknown", "no_answer"),
    ],
)
async def test_a_failure_and_what_becomes_of_the_message(
    telegram: TelegramStandIn,
    client: TelegramClient,
    ana: Person,
    fault: Any,
    more: dict[str, Any],
    state: str,
    reason: str,
) -> None:
    telegram.fail(fault, times=1, **more)
    outcome = await client.send(outgoing(ana.id, "hola"))
    assert (outcome.state, outcome.reason) == (state, reason)
    assert (await client.send(outgoing(ana.id, "hola"))).state == "sent"


async def test_a_block_is_seen(client: TelegramClient, ana: Person) -> None:
    await ana.block()
    outcome = await client.send(outgoing(ana.id, "hola"))
    assert (outcome.state, outcome.reason) == ("dead", "blocked")


async def test_a_telegram_that_is_not_there_has_nothing_of_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = TelegramClient(
            account_at(f"http://127.0.0.1:{taken.getsockname()[1]}"), pictures, no_films(), uploads()
        )
        outcome = await client.send(outgoing(7001, "hola", attempts=3))
        await client.close()
    assert (outcome.state, outcome.reason) == ("retry", "not_reached")
    assert 1 <= outcome.after <= 8


async def test_an_answer_that_does_not_come_leaves_it_unknown(
    telegram: TelegramStandIn, client: TelegramClient, ana: Person
) -> None:
    telegram.fail("slow", times=1, seconds=2.0)
    await client._line.close()
    client._line = Line(client.account, read_seconds=0.1)
    outcome = await client.send(outgoing(ana.id, "hola"))
    assert (outcome.state, outcome.reason) == ("unknown", "no_answer")


def test_attempts_come_further_apart_and_never_together() -> None:
    assert [backoff(attempts, 1.0) for attempts in (1, 2, 3, 10, 1000)] == [2, 4, 8, 900, 900]
    assert [backoff(attempts, 0.0) for attempts in (1, 10)] == [1, 1]
    assert backoff(5, 0.5) == 16.5


# --- silence ------------------------------------------------------------------------------------------------------


async def test_the_silence_that_telegram_asks_for_is_kept_to_the_second(
    telegram: TelegramStandIn, client: TelegramClient, ana: Person
) -> None:
    telegram.fail("too_many", times=1, retry_after=10_072)
    outcome = await client.send(outgoing(ana.id, "hola"))
    assert (outcome.state, outcome.after, outcome.hold) == ("retry", 10_072, 0)


async def test_one_who_is_too_fast_does_not_silence_the_others(
    telegram: TelegramStandIn, client: TelegramClient, ana: Person
) -> None:
    outcomes = [await client.send(outgoing(ana.id, f"{n}", place=n)) for n in range(8)]
    late = [outcome for outcome in outcomes if outcome.state == "retry"]
    assert late
    assert all(outcome.hold == 0 and outcome.after >= 1 for outcome in late)


async def test_a_second_chat_told_to_wait_silences_the_account(
    telegram: TelegramStandIn, client: TelegramClient, ana: Person
) -> None:
    ben = telegram.person("Ben")
    await ben.start()
    telegram.fail("too_many", times=2, retry_after=30)
    first = await client.send(outgoing(ana.id, "hola"))
    second = await client.send(outgoing(ben.id, "hola"))
    assert (first.hold, second.hold) == (0, 30)


async def test_the_limit_of_the_account_silences_it_at_once() -> None:
    async with TelegramStandIn(limits=Limits(bot_rate=0.1, bot_burst=25)) as narrow:
        people = [narrow.person(f"Person {n}") for n in range(30)]
        for person in people:
            await person.start()
        client = TelegramClient(account_at(narrow.url), pictures, no_films(), uploads())
        outcomes = [await client.send(outgoing(person.id, "hola")) for person in people]
        await client.close()
    assert [outcome.state for outcome in outcomes[:25]] == ["sent"] * 25
    assert outcomes[25].hold == outcomes[25].after > 0


# --- keyboards ------------------------------------------------------------------------------------------------------


async def settled(client: TelegramClient) -> None:
    """What is done behind a message is done."""
    while client._behind:
        await asyncio.wait(client._behind)


async def asked(client: TelegramClient, ana: Person) -> Shown:
    await client.send(outgoing(ana.id, QUESTION))
    return await ana.reads()


async def test_the_next_message_takes_the_buttons_of_the_last_question(
    client: TelegramClient, ana: Person
) -> None:
    question = await asked(client, ana)
    await client.send(outgoing(ana.id, "Good.", place=2, keyboard=str(question.message_id)))
    await settled(client)
    assert question.labels == []


async def test_a_press_is_answered_and_takes_the_buttons(
    telegram: TelegramStandIn, client: TelegramClient, ana: Person
) -> None:
    question = await asked(client, ana)
    press = await ana.press(question, "Phone")
    await client.show(pressed(ana, press, question))
    assert ana.answered == [press]
    assert question.labels == []
    await client.send(outgoing(ana.id, "Good.", place=2, keyboard=str(question.message_id)))
    await settled(client)
    assert [call.status for call in telegram.calls if call.method == "editMessageReplyMarkup"] == [200]


async def test_who_still_waits_sees_us_write(client: TelegramClient, ana: Person) -> None:
    question = await asked(client, ana)
    press = await ana.press(question, "Phone")
    await client.show(pressed(ana, press, question))
    assert ana.actions == ["typing"]


async def test_who_has_the_answer_does_not_see_us_write(
    telegram: TelegramStandIn, client: TelegramClient, ana: Person
) -> None:
    question = await asked(client, ana)
    press = await ana.press(question, "Phone")
    telegram.fail("slow", "answerCallbackQuery", seconds=0.2)
    await asyncio.gather(
        client.show(pressed(ana, press, question)), client.send(outgoing(ana.id, "Good.", place=2))
    )
    assert ana.actions == []


async def test_a_press_in_a_group_is_answered_and_no_more(
    telegram: TelegramStandIn, client: TelegramClient
) -> None:
    await client.show(Courtesy("telegram/default", "pressed", "q1", ""))
    assert [call.method for call in telegram.calls] == ["answerCallbackQuery"]


@pytest.mark.parametrize("fault", ["status", "too_many", "reset_before", "garbage"])
async def test_what_is_only_polite_may_fail(
    telegram: TelegramStandIn, client: TelegramClient, ana: Person, fault: Any
) -> None:
    question = await asked(client, ana)
    methods = ("answerCallbackQuery", "editMessageReplyMarkup", "sendChatAction")
    telegram.fail(fault, *methods, times=100)
    await client.show(pressed(ana, await ana.press(question, "Phone"), question))
    outcome = await client.send(outgoing(ana.id, "Good.", place=2, keyboard="99"))
    await settled(client)
    assert outcome.state == "sent"


async def test_politeness_is_silent_where_telegram_asked_for_silence(
    telegram: TelegramStandIn, client: TelegramClient, ana: Person
) -> None:
    question = await asked(client, ana)
    telegram.fail("too_many", times=1, retry_after=30)
    await client.send(outgoing(ana.id, "Good.", place=2))
    press = await ana.press(question, "Phone")
    await client.show(pressed(ana, press, question))
    assert ana.answered == [press]
    assert question.labels == ["Phone", "Laptop"]
    assert ana.actions == []


def pressed(person: Person, press: str, message: Shown) -> Courtesy:
    return Courtesy("telegram/default", "pressed", press, str(person.id), str(message.message_id))


# --- secrets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["status", "too_many", "reset_before", "delivered_reset", "garbage"])
async def test_the_token_is_in_no_log_and_no_reason(
    telegram: TelegramStandIn,
    client: TelegramClient,
    ana: Person,
    fault: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    telegram.fail(fault, *("sendMessage", "answerCallbackQuery"), times=2, status=401)
    outcome = await client.send(outgoing(ana.id, "words of Ana"))
    await client.show(Courtesy("telegram/default", "pressed", "q1", str(ana.id)))
    secret = TOKEN.partition(":")[2]
    for said in (caplog.text, repr(outcome), repr(client), repr(client.account)):
        assert secret not in said
        assert "words of Ana" not in said


async def test_a_token_that_is_refused_is_told_to_the_operator(
    telegram: TelegramStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    client = TelegramClient(account_at(telegram.url, token="999:wrong"), pictures, no_films(), uploads())
    outcome = await client.send(outgoing(7001, "hola"))
    await client.close()
    assert (outcome.state, outcome.hold) == ("retry", 60)
    assert "Telegram refuses the token of telegram/default." in caplog.text
    assert "999:wrong" not in caplog.text


async def test_a_picture_that_is_not_taken_is_told_in_words(
    telegram: TelegramStandIn, client: TelegramClient
) -> None:
    telegram.fail("status", "sendPhoto", status=400, description="Bad Request: IMAGE_PROCESS_FAILED")
    ana = telegram.person("Ana")
    await ana.start()
    picture = Reply("Your result.", "image", image=Image("picture:1", "A net of nine sides"))
    outcome = await client.send(outgoing(ana.id, picture))
    assert outcome.state == "sent"
    assert (await ana.reads()).text.startswith("Your result.")
