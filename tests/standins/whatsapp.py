"""A stand-in for WhatsApp's Cloud API on loopback: it refuses what the platform refuses, counts what
was sent too fast, tells by webhook what became of a message, and lets people write and press.

It was written from the platform's pages and knows nothing of our sender. Used in one event loop:

    async with WhatsApp(webhook_url="http://127.0.0.1:8000/hooks/whatsapp/default") as platform:
        ana = platform.person("51987654321")
        await ana.writes("hola")
        await ana.presses("Yes")
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import itertools
import json
import random
import socket
import struct
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

Json = dict[str, Any]
FaultKind = Literal["429", "500", "503", "slow", "reset", "delivered_but_reset", "error", "not_json"]

TOKEN = "a token of the stand-in"
APP_SECRET = "an app secret of the stand-in"
PHONE_ID = "106540352242922"
DISPLAY_PHONE = "15550783881"
DAY = 86_400.0
# Bytes of what may be uploaded, by its type.
LARGEST = {"image/jpeg": 5_000_000, "image/png": 5_000_000, "video/mp4": 16_000_000}
# Seconds to wait before each new try of a webhook that was not answered with 2xx; the last is repeated.
REDELIVERIES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 60.0, 300.0, 3600.0)


@dataclass
class Rules:
    """What the platform allows. `lifted()` takes the limits of speed away.

    answer_delay: seconds until a request is answered. pair_every, pair_burst: seconds between
    messages to one person, and how many may run ahead. account_per_second: of the number.
    window: seconds after her last message in which anything may be sent.
    """

    answer_delay: float = 0.0
    pair_every: float = 6.0
    pair_burst: int = 3
    account_per_second: float = 80.0
    window: float = DAY

    @classmethod
    def lifted(cls, answer_delay: float = 0.0) -> Rules:
        return cls(answer_delay, pair_every=0.0, account_per_second=0.0)


@dataclass
class Hooks:
    """How webhooks come.

    batch: items of one POST, at most. duplicates: share of items that come twice. shuffled: items
    and statuses change places. wait: seconds in which a batch is filled. scale: all times of the
    redelivery schedule are multiplied with it. statuses: what is told of each message.
    """

    statuses: Sequence[str] = ("sent", "delivered", "read")
    batch: int = 1
    wait: float = 0.0
    duplicates: float = 0.0
    shuffled: bool = False
    scale: float = 1.0
    parallel: int = 16


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request. code: for `error`. seconds: for `slow`, and as Retry-After."""

    kind: FaultKind
    code: int = 131000
    seconds: float = 0.0
    status: int = 400


@dataclass(frozen=True)
class Taken:
    """A message that the platform has accepted. at: seconds of a monotonic clock."""

    at: float
    id: str
    to: str
    body: Json

    @property
    def name(self) -> str:
        return str(self.body.get("biz_opaque_callback_data", ""))

    @property
    def text(self) -> str:
        """The words of it, wherever they stand."""
        kind = self.body["type"]
        if kind == "text":
            return str(self.body["text"]["body"])
        if kind == "interactive":
            return str(self.body["interactive"]["body"]["text"])
        return str(self.body[kind].get("caption", ""))

    @property
    def buttons(self) -> dict[str, str]:
        """What she can press, title -> id."""
        if self.body["type"] != "interactive":
            return {}
        action = self.body["interactive"]["action"]
        rows = [row for section in action.get("sections", ()) for row in section["rows"]]
        pressed = rows or [button["reply"] for button in action.get("buttons", ())]
        return {one["title"]: one["id"] for one in pressed}


@dataclass(frozen=True)
class Violation:
    at: float
    code: int
    to: str


class RefusedError(Exception):
    """The platform does not take this request."""

    def __init__(self, code: int, details: str, *, status: int = 400, subcode: int | None = None) -> None:
        super().__init__(details)
        self.code = code
        self.details = details
        self.status = status
        self.subcode = subcode


# --- what the platform takes -------------------------------------------------------------------------


def check_message(body: Json, *, media: Mapping[str, str], templates: set[tuple[str, str]]) -> str:
    """To whom it goes. Raises RefusedError for what the platform would refuse.

    media: id -> content type of what was uploaded. templates: approved names with their languages.
    """
    _need(body.get("messaging_product") == "whatsapp", 100, "messaging_product")
    _need(body.get("recipient_type", "individual") == "individual", 100, "recipient_type")
    to, recipient = body.get("to"), body.get("recipient")
    _need(bool(to) or bool(recipient), 131008, "to or recipient")
    _need(to is None or (isinstance(to, str) and to.lstrip("+").isdigit()), 131009, "to")
    _need(recipient is None or (isinstance(recipient, str) and recipient[2:3] == "."), 131009, "recipient")
    name = body.get("biz_opaque_callback_data", "")
    _need(isinstance(name, str) and len(name) <= 512, 131009, "biz_opaque_callback_data")
    kind = body.get("type")
    content = body.get(kind) if isinstance(kind, str) else None
    _need(kind in _CHECKS and isinstance(content, dict), 131009, "type")
    assert isinstance(content, dict)  # as the line above made sure
    _CHECKS[str(kind)](content, media, templates)
    return str(to or recipient)


def _need(right: bool, code: int, details: str) -> None:
    if not right:
        raise RefusedError(code, details)


def _length(value: object, least: int, most: int, name: str) -> None:
    _need(
        isinstance(value, str) and least <= len(value) <= most,
        131009,
        f"{name}: {least} to {most} characters",
    )


def _text(content: Json, _: Any, __: Any) -> None:
    _length(content.get("body"), 1, 4096, "text.body")
    _need(bool(content["body"].strip()), 131009, "text.body: only spaces")


def _media(types: tuple[str, ...]) -> Any:
    def check(content: Json, media: Mapping[str, str], _: Any) -> None:
        id, link = content.get("id"), content.get("link")
        _need((id is None) != (link is None), 131009, "either id or link")
        if id is not None:
            _need(media.get(id, "").startswith(types), 131053, "no such media")
        else:
            _need(urlsplit(str(link)).scheme in ("http", "https"), 131009, "link")
        _length(content.get("caption", ""), 0, 1024, "caption")

    return check


def _template(content: Json, _: Any, templates: set[tuple[str, str]]) -> None:
    language = content.get("language")
    code = language.get("code") if isinstance(language, dict) else None
    _need((content.get("name"), code) in templates, 132001, "template does not exist in this language")


def _interactive(content: Json, _: Any, __: Any) -> None:
    body, action = content.get("body"), content.get("action")
    _need(isinstance(body, dict) and isinstance(action, dict), 131008, "body and action")
    assert isinstance(body, dict)
    assert isinstance(action, dict)
    _length(body.get("text"), 1, 1024, "body.text")
    kind = content.get("type")
    _need(kind in ("button", "list", "cta_url"), 131009, "interactive.type")
    {"button": _reply_buttons, "list": _list, "cta_url": _link_button}[str(kind)](action)


def _reply_buttons(action: Json) -> None:
    _need(set(action) == {"buttons"}, 131009, "only buttons")
    buttons = [button.get("reply", {}) for button in action["buttons"] if button.get("type") == "reply"]
    _need(1 <= len(buttons) == len(action["buttons"]) <= 3, 131009, "1 to 3 reply buttons")
    for button in buttons:
        _length(button.get("title"), 1, 20, "title")
        _length(button.get("id"), 1, 256, "id")
        _need(button["id"] == button["id"].strip(), 131009, "id: spaces around it")
    for name in ("id", "title"):
        _need(len({button[name] for button in buttons}) == len(buttons), 131009, f"two buttons of one {name}")


def _list(action: Json) -> None:
    _length(action.get("button"), 1, 20, "action.button")
    sections = action.get("sections")
    _need(isinstance(sections, list) and 1 <= len(sections) <= 10, 131009, "1 to 10 sections")
    assert isinstance(sections, list)
    if len(sections) > 1:
        for section in sections:
            _length(section.get("title"), 1, 24, "section.title")
    rows = [row for section in sections for row in section["rows"]]
    _need(1 <= len(rows) <= 10, 131009, "1 to 10 rows")
    for row in rows:
        _length(row.get("id"), 1, 200, "row.id")
        _length(row.get("title"), 1, 24, "row.title")
        _length(row.get("description", ""), 0, 72, "row.description")
    _need(len({row["id"] for row in rows}) == len(rows), 131009, "two rows of one id")


def _link_button(action: Json) -> None:
    _need(action.get("name") == "cta_url" and set(action) == {"name", "parameters"}, 131009, "cta_url alone")
    _length(action["parameters"].get("display_text"), 1, 20, "display_text")
    parts = urlsplit(str(action["parameters"].get("url")))
    _need(parts.scheme in ("http", "https"), 131009, "url")
    try:
        ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return
    raise RefusedError(131009, "url: a number instead of a name")


_CHECKS: dict[str, Any] = {
    "text": _text,
    "image": _media(("image/jpeg", "image/png")),
    "video": _media(("video/mp4", "video/3gpp")),
    "document": _media(("application/", "text/")),
    "template": _template,
    "interactive": _interactive,
}


# --- people ------------------------------------------------------------------------------------------


@dataclass
class Person:
    """Somebody with WhatsApp. Without a phone she has a username; without a scoped id it is 2025."""

    platform: WhatsApp
    phone: str | None
    scoped: str | None
    wrote: float = float("-inf")
    messages: list[Taken] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def writes(self, text: str) -> str:
        """Sends words; gives back the id of the message."""
        return await self._sends({"type": "text", "text": {"body": text}})

    async def presses(self, title: str) -> str:
        """Presses a button or a row of the last message that has one of this title."""
        message = next((m for m in reversed(self.messages) if title in m.buttons), None)
        if message is None:
            raise AssertionError(f"Nothing that can be pressed is called {title!r}.")
        action = message.body["interactive"]["action"]
        kind = "list_reply" if "sections" in action else "button_reply"
        reply = {"type": kind, kind: {"id": message.buttons[title], "title": title}}
        context = {"from": DISPLAY_PHONE, "id": message.id}
        return await self._sends({"type": "interactive", "interactive": reply, "context": context})

    async def sends(self, kind: str, **content: Any) -> str:
        """Sends something else: image, audio, sticker, location, contacts, reaction ..."""
        return await self._sends({"type": kind, kind: content or {"id": "media"}})

    async def changes_number(self, phone: str) -> None:
        """From now on she has another phone; the platform tells."""
        assert self.phone
        body = f"User A changed from {self.phone} to {phone}"
        system = {"body": body, "wa_id": phone, "type": "user_changed_number"}
        item = {"id": self.platform.new_id(), "from": self.phone, "timestamp": _seconds(), "type": "system"}
        await self.platform.tell({"messages": [{**item, "system": system}]})
        self.phone = phone

    async def next_message(self, seconds: float = 5.0, *, after: int | None = None) -> Taken:
        """The next message to her, or the one at this place."""
        place = len(self.messages) if after is None else after
        async with asyncio.timeout(seconds):
            while len(self.messages) <= place:
                self.news.clear()
                await self.news.wait()
        return self.messages[place]

    async def _sends(self, content: Json) -> str:
        id = self.platform.new_id()
        self.wrote = time.monotonic()
        contact: Json = {"profile": {"name": "Ana Quispe"}}
        message: Json = {"id": id, "timestamp": _seconds(), **content}
        if self.phone:
            contact["wa_id"] = message["from"] = self.phone
        if self.scoped:
            contact["user_id"] = message["from_user_id"] = self.scoped
        self.platform.known.add(id)
        await self.platform.tell({"contacts": [contact], "messages": [message]})
        return id


def _seconds() -> str:
    return str(int(time.time()))


# --- the platform ------------------------------------------------------------------------------------


class WhatsApp:
    """The API of one number, with its webhook.

    taken: every message that was accepted, in order. violations: what came too fast. requests: how
    many came at all. reads: messages of people that were marked as read. undelivered: items whose
    webhook has not been answered with 2xx so far.
    """

    def __init__(
        self,
        *,
        webhook_url: str | None = None,
        rules: Rules | None = None,
        hooks: Hooks | None = None,
        token: str = TOKEN,
        app_secret: str = APP_SECRET,
        phone_id: str = PHONE_ID,
        seed: int = 1,
    ) -> None:
        self.webhook_url = webhook_url
        self.rules = rules or Rules()
        self.hooks = hooks or Hooks()
        self.token = token
        self.app_secret = app_secret
        self.phone_id = phone_id
        self.templates: set[tuple[str, str]] = set()
        self.media: dict[str, str] = {}
        self.uploads = 0  # how many were tried
        self.upload_delay = 0.0  # seconds
        self.taken: list[Taken] = []
        self.violations: list[Violation] = []
        self.reads: list[str] = []
        self.requests = 0
        self.undelivered = 0
        self.known: set[str] = set()
        self.people: dict[str, Person] = {}
        # One fault for each of the next requests that send a message, then the shares below.
        self.next_faults: deque[Fault | None] = deque()
        self.fault_shares: dict[Fault, float] = {}
        self._chance = random.Random(seed)
        self._numbers = itertools.count(1)
        self._due: dict[str, float] = {}
        self._account_due = 0.0
        self._waiting: list[Json] = []
        self._filling: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._told = asyncio.Event()
        self._told.set()
        self._slots = asyncio.Semaphore(self.hooks.parallel)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> WhatsApp:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=20_000_000)
        app.router.add_post("/{version}/{phone_id}/messages", self._messages)
        app.router.add_post("/{version}/{phone_id}/media", self._upload)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        assert site._server is not None
        self.port: int = self._runner.addresses[0][1]
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256))

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()
        await self._runner.cleanup()

    def person(self, phone: str | None, scoped: str | None = None) -> Person:
        person = Person(self, phone, scoped)
        for address in (phone, scoped):
            if address:
                self.people[address] = person
        return person

    def new_id(self) -> str:
        return f"wamid.{next(self._numbers):08d}"

    def fail(self, *faults: Fault | None) -> None:
        """What goes wrong with the next requests that send a message; None goes well."""
        self.next_faults.extend(faults)

    # --- webhooks ---

    async def tell(self, value: Json) -> None:
        """Hands over one or more items; returns when they are on their way, not when they arrived."""
        if self.webhook_url is None:
            return
        copies = 2 if self._chance.random() < self.hooks.duplicates else 1
        self._waiting += [value] * copies
        self._owe(copies)
        if self.hooks.wait and len(self._waiting) < self.hooks.batch:
            if self._filling is None or self._filling.done():
                self._filling = self._begin(self._flush_later())
            return
        self._flush()

    async def quiet(self, seconds: float = 10.0) -> None:
        """Waits until every webhook was answered with 2xx."""
        async with asyncio.timeout(seconds):
            await self._told.wait()

    def _owe(self, items: int) -> None:
        self.undelivered += items
        if self.undelivered:
            self._told.clear()
        else:
            self._told.set()

    def _begin(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _flush_later(self) -> None:
        await asyncio.sleep(self.hooks.wait)
        self._flush()

    def _flush(self) -> None:
        if self.hooks.shuffled:
            self._chance.shuffle(self._waiting)
        while self._waiting:
            batch, self._waiting = self._waiting[: self.hooks.batch], self._waiting[self.hooks.batch :]
            self._begin(self._deliver(batch))

    async def _deliver(self, batch: list[Json]) -> None:
        """Comes again until it is answered with 2xx."""
        assert self.webhook_url
        body = self.webhook(batch)
        headers = {"content-type": "application/json", "x-hub-signature-256": self.sign(body)}
        for number in itertools.count():
            async with self._slots:
                if await self._posted(self.webhook_url, body, headers):
                    self._owe(-len(batch))
                    return
            await asyncio.sleep(REDELIVERIES[min(number, len(REDELIVERIES) - 1)] * self.hooks.scale)

    async def _posted(self, url: str, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            timeout = aiohttp.ClientTimeout(total=10)
            async with self._session.post(url, data=body, headers=headers, timeout=timeout) as answer:
                return 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError):
            await asyncio.sleep(0.01)
            return False

    def webhook(self, values: Sequence[Json]) -> bytes:
        """The bytes of one POST with these items, each as a change of its own, in two entries if it can."""
        base = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": DISPLAY_PHONE, "phone_number_id": self.phone_id},
        }
        changes = [{"field": "messages", "value": {**base, **value}} for value in values]
        half = len(changes) // 2
        entries = [part for part in (changes[:half], changes[half:]) if part]
        entry = [{"id": "102290129340398", "changes": part} for part in entries]
        # Escaped slashes and letters, as the platform writes them: only the raw bytes can be verified.
        text = json.dumps({"object": "whatsapp_business_account", "entry": entry})
        return text.replace("/", "\\/").encode()

    def sign(self, body: bytes) -> str:
        return "sha256=" + hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()

    # --- requests ---

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        body = await request.json()
        if self.rules.answer_delay:
            await asyncio.sleep(self.rules.answer_delay)
        try:
            self._authorise(request)
            if body.get("status") == "read":
                return self._read(body)
            return await self._with_faults(request, body)
        except RefusedError as error:
            return _error(error)

    async def _with_faults(self, request: web.Request, body: Json) -> web.StreamResponse:
        fault = self._fault()
        if fault is None:
            return await self._take(body)
        if fault.kind == "reset":
            return _reset(request)
        if fault.kind == "delivered_but_reset":
            await self._take(body)
            return _reset(request)
        if fault.kind == "slow":
            taken = await self._take(body)
            await asyncio.sleep(fault.seconds)
            return taken
        if fault.kind == "not_json":
            return web.Response(text="<html>a proxy</html>", content_type="text/html")
        if fault.kind == "error":
            raise RefusedError(fault.code, "as the test wanted", status=fault.status)
        headers = {"retry-after": str(int(fault.seconds))} if fault.seconds else {}
        return web.Response(status=int(fault.kind), text="down", headers=headers)

    def _fault(self) -> Fault | None:
        if self.next_faults:
            return self.next_faults.popleft()
        drawn, so_far = self._chance.random(), 0.0
        for fault, share in self.fault_shares.items():
            so_far += share
            if drawn < so_far:
                return fault
        return None

    def _authorise(self, request: web.Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise RefusedError(190, "Invalid OAuth access token", status=401)
        if request.match_info["phone_id"] != self.phone_id:
            raise RefusedError(100, "Unsupported post request", subcode=33)

    def _read(self, body: Json) -> web.StreamResponse:
        _need(body.get("messaging_product") == "whatsapp", 100, "messaging_product")
        _need(body.get("message_id") in self.known, 131009, "message_id")
        _need(body.get("typing_indicator", {"type": "text"}) == {"type": "text"}, 131009, "typing_indicator")
        self.reads.append(str(body["message_id"]))
        return web.json_response({"success": True})

    async def _take(self, body: Json) -> web.StreamResponse:
        to = check_message(body, media=self.media, templates=self.templates)
        person = self.people.get(to)
        if person is None:
            raise RefusedError(131026, "Message undeliverable")
        now = time.monotonic()
        if body["type"] != "template" and now - person.wrote > self.rules.window:
            raise RefusedError(131047, "Re-engagement message")
        self._pace(to, now)
        taken = Taken(now, self.new_id(), to, body)
        self.taken.append(taken)
        person.messages.append(taken)
        person.news.set()
        await self._tell_statuses(taken, person)
        contact = {"input": to, **({"wa_id": person.phone} if person.phone else {})}
        return web.json_response(
            {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": taken.id}]}
        )

    def _pace(self, to: str, now: float) -> None:
        """Counts and refuses what is too fast: to her, and from this number."""
        every, burst = self.rules.pair_every, self.rules.pair_burst
        due = max(self._due.get(to, 0.0), now)
        if every and due - now > every * (burst - 1) + 0.05:  # a clock is never exact
            self._violated(now, 131056, to, 400)
        rate = self.rules.account_per_second
        account_due = max(self._account_due, now)
        if rate and account_due - now > 1.0 + 0.05:
            self._violated(now, 130429, to, 429)
        self._due[to] = due + every
        self._account_due = account_due + (1 / rate if rate else 0.0)

    def _violated(self, now: float, code: int, to: str, status: int) -> None:
        self.violations.append(Violation(now, code, to))
        raise RefusedError(code, "Rate limit hit", status=status)

    async def _tell_statuses(self, taken: Taken, person: Person) -> None:
        states = list(self.hooks.statuses)
        if self.hooks.shuffled:
            self._chance.shuffle(states)
        for state in states:
            await self.tell({"statuses": [self.status(taken, state)]})

    def status(self, taken: Taken, state: str, code: int = 131026) -> Json:
        """What is told of a message; `code` is the reason of a failure."""
        status: Json = {"id": taken.id, "status": state, "timestamp": _seconds(), "recipient_id": taken.to}
        if taken.name:
            status["biz_opaque_callback_data"] = taken.name
        if state == "failed":
            status["errors"] = [{"code": code, "title": "Message undeliverable"}]
        return status

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        self.uploads += 1
        try:
            self._authorise(request)
            form = await request.post()
            file = form.get("file")
            _need(form.get("messaging_product") == "whatsapp", 100, "messaging_product")
            _need(isinstance(file, web.FileField), 131008, "file")
            assert isinstance(file, web.FileField)
            _need(form.get("type") == file.content_type, 131009, "type")
            largest = LARGEST.get(file.content_type)
            _need(largest is not None, 131053, "a type that nobody can see")
            _need(len(file.file.read()) <= (largest or 0), 131053, "too large")
            if self.upload_delay:
                await asyncio.sleep(self.upload_delay)
            id = str(next(self._numbers))
            self.media[id] = file.content_type
            return web.json_response({"id": id})
        except RefusedError as error:
            return _error(error)


def _error(error: RefusedError) -> web.Response:
    body: Json = {
        "message": f"(#{error.code}) refused",
        "type": "OAuthException",
        "code": error.code,
        "error_data": {"messaging_product": "whatsapp", "details": error.details},
        "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
    }
    if error.subcode is not None:
        body["error_subcode"] = error.subcode
    return web.json_response({"error": body}, status=error.status)


def _reset(request: web.Request) -> web.Response:
    """Breaks the connection without an answer."""
    transport = request.transport
    assert transport is not None
    raw = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    return web.Response()
