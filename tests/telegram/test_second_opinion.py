"""python-telegram-bot, which nobody here wrote, reads what our stand-in says, and talks with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram import Bot, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Conflict, Forbidden, RetryAfter

from bot.channels.telegram.line import Line
from bot.channels.telegram.send import message_of
from bot.channels.telegram.setup import _OnOurLine
from flows.values import ChoiceShown, Link, Reply
from tests.standins.telegram import TOKEN, Person, TelegramStandIn
from tests.telegram.conftest import account_at

REPLY = Reply(
    "Which?",
    "question",
    expects="one",
    choices=(ChoiceShown("7:a", "A phone"), ChoiceShown("7:b", "No")),
    link=Link("More", "https://example.org"),
)


@pytest.fixture
async def bot(telegram: TelegramStandIn) -> AsyncIterator[Bot]:
    line = Line(account_at(telegram.url))
    request = _OnOurLine(line)
    yield Bot(TOKEN, f"{telegram.url}/bot", request=request, get_updates_request=request)
    await line.close()


@pytest.fixture
async def ana(telegram: TelegramStandIn) -> Person:
    person = telegram.person("Ana", language="es")
    await person.start()
    return person


async def shown(bot: Bot, ana: Person) -> Any:
    body = dict(message_of(REPLY, str(ana.id)).body)
    markup = InlineKeyboardMarkup.de_json(body["reply_markup"], bot)
    assert markup.to_dict() == body["reply_markup"]  # the library sees in it what we meant, and no more
    return await bot.send_message(ana.id, body["text"], reply_markup=markup)


async def test_the_library_reads_every_update(telegram: TelegramStandIn, bot: Bot, ana: Person) -> None:
    await shown(bot, ana)
    await ana.edit(await ana.write("hola"), "holá")
    await ana.send(photo=[{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}], caption="12")
    await ana.press(await ana.reads(), "A phone")
    await ana.block()
    updates = await bot.get_updates()
    assert [update.update_id for update in updates] == sorted(telegram.bot().updates)
    start, words, changed, photo, press, blocked = updates
    assert start.message
    assert (start.message.text, start.message.from_user and start.message.from_user.language_code) == (
        "/start",
        "es",
    )
    assert words.message
    assert words.message.text == "hola"
    assert changed.edited_message
    assert changed.edited_message.edit_date
    assert photo.message
    assert photo.message.caption == "12"
    assert press.callback_query
    assert press.callback_query.data == "7:a"
    assert blocked.my_chat_member
    assert blocked.my_chat_member.new_chat_member.status == "kicked"
    assert all(Update.de_json(update.to_dict(), bot) == update for update in updates)


async def test_the_library_confirms_what_it_has_read(
    telegram: TelegramStandIn, bot: Bot, ana: Person
) -> None:
    (start,) = await bot.get_updates()
    assert len(await bot.get_updates()) == 1
    assert await bot.get_updates(offset=start.update_id + 1) == ()
    assert telegram.bot().updates == {}


async def test_the_library_sends_edits_and_answers(bot: Bot, ana: Person) -> None:
    message = await shown(bot, ana)
    question = await ana.reads()
    assert (message.message_id, message.text) == (question.message_id, "Which?")
    press = await ana.press(question, "No")
    assert await bot.answer_callback_query(press)
    await bot.edit_message_reply_markup(ana.id, question.message_id)
    assert question.labels == []
    assert (await bot.get_me()).is_bot


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_the_library_knows_the_refusals(telegram: TelegramStandIn, bot: Bot, ana: Person) -> None:
    with pytest.raises(BadRequest, match="is too long"):
        await bot.send_message(ana.id, "𝄞" * 2049)  # 4,098 units
    with pytest.raises(BadRequest, match="hat not found"):
        await bot.send_message(1, "hola")
    with pytest.raises(BadRequest, match="utton_data_invalid"):
        await bot.send_message(ana.id, "hola", reply_markup=_carrying("x" * 65))
    telegram.fail("too_many", times=1, retry_after=9)
    with pytest.raises(RetryAfter, match="9"):
        await bot.send_message(ana.id, "hola")
    await ana.block()
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(ana.id, "hola")
    telegram.bot().webhook = {"url": "https://pasito.example"}
    with pytest.raises(Conflict):
        await bot.get_updates()


def _carrying(value: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup.de_json({"inline_keyboard": [[{"text": "a", "callback_data": value}]]}, None)
