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
from bot.channels.films import FilmFile, Films
from bot.channels.parts import parts_for
from bot.channels.telegram.capabilities import CAPABILITIES
from bot.channels.telegram.failures import failed, is_about_file, is_token_refused
from bot.channels.telegram.floods import Floods
from bot.channels.telegram.line import Attached, Line, LineError, RefusedError
from bot.channels.telegram.send import Message, message_of
from bot.channels.uploads import AGAIN_SECONDS, TRIES, UPLOAD_SECONDS, BusyError, Uploads
from flows.values import Reply, Video
from store.outbox import Outcome, Outgoing

log = logging.getLogger(__name__)

# The PNG of a picture that was made for a conversation: (programme, conversation, id). None if it is no more.
Pictures = Callable[[str, str, str], bytes | None]

REMEMBERED = 10_000  # keyboards that were taken away; the next message need not do it again
CLOSE_SECONDS = 2.0


class TelegramClient:
    """The line of an account to Telegram. Made inside the event loop that it works in."""

    def __init__(self, account: ChannelAccount, pictures: Pictures, films: Films, uploads: Uploads) -> None:
        self.account = account
        self._pictures = pictures
        self._films = films
        self._uploads = uploads
        self._line = Line(account)
        self._floods = Floods()
        self._bare: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._expecting: set[str] = set()  # chats in which somebody pressed and has no answer yet
        self._behind: set[asyncio.Task[None]] = set()

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Sends one message; afterwards the buttons of the question before it are taken away."""
        chat = outgoing.address
        self._floods.sent(chat, time.monotonic())
        try:
            result = await self._shown(outgoing)
        except LineError as error:
            return self._failed(outgoing, error)
        except BusyError:
            return _later(outgoing)
        self._expecting.discard(chat)
        if outgoing.keyboard:
            self._do(self._take_away(chat, outgoing.keyboard))
        return Outcome(
            outgoing.programme, outgoing.conversation, outgoing.place, "sent", provider_id=_message_id(result)
        )

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

    async def _shown(self, outgoing: Outgoing) -> Any:
        """The message that Telegram has made of it. Raises LineError, BusyError."""
        message = message_of(outgoing.reply, outgoing.address)
        if message.film is not None:
            return await self._film(outgoing, message, message.film)
        if message.picture is not None:
            return await self._picture(outgoing, message, message.picture)
        return await self._line.call(message.method, message.body)

    async def _picture(self, outgoing: Outgoing, message: Message, id: str) -> Any:
        """A picture that is no more, or is not taken, is told in words: the talk does not wait for it."""
        png = await asyncio.to_thread(self._pictures, outgoing.programme, outgoing.conversation, id)
        if png is not None:
            try:
                return await self._line.call(
                    message.method, message.body, Attached("photo", "image/png", png)
                )
            except RefusedError as error:
                if not is_about_file(error):
                    raise
        return await self._say(outgoing, _in_words(outgoing.reply))

    async def _say(self, outgoing: Outgoing, reply: Reply) -> Any:
        """Words, in as many messages as they need; the last one stands for all."""
        result = None
        for part in parts_for([reply], CAPABILITIES):
            message = message_of(part, outgoing.address)
            result = await self._line.call(message.method, message.body)
        return result

    # --- films ---

    async def _film(self, outgoing: Outgoing, message: Message, film: Video) -> Any:
        """A film that Telegram does not get is told in words that lead to it."""
        file = await asyncio.to_thread(self._films.file, outgoing.programme, film, CAPABILITIES.videos)
        if file is not None:
            try:
                result = await self._film_itself(message, file, upload=outgoing.attempts <= TRIES)
            except RefusedError as error:
                if not is_about_file(error):
                    raise
                if not is_token_refused(error):  # then the words will say so
                    self._uploads.refuse(file.name)
            else:
                if result is not None:
                    return result
        words = await asyncio.to_thread(self._films.in_words, outgoing.programme, outgoing.reply)
        return await self._say(outgoing, words)

    async def _film_itself(self, message: Message, file: FilmFile, *, upload: bool) -> Any:
        """The film by the id that it has at Telegram, else it goes up. None if it may not."""
        id = await self._uploads.find(file.name)
        if id is not None:
            try:
                return await self._film_by_id(message, id)
            except RefusedError as error:
                if not is_about_file(error):
                    raise
                await self._uploads.forget(file.name, id)
        if not upload or self._uploads.is_refused(file.name):
            return None
        async with self._uploads.turn(file.name) as id:
            if id is None:
                return await self._film_uploaded(message, file)
        return await self._film_by_id(message, id)

    async def _film_by_id(self, message: Message, id: str) -> Any:
        return await self._line.call(message.method, {**message.body, "video": id})

    async def _film_uploaded(self, message: Message, file: FilmFile) -> Any:
        content = await asyncio.to_thread(file.path.read_bytes)
        attached = Attached("video", "video/mp4", content, UPLOAD_SECONDS)
        result = await self._line.call(message.method, message.body, attached)
        id = _film_id(result)
        if id is not None:
            await self._uploads.keep(file.name, id)
        return result

    # --- what went wrong ---

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


def _later(outgoing: Outgoing) -> Outcome:
    """Others are before her; those who wait come back one after the other."""
    after = AGAIN_SECONDS * (1 + random.random())  # noqa: S311 - it spreads attempts, nothing else
    return Outcome(
        outgoing.programme, outgoing.conversation, outgoing.place, "retry", after=after, reason="film_goes_up"
    )


def _film_id(result: Any) -> str | None:
    """By what Telegram knows a film from now on; a silent one it may have made into something else."""
    film = result.get("video") if isinstance(result, dict) else None
    id = film.get("file_id") if isinstance(film, dict) else None
    return id if isinstance(id, str) else None


def _message_id(result: Any) -> str | None:
    id = result.get("message_id") if isinstance(result, dict) else None
    return str(id) if id is not None else None
