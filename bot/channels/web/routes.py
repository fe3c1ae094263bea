"""The web chat's addresses: the page, the messages, news, pictures.

Every answer of a browser is accepted durably before it is acknowledged, and answered within the
same request where that takes less than five seconds.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.datastructures import FormData
from starlette.staticfiles import StaticFiles

from access.problems import ApiProblem
from access.same_site import refuse_other_sites
from bot.channels.web.accepted import accepted
from bot.channels.web.cookies import YEAR, Cookies
from bot.channels.web.drafts import Drafts
from bot.channels.web.messages import PICTURES, Message, messages_of
from bot.channels.web.page import MESSAGES_PATH, STATIC_PATH, PageWords, page_words, render_page
from bot.door import Door, clean
from bot.shelf import Shelf
from bot.worker import microseconds
from content.languages import nearest
from flows import meetings
from flows.values import Inbound
from flows.version import Version
from store import lookups, outbox, pictures
from store.inbox import Accepted, Address, Arrival

EVENTS_PATH = "/web/events"
HEARTBEAT_SECONDS = 20.0
MOST_CHOICES = 50
CAMPAIGN = 40  # characters
DAY = 86_400_000_000  # microseconds
UNKNOWN = "This page does not know you yet. Load it again."
PRIVATE = {"cache-control": "private, no-store"}

MessageId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Posted(BaseModel):
    """What a browser sends: an id of its own, and exactly one of text, choice and choices."""

    model_config = ConfigDict(extra="forbid", strict=True)

    client_msg_id: MessageId
    text: str | None = None
    choice: Annotated[str, StringConstraints(max_length=100)] | None = None
    choices: list[Annotated[str, StringConstraints(max_length=100)]] | None = None

    def inbound(self, token: str) -> Inbound | None:
        """As an inbound; None when it says nothing, or two things at once."""
        given = [name for name in ("text", "choice", "choices") if getattr(self, name) is not None]
        if len(given) != 1 or (self.choices is not None and not 0 < len(self.choices) <= MOST_CHOICES):
            return None
        return Inbound(
            key=f"{token}:{self.client_msg_id}",
            text=clean(self.text or ""),
            choice=clean(self.choice) if self.choice is not None else None,
            choices=tuple(clean(choice) for choice in self.choices or ()),
            seed=secrets.token_hex(16),
        )


@dataclass(frozen=True, slots=True)
class Guest:
    """A browser at a programme: it holds one conversation with each programme whose page it opens."""

    programme: str
    token: str


class Web:
    """The web chat of a deployment: whoever has a cookie of ours has a conversation."""

    def __init__(self, door: Door, shelf: Shelf, cookies: Cookies, programmes: Sequence[str]) -> None:
        """programmes: those that can be chosen; the first is for who chooses none."""
        self.door = door
        self.shelf = shelf
        self.cookies = cookies
        self.programmes = programmes
        self.drafts = Drafts(door.database, microseconds)
        self.account = "web"

    # --- who, and where ---

    def guest(self, request: Request, wanted: str) -> Guest | None:
        """Whose request this is; None for a stranger, and at a programme that is not here (any more).

        wanted: the programme that the address names; without one it is where she was last.
        """
        known = self.cookies.read(request.cookies)
        if known is None or (wanted and not self._is_here(wanted)):
            return None
        return Guest(self._programme(wanted or known[1]), known[0])

    def guest_or_stranger(self, request: Request, wanted: str) -> Guest:
        """Whose request this is; a stranger is given a token, and a programme that is not here is the first."""
        token, last = self.cookies.read(request.cookies) or (self.cookies.new_token(), "")
        return Guest(self._programme(wanted or last), token)

    def _programme(self, wanted: str) -> str:
        return wanted if self._is_here(wanted) else self.programmes[0]

    def _is_here(self, programme: str) -> bool:
        return programme in self.programmes or programme in self.drafts

    def query(self, programme: str) -> str:
        """What belongs behind the addresses of a page, so that all it does happens in its programme.

        The cookie would not do: it knows the page that was opened last, and she may have two open.
        """
        return f"?e={programme}" if len(self.programmes) > 1 or programme in self.drafts else ""

    def address(self, token: str) -> Address:
        return Address("web", token)

    async def conversation_of(self, guest: Guest) -> str | None:
        def look() -> str | None:
            with self.door.database.read() as tx:
                return lookups.whereabouts(tx, guest.programme, self.account, self.address(guest.token))

        return await asyncio.to_thread(look)

    async def welcome(self, guest: Guest, languages: Sequence[str], campaign: str = "") -> str:
        """Her conversation; for a new one it is begun, so that the page never begins empty.

        languages: those she may read, the surest first. A campaign that is an invitation (to a meeting)
        reaches somebody we know, too, once a day: the page may be loaded again as often as she likes.
        """
        conversation = await self.conversation_of(guest)
        campaign = clean(campaign)[:CAMPAIGN]
        invited = bool(campaign) and await asyncio.to_thread(self._is_invitation, guest.programme, campaign)
        if conversation is not None and not invited:
            return conversation
        language = await asyncio.to_thread(self._language, guest.programme, languages)
        told = {"language": language, "campaign": campaign}
        data = {name: value for name, value in told.items() if value}
        once = f":{campaign}:{microseconds() // DAY}" if invited else ""
        inbound = Inbound(f"{guest.token}:start{once}", "start", seed=secrets.token_hex(16), data=data)
        accepted = await self.accept(guest, inbound)
        assert accepted.conversation  # an arrival with an address always has one
        await self.door.settled(guest.programme, accepted.conversation, accepted.seq)
        return accepted.conversation

    async def accept(self, guest: Guest, inbound: Inbound) -> Accepted:
        return await self.door.accept(
            Arrival(
                guest.programme, self.account, inbound, microseconds(), self.address(guest.token),
                is_test=guest.programme in self.drafts,
            )
        )  # fmt: skip

    # --- in which words ---

    def _live(self, programme: str) -> Version:
        return self.shelf.versions(programme)[0].live

    def _is_invitation(self, programme: str, campaign: str) -> bool:
        return meetings.invitation(self._live(programme), campaign) is not None

    def _language(self, programme: str, languages: Sequence[str]) -> str | None:
        """The language of the pack that comes nearest to one of these; None if it has none of them."""
        offered = self._live(programme).pack.languages
        return next((found for tag in languages if (found := nearest(tag, offered))), None)

    async def words(self, programme: str, messages: Sequence[Message], languages: Sequence[str]) -> PageWords:
        """The page's own words in the language of the conversation, else in one she may read."""
        spoken = next((message["lang"] for message in reversed(messages) if "lang" in message), None)

        def look() -> PageWords:
            live = self._live(programme)
            language = spoken or self._language(programme, languages) or live.pack.languages[0]
            return page_words(live, language)

        return await asyncio.to_thread(look)

    # --- what was said ---

    async def messages(self, programme: str, conversation: str, after: int = 0) -> tuple[list[Message], int]:
        def look() -> tuple[list[Message], int]:
            with self.door.database.read() as tx:
                lines, cursor = outbox.history(tx, programme, conversation, now=microseconds())
            return messages_of(lines, self.query(programme)), max(cursor, after)

        messages, cursor = await asyncio.to_thread(look)
        return [message for message in messages if int(message["id"]) > after], cursor

    async def answer(self, guest: Guest, posted: Posted) -> tuple[list[Message], int, bool]:
        """What followed this message, until she spoke again; the flag says whether that is all."""
        inbound = posted.inbound(guest.token)
        if inbound is None:
            raise ApiProblem(422, "Send exactly one of text, choice and choices.")
        accepted = await self.accept(guest, inbound)
        if not accepted.same:
            raise ApiProblem(409, "This client_msg_id was used before, for another message.")
        assert accepted.conversation  # an arrival with an address always has one
        done = await self.door.settled(guest.programme, accepted.conversation, accepted.seq)
        if not done:
            return [], 0, False
        place = await self._place(guest.programme, accepted)
        messages, _ = await self.messages(guest.programme, accepted.conversation, place - 1)
        mine = _until_she_speaks(messages)
        return mine, int(mine[-1]["id"]) if mine else place, True

    async def _place(self, programme: str, accepted: Accepted) -> int:
        def look() -> int:
            with self.door.database.read() as tx:
                return lookups.place_of(tx, programme, accepted.conversation or "", accepted.seq)

        return await asyncio.to_thread(look)


def _until_she_speaks(messages: list[Message]) -> list[Message]:
    """Her message and our replies to it, without what came later."""
    later = (place for place, message in enumerate(messages) if place and message["from"] == "person")
    return messages[: next(later, len(messages))]


def router(web: Web) -> APIRouter:
    """The web chat's routes. Errors are problem+json."""
    routes = APIRouter()

    @routes.get("/", include_in_schema=False)
    async def page(request: Request, e: str = "", lang: str = "", c: str = "") -> Response:
        await web.drafts.look(e)
        guest = web.guest_or_stranger(request, e)
        languages = [lang, *_languages_of(request)]
        conversation = await web.welcome(guest, languages, c)
        messages, _ = await web.messages(guest.programme, conversation)
        words = await web.words(guest.programme, messages, languages)
        return _with_cookie(web, guest, _page(web, guest, messages, words))

    @routes.get(MESSAGES_PATH, include_in_schema=False)
    async def look(request: Request, e: str = "", after: int = 0) -> Response:
        await web.drafts.look(e)
        guest = web.guest_or_stranger(request, e)
        conversation = await web.welcome(guest, _languages_of(request))
        messages, cursor = await web.messages(guest.programme, conversation, max(0, after))
        answer = _json({"messages": messages, "cursor": str(cursor)})
        # Only opening a page says where she was last; one that lies open in the background asks, too.
        return answer if web.guest(request, "") else _with_cookie(web, guest, answer)

    @routes.post(MESSAGES_PATH, include_in_schema=False)
    async def post(request: Request, e: str = "") -> Response:
        await web.drafts.look(e)
        refuse_other_sites(request)
        guest = web.guest(request, e)
        if guest is None:
            raise ApiProblem(403, UNKNOWN)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            return await _from_script(web, guest, await request.body())
        if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
            return await _from_form(web, guest, await request.form(max_fields=MOST_CHOICES + 4, max_files=0))
        raise ApiProblem(415, "Send application/json, or a form.")

    @routes.get(EVENTS_PATH, include_in_schema=False)
    async def events(request: Request, e: str = "") -> Response:
        await web.drafts.look(e)
        guest = web.guest(request, e)
        conversation = await web.conversation_of(guest) if guest else None
        if guest is None or conversation is None:
            raise ApiProblem(403, UNKNOWN)
        last = request.headers.get("last-event-id", "")
        stream = _news(web, request, guest.programme, conversation, int(last) if last.isdecimal() else None)
        return StreamingResponse(stream, media_type="text/event-stream", headers=PRIVATE)

    @routes.get(PICTURES + "/{id}", include_in_schema=False)
    async def picture(request: Request, id: str, e: str = "") -> Response:
        await web.drafts.look(e)
        guest = web.guest(request, e)
        conversation = await web.conversation_of(guest) if guest else None

        def look() -> bytes | None:
            if guest is None or conversation is None:
                return None
            with web.door.database.read() as tx:
                return pictures.picture(tx, guest.programme, conversation, id, microseconds())

        png = await asyncio.to_thread(look)
        if png is None:
            raise ApiProblem(404, "There is no such picture, or its day is over.")
        return Response(png, media_type="image/png", headers=PRIVATE)

    return routes


def static_files() -> StaticFiles:
    """The page's own script, styles and mark."""
    return StaticFiles(directory=str(resources.files("bot.channels.web") / "static"))


async def _from_script(web: Web, guest: Guest, body: bytes) -> Response:
    try:
        posted = Posted.model_validate_json(body)
    except ValidationError as error:
        errors = [{"at": "/".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
        raise ApiProblem(
            422, "The message does not have the form this address takes.", errors=errors
        ) from None
    messages, cursor, done = await web.answer(guest, posted)
    return _json({"messages": messages, "cursor": str(cursor)}, 200 if done else 202)


async def _from_form(web: Web, guest: Guest, form: FormData) -> Response:
    """A press in a browser without script: the same effect, then the page again."""
    if not web.cookies.form_is_ours(guest.token, str(form.get("token", ""))):
        raise ApiProblem(403, "This form is too old. Load the page again.")
    given: dict[str, Any] = {"client_msg_id": str(form.get("client_msg_id", ""))}
    if "choice" in form:
        given["choice"] = str(form["choice"])
    elif "choices" in form:
        given["choices"] = [str(choice) for choice in form.getlist("choices")]
    else:
        given["text"] = str(form.get("text", ""))
    try:
        posted = Posted.model_validate(given)
    except ValidationError:
        raise ApiProblem(422, "The form is not complete. Load the page again.") from None
    await web.answer(guest, posted)
    return RedirectResponse(f"/{web.query(guest.programme)}", 303)


async def _news(
    web: Web, request: Request, programme: str, conversation: str, last: int | None
) -> AsyncIterator[bytes]:
    """Says when there is something new to fetch. It reads rows, never memory, so nothing is missed."""
    if last is None:
        _, last = await web.messages(programme, conversation)
    while not await request.is_disconnected():
        _, cursor = await web.messages(programme, conversation, last)
        if cursor > last:
            last = cursor
            yield f"id: {cursor}\ndata: {cursor}\n\n".encode()
        else:
            yield b": still here\n\n"
        await web.door.news(conversation, HEARTBEAT_SECONDS)


def _languages_of(request: Request) -> list[str]:
    return accepted(request.headers.get("accept-language", ""))


def _page(web: Web, guest: Guest, messages: list[Message], words: PageWords) -> HTMLResponse:
    html = render_page(
        messages,
        words,
        client_msg_id=secrets.token_hex(16),
        token=web.cookies.form_token(guest.token),
        query=web.query(guest.programme),
        events_path=EVENTS_PATH,
    )
    return HTMLResponse(html, headers=PRIVATE)


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, PRIVATE, "application/json")


def _with_cookie(web: Web, guest: Guest, response: Response) -> Response:
    response.set_cookie(
        web.cookies.name,
        web.cookies.made(guest.token, guest.programme),
        max_age=YEAR,
        path="/",
        secure=web.cookies.secure,
        httponly=True,
        samesite="lax",
    )
    return response


__all__ = ["STATIC_PATH", "Posted", "Web", "router", "static_files"]
