"""An account's line to WhatsApp's Cloud API. What went wrong comes back as an outcome."""

from __future__ import annotations

import asyncio
import io
import logging
import random
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import aiohttp
import orjson

from bot.channels.accounts import ChannelAccount
from bot.channels.delivery import Courtesy
from bot.channels.films import FilmFile, Films, is_ours
from bot.channels.parts import parts_for
from bot.channels.uploads import AGAIN_SECONDS, TRIES, UPLOAD_SECONDS, BusyError, Uploads
from bot.channels.whatsapp import send as request
from bot.channels.whatsapp.capabilities import CAPABILITIES
from bot.channels.whatsapp.errors import FAULT, SLOWEST, TROUBLE, WINDOW, Refusal, refusal
from bot.worker import microseconds
from content.words import chain
from flows.values import Reply, Video
from store.clock import DAY, HOUR
from store.outbox import Outcome, Outgoing

log = logging.getLogger(__name__)

VERSION = "v26.0"
PICTURE = "picture:"
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 18.0  # twice, for a picture and its message, is less than the sender waits
COURTESY_SECONDS = 5.0
# Shorter than a server keeps an idle connection: a request on one that was just closed is in doubt.
IDLE_SECONDS = 15.0
MOST_REACHED = 10_000
IN_DOUBT = "No clear answer came; WhatsApp may have the message."

_T = TypeVar("_T")

# The PNG of a picture that was made for a conversation: (programme, conversation, id); None if it is gone.
Pictures = Callable[[str, str, str], bytes | None]
# Language -> the approved message that invites somebody who has not written for a day.
Templates = Mapping[str, tuple[str, str]]
# Why an approved message (its name and language) is not to be sent now; "" if nothing speaks against it.
WhyNot = Callable[[str, str], str]


@dataclass
class _Sent:
    """Whether the body of a request has gone into the connection; before that nothing can have happened."""

    body: bool = False


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back. `error` is empty for success; `after` is what the platform asked us to wait."""

    status: int
    body: Mapping[str, Any]
    after: float = 0

    @property
    def refusal(self) -> Refusal | None:
        if 200 <= self.status < 300:
            return None
        return refusal(self.status, self._number("code"), self._number("error_subcode"))

    @property
    def code(self) -> str:
        code = self._number("code")
        return f"HTTP {self.status}" if code is None else str(code)

    def _number(self, name: str) -> int | None:
        error = self.body.get("error")
        value = error.get(name) if isinstance(error, Mapping) else None
        return value if isinstance(value, int) else None


class _LostError(Exception):
    """No answer. `in_doubt`: the platform may have the request."""

    def __init__(self, *, in_doubt: bool) -> None:
        super().__init__()
        self.in_doubt = in_doubt


class WhatsAppClient:
    """Sends for one number.

    templates: outside the 24 hours one of these is sent in the place of a message, at most one in
        that time; without any the message waits.
    list_words: language -> what stands on the button that opens a list.
    why_not: asked before each of these; one that WhatsApp has paused or refused only makes things worse.
    """

    def __init__(
        self,
        account: ChannelAccount,
        pictures: Pictures,
        films: Films,
        uploads: Uploads,
        templates: Templates,
        list_words: Mapping[str, str] | None = None,
        *,
        why_not: WhyNot = lambda name, language: "",
        now: Callable[[], int] = microseconds,
        chance: Callable[[], float] = random.random,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self.account = account
        self._pictures = pictures
        self._films = films
        self._uploads = uploads
        self._templates = templates
        self._list_words = list_words or {}
        self._why_not = why_not
        self._now = now
        self._chance = chance
        self._answer_seconds = answer_seconds
        self._session: aiohttp.ClientSession | None = None
        self._reached: OrderedDict[str, int] = OrderedDict()
        self._alarmed: dict[str, int] = {}

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Sends one message, or an invitation in its place."""
        if outgoing.window_until is None or outgoing.window_until <= self._now():
            return await self._invite(outgoing)
        outcome = await self._send_now(outgoing)
        # Our clock, or a message that came in late, may have made us believe in an open window.
        return await self._invite(outgoing) if outcome.reason == _reason(WINDOW, "131047") else outcome

    async def show(self, courtesy: Courtesy) -> None:
        """Marks her message as read and shows that we write. That may fail, and then nothing follows."""
        try:
            await self._post("messages", request.read_body(courtesy.id), seconds=COURTESY_SECONDS)
        except _LostError:
            return

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    # --- messages ---

    async def _send_now(self, outgoing: Outgoing) -> Outcome:
        media = ""
        image, film = outgoing.reply.image, outgoing.reply.video
        if film and is_ours(outgoing.reply):
            return await self._film(outgoing, film)
        if image and image.url.startswith(PICTURE):
            png = await asyncio.to_thread(
                self._pictures, outgoing.programme, outgoing.conversation, image.url.removeprefix(PICTURE)
            )
            if png is None:  # its day is over; its words are not
                words = outgoing.reply.text or image.alt
                outgoing = replace(outgoing, reply=outgoing.reply._replace(image=None, text=words))
            else:
                uploaded = await self._upload(outgoing, png, "image/png")
                if isinstance(uploaded, Outcome):
                    return uploaded
                media = uploaded
        word = _in_language(self._list_words, outgoing.reply.lang) or request.LIST_SIGN
        return await self._deliver(outgoing, request.body_of(outgoing, list_word=word, media=media))

    async def _say(self, outgoing: Outgoing, reply: Reply) -> Outcome:
        """Words, in as many messages as they need; what became of the last one stands for all."""
        *before, last = (
            request.body_of(replace(outgoing, reply=part)) for part in parts_for([reply], CAPABILITIES)
        )
        for body in before:
            outcome = await self._deliver(outgoing, body)
            if outcome.state != "sent":
                return outcome
        return await self._deliver(outgoing, last)

    async def _deliver(self, outgoing: Outgoing, body: Mapping[str, Any]) -> Outcome:
        answer = await self._answer_to(outgoing, body)
        return answer if isinstance(answer, Outcome) else self._answered(outgoing, answer)

    async def _answer_to(self, outgoing: Outgoing, body: Mapping[str, Any]) -> _Answer | Outcome:
        """What WhatsApp says to a message, or what becomes of one that got no answer."""
        try:
            return await self._post("messages", body)
        except _LostError as lost:
            if lost.in_doubt:
                return _outcome(outgoing, "unknown", reason=IN_DOUBT)
            return self._later(outgoing, TROUBLE, "no connection")

    def _answered(self, outgoing: Outgoing, answer: _Answer) -> Outcome:
        if answer.refusal is not None:
            return self._refused(outgoing, answer)
        id = _message_id(answer.body)
        if id is None:  # somebody said yes, but it may not have been WhatsApp
            return _outcome(outgoing, "unknown", reason=IN_DOUBT)
        return _outcome(outgoing, "sent", provider_id=id)

    async def _upload(
        self, outgoing: Outgoing, content: bytes, type: str, seconds: float | None = None
    ) -> str | Outcome:
        """The id of a picture or a film, or what becomes of the message without. Uploading twice does no harm."""
        form = aiohttp.FormData()
        form.add_field("messaging_product", "whatsapp")
        form.add_field("type", type)
        form.add_field("file", io.BytesIO(content), filename=type.replace("/", "."), content_type=type)
        try:
            answer = await self._post("media", form, seconds)
        except _LostError:
            return self._later(outgoing, TROUBLE, "no connection")
        if answer.refusal is not None:
            return self._refused(outgoing, answer)
        id = answer.body.get("id")
        return id if isinstance(id, str) else self._later(outgoing, TROUBLE, "no id of the file")

    # --- films ---

    async def _film(self, outgoing: Outgoing, film: Video) -> Outcome:
        """A film that WhatsApp does not get is told in words that lead to it."""
        file = await asyncio.to_thread(self._films.file, outgoing.programme, film, CAPABILITIES.videos)
        outcome = await self._film_itself(outgoing, file) if file is not None else None
        if outcome is not None:
            return outcome
        words = await asyncio.to_thread(self._films.in_words, outgoing.programme, outgoing.reply)
        return await self._say(outgoing, words)

    async def _film_itself(self, outgoing: Outgoing, file: FilmFile) -> Outcome | None:
        """The film by the id that it has at WhatsApp, else it goes up first. None if it may not."""
        id = await self._uploads.find(file.name)
        if id is not None:
            outcome = await self._film_by_id(outgoing, file, id)
            if outcome is not None:
                return outcome
        if outgoing.attempts > TRIES or self._uploads.is_refused(file.name):
            return None
        try:
            async with self._uploads.turn(file.name) as known:
                uploaded = known or await self._film_uploaded(outgoing, file)
        except BusyError:
            after = AGAIN_SECONDS * (1 + self._chance())
            return _outcome(outgoing, "retry", after=after, reason="The film goes up for others first.")
        if uploaded is None or isinstance(uploaded, Outcome):
            return uploaded
        outcome = await self._film_by_id(outgoing, file, uploaded)
        if outcome is None:
            self._uploads.refuse(file.name)
        return outcome

    async def _film_uploaded(self, outgoing: Outgoing, file: FilmFile) -> str | Outcome | None:
        """The id of a film, or what becomes of the message without; None if WhatsApp does not take the film."""
        content = await asyncio.to_thread(file.path.read_bytes)
        uploaded = await self._upload(outgoing, content, "video/mp4", UPLOAD_SECONDS)
        if isinstance(uploaded, str):
            await self._uploads.keep(file.name, uploaded)
            return uploaded
        if uploaded.state == "dead":
            self._uploads.refuse(file.name)
            return None
        return uploaded

    async def _film_by_id(self, outgoing: Outgoing, file: FilmFile, id: str) -> Outcome | None:
        """What became of a film by this id. None if WhatsApp does not take the id, which is then forgotten."""
        answer = await self._answer_to(outgoing, request.body_of(outgoing, media=id))
        if isinstance(answer, Outcome):
            return answer
        if answer.refusal is FAULT:
            await self._uploads.forget(file.name, id)
            return None
        return self._answered(outgoing, answer)

    # --- outside the 24 hours ---

    async def _invite(self, outgoing: Outgoing) -> Outcome:
        """Outside the 24 hours: an approved message in her language, or the message waits."""
        template = _in_language(self._templates, outgoing.reply.lang)
        if template is None:
            reason = f"{WINDOW.sentence} There is no template in her language ({outgoing.reply.lang})."
            return _outcome(outgoing, "waiting", reason=reason)
        if self._reached.get(outgoing.conversation, 0) > self._now() - DAY:
            reason = f"{WINDOW.sentence} She was invited by a template less than a day ago."
            return _outcome(outgoing, "waiting", reason=reason)
        if against := await asyncio.to_thread(self._why_not, *template):
            reason = f"{WINDOW.sentence} The message that would invite her may not be sent: {against}."
            return _outcome(outgoing, "waiting", reason=reason)
        outcome = await self._deliver(outgoing, request.template_body(outgoing, request.Template(*template)))
        if outcome.state in ("sent", "unknown"):
            self._reached[outgoing.conversation] = self._now()
            if len(self._reached) > MOST_REACHED:
                self._reached.popitem(last=False)
        return outcome

    # --- what went wrong ---

    def _refused(self, outgoing: Outgoing, answer: _Answer) -> Outcome:
        why = answer.refusal or TROUBLE
        if why.alarm:
            self._alarm(why, answer.code)
        if why.next == "retry":
            return self._later(outgoing, why, answer.code, answer.after)
        return _outcome(outgoing, why.next, reason=_reason(why, answer.code))

    def _later(self, outgoing: Outgoing, why: Refusal, code: str, asked: float = 0) -> Outcome:
        """Tries again after a time that doubles, with chance in it, and never before the platform allows."""
        doubled: float = min(SLOWEST, why.least * 2 ** min(outgoing.attempts, 20))
        after = max(why.least, self._chance() * doubled, asked)
        hold = max(why.least, asked) if why.hold else 0
        return _outcome(outgoing, "retry", after=after, hold=hold, reason=_reason(why, code))

    def _alarm(self, why: Refusal, code: str) -> None:
        """Tells the operator, at most once an hour for each reason."""
        if self._alarmed.get(code, 0) > self._now() - HOUR:
            return
        self._alarmed[code] = self._now()
        log.error("The account %s: %s", self.account.id, _reason(why, code))

    # --- requests ---

    async def _post(
        self, what: str, body: Mapping[str, Any] | aiohttp.FormData, seconds: float | None = None
    ) -> _Answer:
        """One request. Raises _LostError without anything of the request in it: that holds our token."""
        sent = _Sent()
        data = body if isinstance(body, aiohttp.FormData) else orjson.dumps(body)
        try:
            async with self._line().post(
                f"{self.account.api_url.rstrip('/')}/{VERSION}/{self.account.phone_id}/{what}",
                data=data,
                headers={} if isinstance(body, aiohttp.FormData) else {"content-type": "application/json"},
                timeout=aiohttp.ClientTimeout(seconds or self._answer_seconds, sock_connect=CONNECT_SECONDS),
                allow_redirects=False,  # nobody else gets the token
                trace_request_ctx=sent,
            ) as response:
                return _Answer(response.status, _object(await response.read()), _asked(response))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            raise _LostError(in_doubt=sent.body) from None

    def _line(self) -> aiohttp.ClientSession:
        """Connections that are kept; made in the loop that sends."""
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_chunk_sent.append(_body_is_sent)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=256, keepalive_timeout=IDLE_SECONDS),
                headers={"authorization": f"Bearer {self.account.token}"},
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[trace],
            )
        return self._session


async def _body_is_sent(_: aiohttp.ClientSession, context: Any, __: Any) -> None:
    context.trace_request_ctx.body = True


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = orjson.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _asked(response: aiohttp.ClientResponse) -> float:
    asked = response.headers.get("retry-after", "")
    return float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0


def _message_id(body: Mapping[str, Any]) -> str | None:
    match body:
        case {"messages": [{"id": str(id)}, *_]}:
            return id
    return None


def _in_language(texts: Mapping[str, _T], language: str) -> _T | None:
    """What there is in this language, or in the one it is a form of: never in another."""
    tags = (*chain(language), language.partition("-")[0])
    return next((texts[tag] for tag in tags if tag in texts), None)


def _reason(why: Refusal, code: str) -> str:
    return f"{why.name} ({code}): {why.sentence}"


def _outcome(outgoing: Outgoing, state: Any, **facts: Any) -> Outcome:
    return Outcome(
        outgoing.programme, outgoing.conversation, outgoing.place, state, attempt=outgoing.attempts, **facts
    )
