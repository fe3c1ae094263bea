"""Posts messages to webhooks by a schedule, as lean as can be: it shares the cores with what it measures.

The load is open: a message is due at its instant whether or not those before it were taken, and its
latency counts from that instant. So a server that is slow cannot slow down what is asked of it.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson

from tests.bench.platform import CYCLE, OPENING
from tests.standins.telegram import TelegramStandIn

LINES = 40  # connections that Telegram keeps to a webhook, if it is not told another number
PATIENCE = 30.0  # seconds until the last answer has to be there
LEAD = 1.0  # seconds to write the messages and open the connections, before the first is due

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Post:
    """One message. Instants are seconds of time.monotonic(); status 0: no answer."""

    chat: int
    due: float
    request: bytes
    status: int = 0
    answered: float = 0.0


class Crowd:
    """People of one bot. Each holds a conversation of her own, and every word of it has one reply."""

    def __init__(self, telegram: TelegramStandIn, token: str, size: int) -> None:
        self._telegram = telegram
        self._hook = urlsplit(telegram.bot(token).webhook["url"])
        self._secret = telegram.bot(token).webhook["secret_token"]
        self._updates = itertools.count(1)
        people = [telegram.person(f"person {n}", token=token) for n in range(size)]
        for person in people:
            person.wrote = True  # so that she may be written to
        words = [itertools.chain(OPENING, itertools.cycle(CYCLE)) for _ in people]
        self._talks = itertools.cycle(list(zip((person.id for person in people), words, strict=True)))

    async def write(self, rate: float, seconds: float, chance: random.Random) -> list[Post]:
        """They write, one after the other, at random instants: `rate` messages a second in all."""
        posts = list(self._posts(rate, seconds, time.monotonic() + LEAD, chance))
        await _offer(self._hook.hostname or "", self._hook.port or 0, posts)
        return posts

    def _posts(self, rate: float, seconds: float, began: float, chance: random.Random) -> Iterator[Post]:
        due = began + chance.expovariate(rate)
        while due < began + seconds:
            chat, words = next(self._talks)
            yield Post(chat, due, self._request(chat, next(words)))
            due += chance.expovariate(rate)

    def _request(self, chat: int, text: str) -> bytes:
        person = {"id": chat, "first_name": "Ana"}
        message = {
            "message_id": self._telegram.next_message(chat),
            "date": int(time.time()),
            "chat": {**person, "type": "private"},
            "from": {**person, "is_bot": False, "language_code": "en"},
            "text": text,
        }
        body = orjson.dumps({"update_id": next(self._updates), "message": message})
        head = (
            f"POST {self._hook.path} HTTP/1.1\r\nHost: {self._hook.netloc}\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {self._secret}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def _offer(host: str, port: int, posts: Sequence[Post]) -> None:
    """Posts each at its instant, or as soon as a line is free; ends when all have an answer, or patience."""
    desk = _Desk(len(posts))
    loop = asyncio.get_running_loop()
    lines = [await loop.create_connection(lambda: _Line(desk), host, port) for _ in range(LINES)]
    for post in posts:
        # A sleep also when we are late: the answers want to be read.
        await asyncio.sleep(max(0.0, post.due - time.monotonic()))
        desk.put(post)
    with suppress(TimeoutError):  # what has no answer then has the status 0
        await asyncio.wait_for(desk.done.wait(), PATIENCE)
    for transport, _ in lines:
        transport.close()


class _Desk:
    """Gives each message to the line that has been free for longest."""

    def __init__(self, posts: int) -> None:
        self.free: deque[_Line] = deque()
        self.done = asyncio.Event()
        self._waiting: deque[Post] = deque()
        self._missing = posts

    def put(self, post: Post) -> None:
        self._waiting.append(post)
        self.serve()

    def serve(self) -> None:
        while self._waiting and self.free:
            self.free.popleft().post(self._waiting.popleft())

    def ended(self) -> None:
        """One message more has its answer, or will never have one."""
        self._missing -= 1
        if not self._missing:
            self.done.set()


class _Line(asyncio.Protocol):
    """One connection, kept open; one request at a time."""

    def __init__(self, desk: _Desk) -> None:
        self._desk = desk
        self._transport: asyncio.Transport | None = None
        self._asked: Post | None = None
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._desk.free.append(self)

    def post(self, post: Post) -> None:
        assert self._transport
        self._asked = post
        self._transport.write(post.request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or len(body) < (int(length[1]) if length else 0):
            return
        assert self._asked
        self._asked.status, self._asked.answered = int(head[9:12]), time.monotonic()
        self._asked, self._got = None, b""
        self._desk.free.append(self)
        self._desk.ended()
        self._desk.serve()

    def connection_lost(self, _: Exception | None) -> None:
        if self._asked is not None:
            self._desk.ended()
        elif self in self._desk.free:
            self._desk.free.remove(self)
