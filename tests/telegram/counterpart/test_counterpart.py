"""Our way in and our way out, with a Telegram that nobody here wrote."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.channels.accounts import ChannelAccount
from bot.channels.telegram.client import TelegramClient
from bot.channels.telegram.polling import poll
from flows.values import ChoiceShown, Reply
from tests.standins.films import no_films, uploads
from tests.telegram.conftest import Taker, account_at, eventually, outgoing
from tests.telegram.counterpart.conftest import TOKEN, Somebody

QUESTION = Reply(
    "Do you sell online?",
    "question",
    expects="one",
    choices=(ChoiceShown("1:yes", "Yes"), ChoiceShown("1:no", "No")),
)


@pytest.fixture
def account(counterpart: str) -> ChannelAccount:
    return account_at(counterpart, polling=True, token=TOKEN)


@pytest.fixture
async def client(account: ChannelAccount) -> AsyncIterator[TelegramClient]:
    made = TelegramClient(account, lambda *_: None, no_films(), uploads())
    yield made
    await made.close()


@pytest.fixture
async def taker(account: ChannelAccount) -> AsyncIterator[Taker]:
    taker = Taker()
    polling = asyncio.ensure_future(poll(account, taker))
    yield taker
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)


async def test_a_question_and_its_answer_go_through(
    counterpart: str, client: TelegramClient, taker: Taker
) -> None:
    ana = Somebody(counterpart, 7001, "Ana")
    await ana.writes("/start es-PE_market")
    await eventually(lambda: len(taker.inbounds) == 1)
    assert (taker.inbounds[0].kind, taker.inbounds[0].data) == (
        "start",
        {"language": "es-PE", "campaign": "market"},
    )

    outcome = await client.send(outgoing(ana.id, QUESTION))
    question = await ana.reads()
    assert (question["text"], str(question["message_id"])) == ("Do you sell online?", outcome.provider_id)

    await ana.presses(question, "No")
    await eventually(lambda: len(taker.inbounds) == 2)
    assert taker.inbounds[1].choice == "1:no"
    (courtesy,) = [one for delivery in taker.deliveries for one in delivery.courtesies]
    await client.show(courtesy)

    await client.send(outgoing(ana.id, "Good.", place=2, keyboard=outcome.provider_id))
    assert (await ana.reads())["text"] == "Good."


async def test_two_people_do_not_read_each_others_messages(
    counterpart: str, client: TelegramClient, taker: Taker
) -> None:
    ana, ben = Somebody(counterpart, 7001, "Ana"), Somebody(counterpart, 7002, "Ben")
    for n in range(5):
        await ana.writes(f"ana {n}")
        await ben.writes(f"ben {n}")
    await eventually(lambda: len(taker.inbounds) == 10)
    assert [text for text in taker.texts if text.startswith("ana")] == [f"ana {n}" for n in range(5)]
    for person in (ana, ben):
        await client.send(outgoing(person.id, f"To {person.name}"))
    assert (await ana.reads())["text"] == "To Ana"
    assert (await ben.reads())["text"] == "To Ben"
