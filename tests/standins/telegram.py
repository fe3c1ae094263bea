"""A Telegram of ours on loopback: the Bot API for our bots, people who write and press, and faults on demand.

    async with TelegramStandIn(bots={TOKEN: "pasito_bot"}) as telegram:
        ana = telegram.person("Ana")
        await ana.start()                       # our bot gets the update, by polling or by webhook
        question = await ana.reads()            # the next message that reached her
        await ana.press(question, "Yes")

It keeps what was sent (`sent`), every call with its status (`calls`), the films that were uploaded by
the id it gave them (`films`), and what was too fast (`violations`: over a limit; `early`: before
`retry_after` had passed). From another thread or for
another process: `serving(stand_in)`, then `stand_in.call(ana.start())`.

Where Telegram documents nothing, it does what the official server's source does: updates of one chat
go to a webhook one after the other, the next one only after a 2xx; a refused one comes again at once,
then after 2, 4, 8 ... seconds.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, web

Json = dict[str, Any]
Files = dict[str, bytes]  # by the name of their field
T = TypeVar("T")

TOKEN = "123456:TEST-a-token-that-must-never-be-seen"
LONGEST_REST = 60.0  # seconds between two deliveries of a refused update
SENDING = frozenset({"sendMessage", "sendPhoto", "sendVideo"})
LARGEST = 50_000_000  # bytes of a file that a bot may upload

FaultKind = Literal["status", "too_many", "slow", "reset_before", "delivered_reset", "garbage"]


@dataclass(slots=True)
class Fault:
    """What goes wrong with a call. `times` of them, of these methods, with this chance.

    status: answered with `status`, without effect. too_many: 429 with `retry_after`. slow: after
    `seconds`. reset_before: the connection breaks, without effect. delivered_reset: it breaks after
    the message was shown. garbage: the message was shown, and the answer is not JSON.
    """

    kind: FaultKind
    methods: frozenset[str] = SENDING
    times: float = 1
    chance: float = 1.0
    status: int = 502
    description: str = "Bad Gateway"
    retry_after: int = 1
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages in a second, and how many at once before that counts; for a chat and for a bot."""

    chat_rate: float = 1.0
    chat_burst: int = 5
    bot_rate: float = 30.0
    bot_burst: int = 30


@dataclass(slots=True)
class Bucket:
    """Says how long to wait for the next token: 0 if there is one, which is taken then."""

    rate: float
    burst: int
    tokens: float = field(init=False)
    at: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens, self.at = self.burst, time.monotonic()

    def wait(self) -> float:
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / self.rate


@dataclass(slots=True)
class Shown:
    """A message in a chat. `at` and `changed_at`: time.monotonic() when it arrived here and was edited."""

    chat: int
    message_id: int
    text: str
    at: float
    body: Json
    photo: bytes | None = None
    film: bytes | None = None
    keyboard: list[list[Json]] = field(default_factory=list)
    changed_at: float = 0.0

    @property
    def labels(self) -> list[str]:
        return [button["text"] for row in self.keyboard for button in row]

    def button(self, label: str) -> Json:
        """By its label, or by what it carries."""
        buttons = [button for row in self.keyboard for button in row]
        found = [b for b in buttons if label in (b["text"], b.get("callback_data"))]
        if not found:
            raise LookupError(f"There is no button {label!r}, only {self.labels}.")
        return found[0]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a bot's and its status; 0 where the connection was broken."""

    method: str
    arguments: Json
    status: int
    at: float


@dataclass(frozen=True, slots=True)
class Brought:
    """An update on its way to our webhook: the status of the answer, 0 if there was none, and when.

    at: time.monotonic() when it was posted; seconds: until it was answered.
    """

    update: Json
    status: int
    at: float
    seconds: float

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


class Refused(Exception):  # noqa: N818 - it is an answer
    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        self.status = status
        self.description = description
        self.parameters = parameters


class Bot:
    """One bot: what waits for it, where it wants it, and what it has told Telegram."""

    def __init__(self, id: int, username: str, limits: Limits | None) -> None:
        self.id = id
        self.username = username
        self.limits = limits
        self.updates: dict[int, Json] = {}
        self.of_chat: dict[int, deque[int]] = {}
        self.people: dict[str, Person] = {}
        self.presses: dict[str, Person] = {}
        self.last_update = 1000
        self.webhook: Json = {}
        self.commands: dict[str, list[Json]] = {}
        self.menu_button: Json = {"type": "default"}
        self.news = asyncio.Event()
        self.asking: asyncio.Event | None = None
        self.posting: dict[int, asyncio.Task[None]] = {}
        self.bucket = Bucket(limits.bot_rate, limits.bot_burst) if limits else None
        self.buckets: dict[int, Bucket] = {}
        self.silent_until: dict[int | None, float] = {}
        self.silent_since: dict[int | None, float] = {}

    def user(self) -> Json:
        return {"id": self.id, "is_bot": True, "first_name": self.username, "username": self.username}


class Person:
    """Somebody who writes to one bot in private."""

    def __init__(self, telegram: TelegramStandIn, bot: Bot, id: int, name: str, language: str) -> None:
        self.telegram = telegram
        self.bot = bot
        self.id = id
        self.name = name
        self.language = language
        self.messages: list[Shown] = []
        self.answered: list[str] = []  # ids of presses that were answered
        self.actions: list[str] = []
        self.blocks = False
        self.wrote = False
        self._read = 0
        self._news = asyncio.Event()

    async def start(self, value: str = "") -> int:
        """Opens the bot, perhaps by a link that carries a value."""
        return await self.write(f"/start {value}".rstrip())

    async def write(self, text: str) -> int:
        """Sends words. Gives back the message's id."""
        return await self.send(text=text)

    async def send(self, **content: Any) -> int:
        """Sends anything: photo=[...], sticker={...}, location={...} ..."""
        self.wrote = True
        id = self.telegram.next_message(self.id)
        await self.telegram.put(self.bot, self.id, "message", self._message(id, **content))
        return id

    async def edit(self, message_id: int, text: str) -> None:
        changed = self._message(message_id, text=text, edit_date=int(time.time()))
        await self.telegram.put(self.bot, self.id, "edited_message", changed)

    async def press(self, message: Shown, label: str) -> str:
        """Presses a button, by its label or by what it carries. Gives back the id of the press."""
        return await self.press_old(message.message_id, message.button(label)["callback_data"])

    async def press_old(self, message_id: int, value: str) -> str:
        """Presses a button that may not be shown any more: other devices show old keyboards."""
        id = f"{self.id}{next(self.telegram.numbers)}"
        self.bot.presses[id] = self
        query = {
            "id": id,
            "from": self._user(),
            "chat_instance": str(self.id),
            "data": value,
            "message": {
                "message_id": message_id,
                "date": int(time.time()),
                "chat": self._chat(),
                "from": self.bot.user(),
            },
        }
        await self.telegram.put(self.bot, self.id, "callback_query", query)
        return id

    async def block(self, *, again: bool = False) -> None:
        """Blocks the bot; `again`: lets it write again."""
        self.blocks = not again
        old, new = ("kicked", "member") if again else ("member", "kicked")
        member = {"user": self.bot.user(), "until_date": 0}
        change = {
            "chat": self._chat(),
            "from": self._user(),
            "date": int(time.time()),
            "old_chat_member": {**member, "status": old},
            "new_chat_member": {**member, "status": new},
        }
        await self.telegram.put(self.bot, self.id, "my_chat_member", change)

    async def reads(self, patience: float = 5.0) -> Shown:
        """The next message that she has not read; waits for it."""
        async with asyncio.timeout(patience):
            while len(self.messages) <= self._read:
                self._news.clear()
                await self._news.wait()
        self._read += 1
        return self.messages[self._read - 1]

    def gets(self, message: Shown) -> None:
        self.messages.append(message)
        self._news.set()

    def _message(self, id: int, **content: Any) -> Json:
        return {
            "message_id": id,
            "date": int(time.time()),
            "chat": self._chat(),
            "from": self._user(),
            **content,
        }

    def _chat(self) -> Json:
        return {"id": self.id, "type": "private", "first_name": self.name}

    def _user(self) -> Json:
        return {"id": self.id, "is_bot": False, "first_name": self.name, "language_code": self.language}


class TelegramStandIn:
    """The server. limits: None lifts them. delay: seconds before every answer.

    scale: by how much the rests between deliveries to a webhook are shortened.
    duplicates, shuffles: the chance that an update comes twice, or after the next one of its chat.
    """

    def __init__(
        self,
        *,
        bots: Mapping[str, str] | None = None,
        limits: Limits | None = Limits(),
        delay: float = 0.0,
        scale: float = 1.0,
        duplicates: float = 0.0,
        shuffles: float = 0.0,
        seed: int = 1,
    ) -> None:
        self.delay = delay
        self.on_their_way = 0.0  # seconds after asking for silence in which what comes had left before
        self.scale = scale
        self.duplicates = duplicates
        self.shuffles = shuffles
        self.chance = random.Random(seed)
        self.faults: list[Fault] = []
        self.sent: list[Shown] = []
        self.calls: list[Call] = []
        self.films: dict[str, bytes] = {}
        self.violations: list[Call] = []
        self.early: list[Call] = []
        self.refused_deliveries: list[int] = []  # what our webhook answered but for 2xx
        self.on_sent: list[Callable[[Shown], None]] = []
        self.on_brought: list[Callable[[Brought], None]] = []
        self.numbers = itertools.count(1)
        self.url = ""
        self._given = dict(bots or {TOKEN: "pasito_bot"})
        self._limits = limits
        self._bots: dict[str, Bot] = {}
        self._people: dict[tuple[int, int], Person] = {}
        self._messages: dict[int, Iterator[int]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> TelegramStandIn:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self, port: int = 0) -> None:
        """Serves on loopback; port 0 takes any that is free."""
        self._loop = asyncio.get_running_loop()
        for number, (token, name) in enumerate(self._given.items(), 1):
            self._bots[token] = Bot(100 + number, name, self._limits)
        app = web.Application(client_max_size=60_000_000)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._posts = ClientSession(timeout=ClientTimeout(total=30))

    async def close(self) -> None:
        for bot in self._bots.values():
            for task in bot.posting.values():
                task.cancel()
        await self._posts.close()
        await self._runner.shutdown()
        await self._runner.cleanup()

    def call(self, work: Coroutine[Any, Any, T], patience: float = 30.0) -> T:
        """Does something of this server's from another thread."""
        assert self._loop
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(patience)

    def bot(self, token: str = TOKEN) -> Bot:
        return self._bots[token]

    def person(self, name: str, *, token: str = TOKEN, language: str = "en", id: int | None = None) -> Person:
        """Somebody of this name; the same one for the same name."""
        bot = self._bots[token]
        if name not in bot.people:
            person = Person(self, bot, id or 7_000_000_000 + next(self.numbers), name, language)
            bot.people[name] = self._people[bot.id, person.id] = person
        return bot.people[name]

    def fail(self, kind: FaultKind, *methods: str, **more: Any) -> Fault:
        """From now on this goes wrong; for sending if no method is named."""
        fault = Fault(kind, frozenset(methods) or SENDING, **more)
        self.faults.append(fault)
        return fault

    def next_message(self, chat: int) -> int:
        return next(self._messages.setdefault(chat, itertools.count(1)))

    # --- updates ---

    async def put(self, bot: Bot, chat: int, kind: str, body: Json) -> None:
        """Something happened in a chat: the bot hears of it, if it wants to."""
        wanted = bot.webhook.get("allowed_updates")
        if wanted and kind not in wanted:
            return
        bot.last_update += 1
        bot.updates[bot.last_update] = {"update_id": bot.last_update, kind: body}
        bot.of_chat.setdefault(chat, deque()).append(bot.last_update)
        bot.news.set()
        self._post(bot, chat)

    def _post(self, bot: Bot, chat: int) -> None:
        """Has somebody bring a chat's updates to the webhook, one after the other."""
        if not bot.webhook.get("url"):
            return
        busy = bot.posting.get(chat)
        if busy is None or busy.done():
            bot.posting[chat] = asyncio.ensure_future(self._bring(bot, chat))

    async def _bring(self, bot: Bot, chat: int) -> None:
        waiting = bot.of_chat[chat]
        while waiting and bot.webhook.get("url"):
            if len(waiting) > 1 and self.chance.random() < self.shuffles:
                waiting[0], waiting[1] = waiting[1], waiting[0]
            id = waiting[0]
            await self._bring_until_taken(bot, id)
            if self.chance.random() < self.duplicates:
                await self._bring_once(bot, id)
            if bot.webhook.get("url"):
                bot.updates.pop(id, None)
                waiting.popleft()

    async def _bring_until_taken(self, bot: Bot, id: int) -> None:
        rest = 0.0
        while bot.webhook.get("url") and not await self._bring_once(bot, id):
            await asyncio.sleep(min(rest, LONGEST_REST) * self.scale)
            rest = rest * 2 or 2.0

    async def _bring_once(self, bot: Bot, id: int) -> bool:
        """Whether our webhook took it; one that was confirmed by polling needs nobody."""
        update, headers = bot.updates.get(id), {}
        if update is None:
            return True
        if bot.webhook.get("secret_token"):
            headers["X-Telegram-Bot-Api-Secret-Token"] = bot.webhook["secret_token"]
        status, at = 0, time.monotonic()
        with suppress(OSError, TimeoutError, ClientError):
            async with self._posts.post(bot.webhook["url"], json=update, headers=headers) as answer:
                status = answer.status
        brought = Brought(update, status, at, time.monotonic() - at)
        if not brought.is_taken:
            self.refused_deliveries.append(status)
        for told in self.on_brought:
            told(brought)
        return brought.is_taken

    # --- the Bot API ---

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments, files = await _arguments(request)
        at = time.monotonic()
        bot = self._bots.get(request.match_info["token"])
        if bot is None:
            return self._said(method, arguments, at, Refused(401, "Unauthorized"))
        fault = self._fault(method)
        if self.delay or (fault and fault.kind == "slow"):
            await asyncio.sleep(self.delay + (fault.seconds if fault else 0.0))
        try:
            if fault and fault.kind == "status":
                raise Refused(fault.status, fault.description)
            if fault and fault.kind == "too_many":
                raise self._too_many(bot, _chat_of(arguments), fault.retry_after)
            if fault and fault.kind == "reset_before":
                return self._broken(request, method, arguments, at)
            result = await self._do(bot, method, arguments, files, at)
        except Refused as refused:
            return self._said(method, arguments, at, refused)
        if fault and fault.kind == "delivered_reset":
            return self._broken(request, method, arguments, at)
        self.calls.append(Call(method, arguments, 200, at))
        if fault and fault.kind == "garbage":
            return web.Response(text="<html>", content_type="text/html")
        return web.json_response({"ok": True, "result": result})

    def _fault(self, method: str) -> Fault | None:
        for fault in self.faults:
            if method in fault.methods and fault.times > 0 and self.chance.random() < fault.chance:
                fault.times -= 1
                return fault
        return None

    def _said(self, method: str, arguments: Json, at: float, refused: Refused) -> web.Response:
        self.calls.append(Call(method, arguments, refused.status, at))
        body: Json = {"ok": False, "error_code": refused.status, "description": refused.description}
        if refused.parameters:
            body["parameters"] = refused.parameters
        return web.json_response(body, status=refused.status)

    def _broken(self, request: web.Request, method: str, arguments: Json, at: float) -> web.Response:
        self.calls.append(Call(method, arguments, 0, at))
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _do(self, bot: Bot, method: str, arguments: Json, files: Files, at: float) -> Any:
        if method in SENDING:
            return self._send(bot, method, arguments, files, at)
        work = METHODS.get(method)
        if work is None:
            raise Refused(404, "Not Found")
        result = work(self, bot, arguments)
        return await result if asyncio.iscoroutine(result) else result

    def _send(self, bot: Bot, method: str, arguments: Json, files: Files, at: float) -> Json:
        chat = _number(arguments.get("chat_id"), "chat_id is empty")
        person = self._people.get((bot.id, chat))
        if person is None:
            raise Refused(400, "Bad Request: chat not found")
        self._pace(bot, Call(method, arguments, 429, at), chat)
        if person.blocks:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if not person.wrote:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        text = str(arguments.get("text" if method == "sendMessage" else "caption") or "")
        if method == "sendMessage" and not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        if _units(text) > (4096 if method == "sendMessage" else 1024):
            long = "message is too long" if method == "sendMessage" else "message caption is too long"
            raise Refused(400, f"Bad Request: {long}")
        photo, film = files.get("photo"), None
        if method == "sendPhoto" and not (photo or arguments.get("photo")):
            raise Refused(400, "Bad Request: there is no photo in the request")
        if method == "sendVideo":
            film = self._film(arguments, files)
        keyboard = _keyboard(arguments.get("reply_markup"))
        shown = Shown(chat, self.next_message(chat), text, at, arguments, photo, film, keyboard)
        self.sent.append(shown)
        person.gets(shown)
        for told in self.on_sent:
            told(shown)
        return self._as_message(bot, person, shown)

    def _film(self, arguments: Json, files: Files) -> bytes:
        """What was uploaded now, or before under the id that is named."""
        if "video" in files:
            if len(files["video"]) > LARGEST:
                raise Refused(413, "Request Entity Too Large")
            self.films[f"film-{next(self.numbers)}"] = files["video"]
            return files["video"]
        if not arguments.get("video"):
            raise Refused(400, "Bad Request: there is no video in the request")
        if arguments["video"] not in self.films:
            raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
        return self.films[arguments["video"]]

    def _as_message(self, bot: Bot, person: Person, shown: Shown) -> Json:
        message = {
            "message_id": shown.message_id,
            "date": int(time.time()),
            "chat": {"id": person.id, "type": "private", "first_name": person.name},
            "from": bot.user(),
        }
        if shown.photo is not None:
            sizes = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}
            message |= {"photo": [sizes], "caption": shown.text}
        elif shown.film is not None:
            id = next(id for id, film in self.films.items() if film == shown.film)
            told = {"file_id": id, "file_unique_id": "u", "width": 720, "height": 900, "duration": 1}
            message |= {"video": told, "caption": shown.text}
        else:
            message["text"] = shown.text
        if shown.keyboard:
            message["reply_markup"] = {"inline_keyboard": shown.keyboard}
        return message

    def _heard_from(self, bot: Bot, chat: int | None) -> float:
        """From when on whoever sends can have heard that we ask for silence."""
        return bot.silent_since.get(chat, 0.0) + self.on_their_way

    def _pace(self, bot: Bot, call: Call, chat: int) -> None:
        """Too fast for the chat or for the bot: an answer that asks for silence."""
        if any(bot.silent_until.get(one, 0.0) > call.at > self._heard_from(bot, one) for one in (chat, None)):
            self.early.append(call)
        if bot.limits is None or bot.bucket is None:
            return
        limits = bot.limits
        mine = bot.buckets.setdefault(chat, Bucket(limits.chat_rate, limits.chat_burst))
        for bucket, whose in ((mine, chat), (bot.bucket, None)):
            wait = bucket.wait()
            if wait:
                self.violations.append(call)
                raise self._too_many(bot, whose, math.ceil(wait))

    def _too_many(self, bot: Bot, chat: int | None, seconds: int) -> Refused:
        now = time.monotonic()
        if bot.silent_until.get(chat, 0.0) <= now:
            bot.silent_since[chat] = now
        bot.silent_until[chat] = now + seconds
        return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)

    def _shown(self, bot: Bot, arguments: Json) -> Shown:
        chat, id = _number(arguments.get("chat_id"), "chat_id is empty"), arguments.get("message_id")
        person = self._people.get((bot.id, chat))
        found = [one for one in person.messages if one.message_id == int(id or 0)] if person else []
        if not found:
            raise Refused(400, "Bad Request: message to edit not found")
        return found[0]

    def _edit_keyboard(self, bot: Bot, arguments: Json) -> Json:
        shown, keyboard = self._shown(bot, arguments), _keyboard(arguments.get("reply_markup"))
        if shown.keyboard == keyboard:
            raise Refused(400, "Bad Request: message is not modified")
        shown.keyboard, shown.changed_at = keyboard, time.monotonic()
        return self._as_message(bot, self._people[bot.id, shown.chat], shown)

    def _edit_text(self, bot: Bot, arguments: Json) -> Json:
        shown = self._shown(bot, arguments)
        shown.text, shown.keyboard = str(arguments.get("text")), _keyboard(arguments.get("reply_markup"))
        shown.changed_at = time.monotonic()
        return self._as_message(bot, self._people[bot.id, shown.chat], shown)

    def _answer_press(self, bot: Bot, arguments: Json) -> bool:
        id = str(arguments.get("callback_query_id"))
        if id not in bot.presses:
            raise Refused(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        bot.presses[id].answered.append(id)
        return True

    def _show_action(self, bot: Bot, arguments: Json) -> bool:
        chat = _number(arguments.get("chat_id"), "chat_id is empty")
        self._people[bot.id, chat].actions.append(str(arguments.get("action")))
        return True

    def _get_me(self, bot: Bot, _: Json) -> Json:
        return {**bot.user(), "can_join_groups": False, "supports_inline_queries": False}

    async def _get_updates(self, bot: Bot, arguments: Json) -> list[Json]:
        """What waits from `offset` on; what is before it is forgotten."""
        if bot.webhook.get("url"):
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        if bot.asking is not None:
            bot.asking.set()
        bot.asking = ended = asyncio.Event()
        offset, limit = int(arguments.get("offset") or 0), int(arguments.get("limit") or 100)
        for id in [id for id in bot.updates if id < offset]:
            del bot.updates[id]
        until = time.monotonic() + float(arguments.get("timeout") or 0)
        while not bot.updates and (left := until - time.monotonic()) > 0 and not ended.is_set():
            bot.news.clear()
            waits = [asyncio.ensure_future(bot.news.wait()), asyncio.ensure_future(ended.wait())]
            await asyncio.wait(waits, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            for one in waits:
                one.cancel()
        if ended.is_set():
            raise Refused(409, "Conflict: terminated by other getUpdates request")
        bot.asking = None
        return self._disturbed(list(itertools.islice(bot.updates.values(), limit)))

    def _disturbed(self, updates: list[Json]) -> list[Json]:
        out: list[Json] = []
        for update in updates:
            out += [update] * (2 if self.chance.random() < self.duplicates else 1)
        for place in range(1, len(out)):
            if self.chance.random() < self.shuffles:
                out[place - 1], out[place] = out[place], out[place - 1]
        return out

    def _set_webhook(self, bot: Bot, arguments: Json) -> bool:
        bot.webhook = {
            name: arguments[name]
            for name in ("url", "secret_token", "allowed_updates")
            if arguments.get(name)
        }
        for chat in bot.of_chat:
            self._post(bot, chat)
        return True

    def _delete_webhook(self, bot: Bot, arguments: Json) -> bool:
        bot.webhook = {}
        if str(arguments.get("drop_pending_updates")).lower() == "true":
            bot.updates.clear()
        return True

    def _webhook_info(self, bot: Bot, _: Json) -> Json:
        return {
            "url": bot.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(bot.updates),
        }

    def _set_commands(self, bot: Bot, arguments: Json) -> bool:
        commands = arguments.get("commands") or []
        if len(commands) > 100 or any(not 1 <= len(one["description"]) <= 256 for one in commands):
            raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
        bot.commands[str(arguments.get("language_code") or "")] = commands
        return True

    def _get_commands(self, bot: Bot, arguments: Json) -> list[Json]:
        return bot.commands.get(str(arguments.get("language_code") or ""), [])

    def _set_menu_button(self, bot: Bot, arguments: Json) -> bool:
        bot.menu_button = arguments.get("menu_button") or {"type": "default"}
        return True


METHODS: Mapping[str, Callable[[TelegramStandIn, Bot, Json], Any]] = {
    "editMessageReplyMarkup": TelegramStandIn._edit_keyboard,
    "editMessageText": TelegramStandIn._edit_text,
    "answerCallbackQuery": TelegramStandIn._answer_press,
    "sendChatAction": TelegramStandIn._show_action,
    "getMe": TelegramStandIn._get_me,
    "getUpdates": TelegramStandIn._get_updates,
    "setWebhook": TelegramStandIn._set_webhook,
    "deleteWebhook": TelegramStandIn._delete_webhook,
    "getWebhookInfo": TelegramStandIn._webhook_info,
    "setMyCommands": TelegramStandIn._set_commands,
    "getMyCommands": TelegramStandIn._get_commands,
    "setChatMenuButton": TelegramStandIn._set_menu_button,
}


@contextmanager
def serving(telegram: TelegramStandIn, port: int = 0) -> Iterator[TelegramStandIn]:
    """Serves from a thread of its own, for tests without an event loop and for other processes."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="telegram-stand-in", daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(telegram.open(port), loop).result(10)
    try:
        yield telegram
    finally:
        asyncio.run_coroutine_threadsafe(telegram.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


# --- parts ---------------------------------------------------------------------------------------------------


async def _arguments(request: web.Request) -> tuple[Json, Files]:
    """The arguments of a call in any of the forms that Telegram takes, and what was uploaded with it."""
    given: Json = dict(request.query)
    files: Files = {}
    if request.content_type == "application/json":
        given |= json.loads(await request.read() or b"{}")
    else:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = value.file.read()
            else:
                given[name] = value
    return {name: _unpacked(value) for name, value in given.items()}, files


def _unpacked(value: Any) -> Any:
    """Lists and objects may come as JSON within text."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        with suppress(ValueError):
            return json.loads(value)
    return value


def _chat_of(arguments: Json) -> int | None:
    chat = arguments.get("chat_id")
    return int(chat) if chat else None


def _number(value: Any, missing: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Refused(400, f"Bad Request: {missing}") from None


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _keyboard(markup: Any) -> list[list[Json]]:
    """The buttons, as strict as Telegram is."""
    rows: list[list[Json]] = (markup or {}).get("inline_keyboard") or []
    buttons = [button for row in rows for button in row]
    if len(buttons) > 100 or any(len(row) > 8 for row in rows):
        raise Refused(400, "Bad Request: reply markup is too long")
    for button in buttons:
        if not button.get("text"):
            raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        if "url" in button:
            host = urlsplit(button["url"]).hostname or ""
            if not button["url"].startswith(("http://", "https://", "tg://")) or "." not in host:
                raise Refused(400, "Bad Request: inline keyboard button URL is invalid: Wrong HTTP URL")
        elif not 1 <= len(str(button.get("callback_data", "")).encode()) <= 64:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return rows
