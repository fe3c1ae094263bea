"""A browser, and a small server that speaks the web chat's contract from a script and counts what arrives."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from access.headers import CONTENT_SECURITY_POLICY
from bot.channels.web import page as web_page
from content.problems import Report
from content.sources import base_sources
from flows.compiler import compile_pack
from flows.version import Version

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STATIC = Path(web_page.__file__).parent / "static"

Json = dict[str, Any]


@dataclass
class FakeChat:
    """One conversation. Each accepted answer leads to the next turn of the script, whatever it says."""

    turns: list[list[Json]]
    language: str = "en"
    query: str = ""  # what the page puts behind its addresses
    events: bool = False  # tells by server-sent events that something new is there
    slow: bool = False  # answers 202 and has the reply ready at the second look
    status: int | None = None  # refuse the next post with this status
    transcript: list[Json] = field(default_factory=list)
    answered: dict[str, tuple[Json, Json]] = field(default_factory=dict)
    effects: list[Json] = field(default_factory=list)
    posts: list[Json] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    looks: int = 0
    held_back: list[Json] = field(default_factory=list)
    address: str = ""

    def __post_init__(self) -> None:
        self.say(self.turns.pop(0))

    def say(self, messages: list[Json]) -> list[Json]:
        said = [{"id": f"m{len(self.transcript) + n}", **message} for n, message in enumerate(messages)]
        self.transcript += said
        return said

    def accept(self, client_msg_id: str, body: Json) -> tuple[int, Json]:
        self.posts.append({"client_msg_id": client_msg_id, **body})
        if self.status:
            status, self.status = self.status, None
            return status, {"type": "about:blank", "title": "Scripted", "status": status}
        if client_msg_id in self.answered:
            first, answer = self.answered[client_msg_id]
            return (200, answer) if first == body else (409, {"title": "Conflict", "status": 409})
        self.effects.append(body)
        said = body.get("text") or self._label(body)
        new = self.say([{"from": "person", "kind": "text", "text": said, "lang": "en", "dir": "ltr"}])
        reply = self.turns.pop(0) if self.turns else [bot("That is all for today.")]
        if self.slow:
            self.held_back, self.looks = reply, 0
            return 202, {"messages": [], "cursor": self.transcript[-2]["id"]}
        new += self.say(reply)
        answer = {"messages": new, "cursor": new[-1]["id"]}
        self.answered[client_msg_id] = (body, answer)
        return 200, answer

    def _label(self, body: Json) -> str:
        wanted = body.get("choices") or [body.get("choice")]
        shown = [c for m in self.transcript for c in m.get("choices", ()) if c["value"] in wanted]
        return ", ".join(choice["label"] for choice in shown)

    def look(self, after: str | None) -> Json:
        self.looks += 1
        if self.held_back and self.looks >= 2:
            self.say(self.held_back)
            self.held_back = []
        ids = [message["id"] for message in self.transcript]
        new = self.transcript[ids.index(after) + 1 if after in ids else 0 :]
        return {"messages": new, "cursor": ids[-1] if ids else None}


def bot(
    text: str, *choices: tuple[str, str] | tuple[str, str, str], expects: str | None = None, **more: Any
) -> Json:
    """A message of ours; choices are (value, label) or (value, label, description)."""
    message: Json = {"from": "bot", "kind": "text", "text": text, "lang": "en", "dir": "ltr", **more}
    if expects or choices:
        message["expects"] = {"type": expects or "one"}
    if choices:
        keys = ("value", "label", "description")
        message["choices"] = [dict(zip(keys, choice, strict=False)) for choice in choices]
    return message


@cache
def _base() -> Version:
    version = compile_pack(base_sources(), Report())
    assert version is not None
    return version


def _app(chat: FakeChat) -> Starlette:
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}

    async def home(_: Request) -> Response:
        html = web_page.render_page(
            chat.transcript,
            web_page.page_words(_base(), chat.language),
            client_msg_id=f"form-{len(chat.transcript)}",
            token="scripted-token",
            query=chat.query,
            events_path="/web/events" if chat.events else None,
        )
        return HTMLResponse(html, headers=headers)

    async def look(request: Request) -> Response:
        chat.queries.append(dict(request.query_params))
        return JSONResponse(chat.look(request.query_params.get("after")))

    async def post(request: Request) -> Response:
        chat.queries.append(dict(request.query_params))
        if request.headers["content-type"].startswith("application/json"):
            body = await request.json()
            status, answer = chat.accept(body.pop("client_msg_id"), body)
            return JSONResponse(answer, status)
        form = await request.form()
        assert form["token"] == "scripted-token"
        given: Json = {key: str(form[key]) for key in ("text", "choice") if key in form}
        if "choices" in form:
            given["choices"] = [str(value) for value in form.getlist("choices")]
        chat.accept(str(form["client_msg_id"]), given)
        return RedirectResponse("/", 303)

    async def picture(_: Request) -> Response:
        return Response((STATIC / "mark.svg").read_bytes(), media_type="image/svg+xml")

    async def events(_: Request) -> Response:
        async def news() -> AsyncIterator[str]:
            told = len(chat.transcript)
            while True:
                await asyncio.sleep(0.05)
                if len(chat.transcript) > told:
                    told = len(chat.transcript)
                    yield f"id: {told}\ndata: {told}\n\n"
                else:
                    yield ": still here\n\n"

        return StreamingResponse(news(), media_type="text/event-stream")

    return Starlette(
        routes=[
            Route("/", home),
            Route("/web/messages", look, methods=["GET"]),
            Route("/web/messages", post, methods=["POST"]),
            Route("/web/events", events),
            Route("/pictures/{name}", picture),
            Mount("/web/static", StaticFiles(directory=STATIC)),
        ]
    )


@pytest.fixture
def serve() -> Iterator[Callable[[FakeChat], FakeChat]]:
    """Puts a scripted conversation on a free port of this machine."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(chat: FakeChat) -> FakeChat:
        listener = socket.create_server(("127.0.0.1", 0))
        chat.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(_app(chat), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        running.append((server, thread))
        return chat

    yield start
    for server, _ in running:
        server.should_exit = True
    for _, thread in running:
        thread.join(timeout=5)


# Per module, not per session: the sync API keeps an event loop running, which asynchronous tests of other
# modules would stumble over.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        reason = f"No browser at {CHROMIUM}."
        if os.environ.get("PASITO_REQUIRE_BROWSER") == "1":
            pytest.fail(f"{reason} PASITO_REQUIRE_BROWSER=1 asks for one.")
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a conversation in a browser of its own; keyword arguments go to the browser context."""
    contexts = []

    def open_it(chat: FakeChat, **how: Any) -> Page:
        context = browser.new_context(viewport=how.pop("viewport", {"width": 390, "height": 780}), **how)
        contexts.append(context)
        context.set_default_timeout(8000)
        page = context.new_page()
        page.goto(chat.address)
        return page

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture
def say() -> Callable[..., Json]:
    return bot


@pytest.fixture
def chat_of() -> type[FakeChat]:
    return FakeChat
