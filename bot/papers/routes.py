"""The addresses of papers.

GET /g/{token}, GET /p/{token}[?group=1]: somebody's guidebook and training plan.
GET /guide?e=pe&lang=es-PE: the guidebook for everybody. HEAD answers like GET and counts nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib import resources

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from bot.door import Door
from bot.papers.addresses import PATHS, PUBLIC, Paper
from bot.papers.page import Look, Missing, render_guide, render_missing, render_plan
from bot.player.previews import is_person
from bot.player.seen import SeenPages
from bot.shelf import Shelf
from bot.spoken import readable, spoken
from bot.worker import microseconds
from content.languages import nearest
from flows.version import Version
from store.errors import WriterBusyError, WriterStoppedError
from store.events import local_day
from store.links import Expired, Link, find_link
from store.lookups import business_of
from store.turns import count

READ = ["GET", "HEAD"]
HERS = {"cache-control": "private, no-store", "x-robots-tag": "noindex"}
PUBLIC_HEADERS = {"cache-control": "no-cache"}
STATUS: dict[Missing, int] = {"expired": 410, "unknown": 404}
OPENED = "guide_opened"  # the name of the count that knows no person


class Papers:
    """The papers of a deployment: hers for whoever has a link, and the guidebook for everybody."""

    def __init__(self, door: Door, packs: Shelf, programmes: Sequence[str]) -> None:
        """programmes: those whose guidebook is public; the first one's words are for links that lead nowhere."""
        self.door = door
        self.packs = packs
        self.programmes = programmes
        self.seen = SeenPages(door)

    # --- hers ---

    async def hers(self, request: Request, paper: Paper, token: str, *, group: bool = False) -> Response:
        """The paper behind a token, or a page that says why there is none."""
        found = await asyncio.to_thread(self._find, paper, token)
        link = found.link if isinstance(found, Expired) else found
        version, language = await asyncio.to_thread(spoken, self.packs, self.programmes, link, request)
        look = Look(version, language, back=_chat_of(link))
        if not isinstance(found, Link):
            why: Missing = "expired" if isinstance(found, Expired) else "unknown"
            return HTMLResponse(render_missing(why, paper, look), STATUS[why], HERS)
        html = await asyncio.to_thread(self._html, look, found, group)
        await self._count(request, found)
        return HTMLResponse(html, headers=HERS)

    def _find(self, paper: Paper, token: str) -> Link | Expired | None:
        with self.door.database.read() as tx:
            return find_link(tx, token, [paper], microseconds())

    def _html(self, look: Look, link: Link, group: bool) -> str:
        if link.what == "guide":
            return render_guide(look)
        with self.door.database.read() as tx:
            business = business_of(tx, link.programme, link.conversation)
        return render_plan(look, business, group=group)

    async def _count(self, request: Request, link: Link) -> None:
        """Counting never stands in the way of reading."""
        if not _is_opened(request):
            return
        try:
            await self.seen.paper(link)
        except (WriterBusyError, WriterStoppedError):
            return

    # --- everybody's ---

    async def public(self, request: Request, wanted: str, language: str) -> Response:
        """The guidebook of a programme, the first one for a name that is not here."""
        programme = wanted if wanted in self.programmes else self.programmes[0]
        version = (await asyncio.to_thread(self.packs.versions, programme))[0].live
        spoken_there = nearest(language, version.pack.languages) if language else None
        look = Look(version, spoken_there or readable(version, request), public=True)
        html = await asyncio.to_thread(render_guide, look)
        await self._count_public(request, programme, version)
        return HTMLResponse(html, headers=PUBLIC_HEADERS)

    async def _count_public(self, request: Request, programme: str, version: Version) -> None:
        """One opening of this day, of nobody."""
        if not _is_opened(request):
            return
        tally = (programme, local_day(microseconds(), version.pack.zone), OPENED)
        try:
            await asyncio.wrap_future(self.door.writer.call(lambda tx: count(tx, {tally: 1})))
        except (WriterBusyError, WriterStoppedError):
            return


def router(papers: Papers) -> APIRouter:
    """The routes of papers."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route(PATHS["guide"] + "/{token}", methods=READ)
    async def guide(request: Request, token: str) -> Response:
        return await papers.hers(request, "guide", token)

    @routes.api_route(PATHS["plan"] + "/{token}", methods=READ)
    async def plan(request: Request, token: str, group: str = "") -> Response:
        return await papers.hers(request, "plan", token, group=group == "1")

    @routes.api_route(PUBLIC, methods=READ)
    async def public(request: Request, e: str = "", lang: str = "") -> Response:
        return await papers.public(request, e, lang)

    return routes


def static_files() -> StaticFiles:
    """The styles of papers."""
    return StaticFiles(directory=str(resources.files("bot.papers") / "static"))


def _is_opened(request: Request) -> bool:
    return request.method != "HEAD" and is_person(request.headers)


def _chat_of(link: Link | None) -> str | None:
    """Her chat, if it is on our page."""
    return f"/?e={link.programme}" if link is not None and link.account == "web" else None
