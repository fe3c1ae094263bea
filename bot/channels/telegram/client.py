"""Sends for one bot, and answers presses. Failures are values."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from bot.channels.accounts import ChannelAccount
from bot.channels.delivery import Courtesy
from bot.channels.telegram.failures import failed, is_token_refused
from bot.channels.telegram.floods import Floods
from bot.channels.telegram.line import Line, LineError, RefusedError
from bot.channels.telegram.send import Message, message_of
from flows.values import Reply
from store.outbox import Outcome, Outgoing

log = logging.getLogger(__name__)

# The PNG of a picture that was made for a conversation: (programme, conversation, id). None if it is no more.
Pictures = Callable[[str, str, str], bytes | None]

REMEMBERED = 10_000  # keyboards that were taken away; the next message need not do it again
CLOSE_SECONDS = 2.0
NO_PICTURE = (400, 404, 413)  # a picture that cannot be used, a server without pictures, one too large


class TelegramClient:
    """The line of an account to Telegram. Made inside the event loop that it works in."""

    def __init__(self, account: ChannelAccount, pictures: Pictures) -> None:
        self.account = account
        self._pictures = pictures
        self._line = Line(account)
        self._floods = Floods()
        self._bare: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._expecting: set[str] = set()  # chats in which somebody pressed and has no answer yet
        self._behind: set[asyncio.Task[None]] = set()

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Sends one message; afterwards the buttons of the question before it are taken away."""
        chat = outgoing.address
        message, photo = await self._message(outgoing)
        self._floods.sent(chat, time.monotonic())
        try:
            result = await self._shown(outgoing, message, photo)
        except LineError as error:
            return self._failed(outgoing, error)
        self._expecting.discard(chat)
        if outgoing.keyboard:
            self._do(self._take_away(chat, outgoing.keyboard))
        return Outcome(
            outgoing.programme, outgoing.conversation, outgoing.place, "sent", provider_id=_message_id(result)
        )

    async def _shown(self, outgoing: Outgoing, message: Message, photo: bytes | None) -> Any:
        """A picture that is not taken is told in words: the talk does not wait for it."""
        try:
            return await self._line.call(message.method, message.body, photo)
        except RefusedError as error:
            if photo is None or error.status not in NO_PICTURE:
                raise
            words = message_of(_in_words(outgoing.reply), outgoing.address)
            return await self._line.call(words.method, words.body)

    async def show(self, courtesy: Courtesy) -> None:
        """Answers a press: the button stops turning, the keyboard goes, and who still waits sees us write."""
        if courtesy.kind != "pressed":
            return  # Telegram has no sign for "read" that a bot could give
        chat = courtesy.address
        if chat:
            self._expecting.add(chat)
        await self._politely("answerCallbackQuery", {"callback_query_id": courtesy.id})
        if chat and courtesy.message_id:
            await self._take_away(chat, courtesy.message_id)
        if chat in self._expecting:
            self._expecting.discard(chat)
            await self._politely("sendChatAction", {"chat_id": chat, "action": "typing"}, chat)

    async def close(self) -> None:
        if self._behind:
            await asyncio.wait(self._behind, timeout=CLOSE_SECONDS)
        await self._line.close()

    # --- sending ---

    async def _message(self, outgoing: Outgoing) -> tuple[Message, bytes | None]:
        """The request, and the picture that goes with it. A picture that is no more is told in words."""
        message = message_of(outgoing.reply, outgoing.address)
        if message.picture is None:
            return message, None
        png = await asyncio.to_thread(
            self._pictures, outgoing.programme, outgoing.conversation, message.picture
        )
        if png is None:
            return message_of(_in_words(outgoing.reply), outgoing.address), None
        return message, png

    def _failed(self, outgoing: Outgoing, error: LineError) -> Outcome:
        outcome = failed(outgoing, error, random.random())  # noqa: S311 - it spreads attempts, nothing else
        if outcome.reason == "too_fast":
            if self._floods.asked(outgoing.address, outcome.after, time.monotonic()):
                return replace(outcome, hold=outcome.after)
        elif is_token_refused(error):
            log.error(
                "Telegram refuses the token of %s. Nothing is sent and nothing is lost until the token is "
                "right. It is tried again every minute.", self.account.id,
            )  # fmt: skip
        elif outcome.state != "dead":  # the sender tells about those
            log.info("A message of %s was not taken: %s", self.account.id, outcome.reason)
        return outcome

    # --- what is polite ---

    async def _take_away(self, chat: str, message_id: str) -> None:
        """Takes the buttons of a message away, once."""
        if (chat, message_id) in self._bare:
            return
        self._bare[chat, message_id] = None
        if len(self._bare) > REMEMBERED:
            self._bare.popitem(last=False)
        await self._politely("editMessageReplyMarkup", {"chat_id": chat, "message_id": int(message_id)}, chat)

    async def _politely(self, method: str, arguments: dict[str, Any], chat: str = "") -> None:
        """Tries once; what fails here harms nobody. Where Telegram asked for silence, it is not tried."""
        if chat and self._floods.is_silent(chat, time.monotonic()):
            return
        try:
            await self._line.call(method, arguments)
        except LineError as error:
            if chat and isinstance(error, RefusedError) and error.status == 429:
                self._floods.asked(chat, error.retry_after, time.monotonic())
            log.debug("%s of %s was in vain: %s", method, self.account.id, type(error).__name__)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)


def _in_words(reply: Reply) -> Reply:
    assert reply.image  # only asked for a reply with a picture
    return reply._replace(text=reply.text or reply.image.alt, image=None)


def _message_id(result: Any) -> str | None:
    id = result.get("message_id") if isinstance(result, dict) else None
    return str(id) if id is not None else None
