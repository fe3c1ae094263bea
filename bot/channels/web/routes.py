"""The web chat's addresses: the page, the messages, news, pictures.

Every answer of a browser is accepted durably before it is acknowledged, and answered within the
same request where that takes less than five seconds.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from importlib import resources
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.datastructures import FormData
from starlette.staticfiles import StaticFiles

from access.problems import ApiProblem
from bot.channels.web.cookies import YEAR, Cookies
from bot.channels.web.messages import PICTURES, Message, messages_of
from bot.channels.web.page import MESSAGES_PATH, STATIC_PATH, render_page
from bot.door import Door, clean
from bot.worker import microseconds
from content.words import direction
from flows.values import Inbound
from store import lookups, outbox, pictures
from store.inbox import Accepted, Address, Arrival

EVENTS_PATH = "/web/events"
HEARTBEAT_SECONDS = 20.0
MOST_CHOICES = 50
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


class Web:
    """The web chat of one account: whoever has a cookie of ours has a conversation."""

    def __init__(self, door: Door, cookies: Cookies, *, programme: str, languages: Mapping[str, Any]) -> None:
        self.door = door
        self.cookies = cookies
        self.programme = programme
        self.account = "web"
        self.languages = languages

    # --- who ---

    def token_of(self, request: Request) -> str | None:
        return self.cookies.token(request.cookies.get(self.cookies.name))

    def address(self, token: str) -> Address:
        return Address("web", token)

    async def conversation_of(self, token: str) -> str | None:
        def look() -> str | None:
            with self.door.database.read() as tx:
                return lookups.whereabouts(tx, self.programme, self.account, self.address(token))

        return await asyncio.to_thread(look)

    async def welcome(self, token: str, asked: Mapping[str, str]) -> str:
        """Her conversation; for a new cookie it is begun, so that the page never begins empty."""
        conversation = await self.conversation_of(token)
        if conversation is not None:
            return conversation
        data = {name: clean(asked[name])[:40] for name in ("language", "campaign") if asked.get(name)}
        accepted = await self.accept(
            token, Inbound(f"{token}:start", "start", seed=secrets.token_hex(16), data=data)
        )
        assert accepted.conversation  # an arrival with an address always has one
        await self.door.settled(self.programme, accepted.conversation, accepted.seq)
        return accepted.conversation

    async def accept(self, token: str, inbound: Inbound) -> Accepted:
        return await self.door.accept(
            Arrival(self.programme, self.account, inbound, microseconds(), self.address(token))
        )

    # --- what was said ---

    async def messages(self, conversation: str, after: int = 0) -> tuple[list[Message], int]:
        def look() -> tuple[list[Message], int]:
            with self.door.database.read() as tx:
                lines, cursor = outbox.history(tx, self.programme, conversation, now=microseconds())
            return messages_of(lines), max(cursor, after)

        messages, cursor = await asyncio.to_thread(look)
        return [message for message in messages if int(message["id"]) > after], cursor

    async def answer(self, token: str, posted: Posted) -> tuple[list[Message], int, bool]:
        """What followed this message, until she spoke again; the flag says whether that is all."""
        inbound = posted.inbound(token)
        if inbound is None:
            raise ApiProblem(422, "Send exactly one of text, choice and choices.")
        accepted = await self.accept(token, inbound)
        if not accepted.same:
            raise ApiProblem(409, "This client_msg_id was used before, for another message.")
        assert accepted.conversation  # an arrival with an address always has one
        done = await self.door.settled(self.programme, accepted.conversation, accepted.seq)
        if not done:
            return [], 0, False
        place = await self._place(accepted)
        messages, _ = await self.messages(accepted.conversation, place - 1)
        mine = _until_she_speaks(messages)
        return mine, int(mine[-1]["id"]) if mine else place, True

    async def _place(self, accepted: Accepted) -> int:
        def look() -> int:
            with self.door.database.read() as tx:
                return lookups.place_of(tx, self.programme, accepted.conversation or "", accepted.seq)

        return await asyncio.to_thread(look)


def _until_she_speaks(messages: list[Message]) -> list[Message]:
    """Her message and our replies to it, without what came later."""
    later = (place for place, message in enumerate(messages) if place and message["from"] == "person")
    return messages[: next(later, len(messages))]


def router(web: Web) -> APIRouter:
    """The web chat's routes. Errors are problem+json."""
    routes = APIRouter()

    @routes.get("/", include_in_schema=False)
    async def page(request: Request, lang: str = "", c: str = "") -> Response:
        cookie, token = web.cookies.of(request.cookies)
        conversation = await web.welcome(token, {"language": lang, "campaign": c})
        messages, _ = await web.messages(conversation)
        return _with_cookie(web, cookie, _page(web, token, messages, lang))

    @routes.get(MESSAGES_PATH, include_in_schema=False)
    async def look(request: Request, after: int = 0) -> Response:
        cookie, token = web.cookies.of(request.cookies)
        conversation = await web.welcome(token, {})
        messages, cursor = await web.messages(conversation, max(0, after))
        return _with_cookie(web, cookie, _json({"messages": messages, "cursor": str(cursor)}))

    @routes.post(MESSAGES_PATH, include_in_schema=False)
    async def post(request: Request) -> Response:
        _same_site(request)
        token = web.token_of(request)
        if token is None:
            raise ApiProblem(403, "This page does not know you yet. Load it again.")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            return await _from_script(web, token, await request.body())
        if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
            return await _from_form(web, token, await request.form(max_fields=MOST_CHOICES + 4, max_files=0))
        raise ApiProblem(415, "Send application/json, or a form.")

    @routes.get(EVENTS_PATH, include_in_schema=False)
    async def events(request: Request) -> Response:
        token = web.token_of(request)
        conversation = await web.conversation_of(token) if token else None
        if conversation is None:
            raise ApiProblem(403, "This page does not know you yet. Load it again.")
        last = request.headers.get("last-event-id", "")
        stream = _news(web, request, conversation, int(last) if last.isdecimal() else None)
        return StreamingResponse(stream, media_type="text/event-stream", headers=PRIVATE)

    @routes.get(PICTURES + "/{id}", include_in_schema=False)
    async def picture(request: Request, id: str) -> Response:
        token = web.token_of(request)
        conversation = await web.conversation_of(token) if token else None

        def look() -> bytes | None:
            with web.door.database.read() as tx:
                return pictures.picture(tx, web.programme, conversation or "", id, microseconds())

        png = await asyncio.to_thread(look)
        if png is None:
            raise ApiProblem(404, "There is no such picture, or its day is over.")
        return Response(png, media_type="image/png", headers=PRIVATE)

    return routes


def static_files() -> StaticFiles:
    """The page's own script, styles and mark."""
    return StaticFiles(directory=str(resources.files("bot.channels.web") / "static"))


async def _from_script(web: Web, token: str, body: bytes) -> Response:
    try:
        posted = Posted.model_validate_json(body)
    except ValidationError as error:
        errors = [{"at": "/".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
        raise ApiProblem(
            422, "The message does not have the form this address takes.", errors=errors
        ) from None
    messages, cursor, done = await web.answer(token, posted)
    return _json({"messages": messages, "cursor": str(cursor)}, 200 if done else 202)


async def _from_form(web: Web, token: str, form: FormData) -> Response:
    """A press in a browser without script: the same effect, then the page again."""
    if not web.cookies.form_is_ours(token, str(form.get("token", ""))):
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
    await web.answer(token, posted)
    return RedirectResponse("/", 303)


def _same_site(request: Request) -> None:
    """Browsers say where a request comes from; another site may not speak in her name."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ApiProblem(403, "This request comes from another page.")


async def _news(web: Web, request: Request, conversation: str, last: int | None) -> AsyncIterator[bytes]:
    """Says when there is something new to fetch. It reads rows, never memory, so nothing is missed."""
    if last is None:
        _, last = await web.messages(conversation)
    while not await request.is_disconnected():
        _, cursor = await web.messages(conversation, last)
        if cursor > last:
            last = cursor
            yield f"id: {cursor}\ndata: {cursor}\n\n".encode()
        else:
            yield b": still here\n\n"
        await web.door.news(conversation, HEARTBEAT_SECONDS)


def _page(web: Web, token: str, messages: list[Message], wanted: str) -> HTMLResponse:
    language = next((m["lang"] for m in reversed(messages) if "lang" in m), wanted or "en")
    html = render_page(
        messages,
        language=language,
        direction=direction(language),
        client_msg_id=secrets.token_hex(16),
        token=web.cookies.form_token(token),
        strings=web.languages.get(language, {}),
        events_path=EVENTS_PATH,
    )
    return HTMLResponse(html, headers=PRIVATE)


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, PRIVATE, "application/json")


def _with_cookie(web: Web, cookie: str, response: Response) -> Response:
    response.set_cookie(
        web.cookies.name,
        cookie,
        max_age=YEAR,
        path="/",
        secure=web.cookies.secure,
        httponly=True,
        samesite="lax",
    )
    return response


__all__ = ["STATIC_PATH", "Posted", "Web", "router", "static_files"]
