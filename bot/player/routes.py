"""The addresses of a film's link: the page, its files, and what its player tells.

GET /v/{token} · GET /v/{token}/film.mp4[?small=1] · …/poster.jpg · …/captions.vtt · …/elsewhere ·
POST /v/{token}/seen. HEAD answers like GET and counts nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from starlette.staticfiles import StaticFiles

from access.problems import ApiProblem
from access.same_site import refuse_other_sites
from bot.door import Door
from bot.player.addresses import PLAYER
from bot.player.copies import Part, can_be_watched, files_of, site_of
from bot.player.page import (
    Missing,
    Playable,
    PlayerWords,
    Scenes,
    player_words,
    render_missing,
    render_player,
    scenes_of,
)
from bot.player.previews import is_person
from bot.player.seen import Seen, SeenPages
from bot.shelf import Shelf
from bot.spoken import spoken
from bot.worker import microseconds
from films.shelf import BuiltFilm, FilmShelf
from flows.version import Version
from store import drafts
from store.errors import WriterBusyError, WriterStoppedError
from store.links import Expired, Link, find_link

READ = ["GET", "HEAD"]
MOST_BYTES = 1_000  # of what a player tells
NO_INDEX = {"x-robots-tag": "noindex"}
PAGE_HEADERS = {"cache-control": "private, no-store", **NO_INDEX}
FILE_HEADERS = {"cache-control": "private, max-age=86400", **NO_INDEX}
STATUS: Mapping[Missing, int] = {"gone": 404, "expired": 410, "unknown": 404}
SENTENCES: Mapping[Missing, str] = {
    "gone": "This film is not here any more.",
    "expired": "This link is over.",
    "unknown": "This link does not lead to a film.",
}


class Told(BaseModel):
    """What a player says of the film that it plays."""

    model_config = ConfigDict(extra="forbid", strict=True)

    what: Literal["play", "progress", "end"]
    part: Literal[25, 50, 75, 100] | None = None
    small: bool = False

    @model_validator(mode="after")
    def _part_of_progress(self) -> Told:
        if (self.part is not None) != (self.what == "progress"):
            raise ValueError("`part` belongs to `progress`, and only there.")
        return self

    @property
    def seen(self) -> Seen:
        names: Mapping[str, Seen] = {"play": "played", "progress": "part", "end": "completed"}
        return names[self.what]


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a token led. Without `film` it led to nothing, and `missing` says why.

    link: None for a token of which nothing is known. files: of the film, those that are there.
    """

    link: Link | None
    film: BuiltFilm | None = None
    files: Mapping[Part, Path] | None = None
    missing: Missing = "unknown"


class Player:
    """The films of a deployment, and who may see them: whoever has a link."""

    def __init__(
        self, door: Door, packs: Shelf, films: FilmShelf, programmes: Sequence[str], public_url: str
    ) -> None:
        """programmes: the first one's words are for links that lead nowhere. public_url: may be empty."""
        self.door = door
        self.packs = packs
        self.films = films
        self.programmes = programmes
        self.public_url = public_url
        self.seen = SeenPages(door)

    # --- where a token leads ---

    async def visit(self, token: str) -> Visit:
        return await asyncio.to_thread(self._visit, token)

    def _visit(self, token: str) -> Visit:
        with self.door.database.read() as tx:
            found = find_link(tx, token, ["film"], microseconds())
        if found is None:
            return Visit(None)
        if isinstance(found, Expired):
            return Visit(found.link, missing="expired")
        film = self.films.find(drafts.pack_of(found.programme), found.film, [found.language])
        if film is None or not can_be_watched(self.films, film):
            return Visit(found, missing="gone")
        return Visit(found, film, files_of(self.films, film))

    async def watching(self, token: str) -> tuple[Link, BuiltFilm, Mapping[Part, Path]]:
        """A link whose film is here. Raises a problem for every other."""
        visit = await self.visit(token)
        if visit.link is None or visit.film is None or visit.files is None:
            raise ApiProblem(STATUS[visit.missing], SENTENCES[visit.missing], headers=NO_INDEX)
        return visit.link, visit.film, visit.files

    # --- what is shown ---

    async def page(self, request: Request, token: str, visit: Visit, show: str = "") -> Response:
        """The page for a visit. show: `small` or `large` once the button was pressed without script."""
        version, language = await asyncio.to_thread(spoken, self.packs, self.programmes, visit.link, request)
        words = player_words(version, language)
        back = _chat_of(visit.link)
        if visit.link is None or visit.film is None or visit.files is None:
            return self._missing_page(visit, version, words, back)
        playing = show in ("small", "large")
        wants_small = show == "small" if playing else visit.link.small or _saves_data(request)
        html = render_player(
            token,
            _playable(visit.film, visit.files),
            words,
            small="small" in visit.files and (wants_small or "large" not in visit.files),
            playing=playing,
            home=self.public_url or str(request.base_url).rstrip("/"),
            back=back,
        )
        return HTMLResponse(html, headers=PAGE_HEADERS)

    def _missing_page(self, visit: Visit, version: Version, words: PlayerWords, back: str | None) -> Response:
        scenes = scenes_of(version, visit.link.film, words.language) if visit.link else None
        html = render_missing(visit.missing, scenes, words, back=back)
        return HTMLResponse(html, STATUS[visit.missing], PAGE_HEADERS)

    # --- what is counted ---

    async def count(self, request: Request, link: Link, seen: Seen, *, small: bool) -> None:
        """Counts what a person did with a page. Counting never stands in the way of watching."""
        if request.method == "HEAD" or not is_person(request.headers):
            return
        try:
            await self.seen.film(link, seen, small=small)
        except (WriterBusyError, WriterStoppedError):
            return


def router(player: Player) -> APIRouter:
    """The player's routes. Errors are pages where a person looks, else problem+json."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route(PLAYER + "/{token}", methods=READ)
    async def page(request: Request, token: str, show: str = "") -> Response:
        visit = await player.visit(token)
        if visit.link is not None and visit.film is not None:
            await player.count(request, visit.link, "opened", small=visit.link.small)
        return await player.page(request, token, visit, show)

    @routes.api_route(PLAYER + "/{token}/film.mp4", methods=READ)
    async def film(token: str, small: str = "") -> Response:
        _, _, files = await player.watching(token)
        order: tuple[Part, Part] = ("small", "large") if small == "1" else ("large", "small")
        return _file(next((files[part] for part in order if part in files), None), "video/mp4")

    @routes.api_route(PLAYER + "/{token}/poster.jpg", methods=READ)
    async def poster(token: str) -> Response:
        _, _, files = await player.watching(token)
        return _file(files.get("poster"), "image/jpeg")

    @routes.api_route(PLAYER + "/{token}/captions.vtt", methods=READ)
    async def captions(token: str) -> Response:
        _, _, files = await player.watching(token)
        return _file(files.get("captions"), "text/vtt")

    @routes.api_route(PLAYER + "/{token}/elsewhere", methods=READ)
    async def elsewhere(request: Request, token: str) -> Response:
        """A press on the link to a film of another site. Nobody knows whether it is watched there."""
        link, built, _ = await player.watching(token)
        if site_of(built) is None or built.address is None:
            raise ApiProblem(404, SENTENCES["gone"], headers=NO_INDEX)
        await player.count(request, link, "opened", small=link.small)
        return RedirectResponse(built.address, 303, PAGE_HEADERS)

    @routes.post(PLAYER + "/{token}/seen")
    async def seen(request: Request, token: str) -> Response:
        refuse_other_sites(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        body = await _short_body(request)
        if kind == "application/json":
            return await _from_script(player, token, body)
        if kind == "application/x-www-form-urlencoded":
            return await _from_form(player, request, token, body)
        raise ApiProblem(415, "Send application/json, or a form.")

    return routes


def static_files() -> StaticFiles:
    """The page's own script and styles."""
    return StaticFiles(directory=str(resources.files("bot.player") / "static"))


async def _from_script(player: Player, token: str, body: bytes) -> Response:
    try:
        told = Told.model_validate_json(body)
    except ValidationError as error:
        errors = [{"at": "/".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
        raise ApiProblem(422, "This does not have the form that a player sends.", errors=errors) from None
    link, _, files = await player.watching(token)
    _refuse_elsewhere(files)
    await player.seen.film(link, told.seen, part=told.part or 0, small=told.small)
    return Response(status_code=204, headers=PAGE_HEADERS)


async def _from_form(player: Player, request: Request, token: str, body: bytes) -> Response:
    """The play button in a browser without script: it is counted, then the page shows the film."""
    given = parse_qs(body.decode("utf-8", "replace"))
    if given.get("what") != ["play"]:
        raise ApiProblem(422, "The form is not complete. Load the page again.")
    visit = await player.visit(token)
    if visit.link is None or visit.film is None or visit.files is None:
        return await player.page(request, token, visit)
    _refuse_elsewhere(visit.files)
    small = given.get("small") == ["1"]
    await player.count(request, visit.link, "played", small=small)
    return RedirectResponse(f"{PLAYER}/{token}?show={'small' if small else 'large'}", 303, PAGE_HEADERS)


def _refuse_elsewhere(files: Mapping[Part, Path]) -> None:
    """A film that another site shows is not played here, so nobody can say that it was."""
    if "large" not in files and "small" not in files:
        raise ApiProblem(404, "This film is not played here.", headers=NO_INDEX)


async def _short_body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise ApiProblem(413, f"The body is larger than {MOST_BYTES} bytes.")
    return body


def _file(path: Path | None, kind: str) -> Response:
    """A file, or the part of it that is asked for. Its name and place stay with us."""
    try:
        about = os.stat(path) if path else None
    except OSError:
        about = None
    if path is None or about is None:
        raise ApiProblem(404, "There is no such file.", headers=NO_INDEX)
    return FileResponse(path, media_type=kind, headers=FILE_HEADERS, stat_result=about)


def _saves_data(request: Request) -> bool:
    return request.headers.get("save-data", "").lower() == "on"


def _chat_of(link: Link | None) -> str | None:
    """Her chat, if it is on our page."""
    return f"/?e={link.programme}" if link is not None and link.account == "web" else None


def _playable(film: BuiltFilm, files: Mapping[Part, Path]) -> Playable:
    def size(part: Literal["large", "small"]) -> int | None:
        copy = getattr(film, part)
        return copy.bytes if part in files else None

    return Playable(
        Scenes(film.title, film.transcript),
        film.seconds,
        large=size("large"),
        small=size("small"),
        poster="poster" in files,
        captions="captions" in files,
        site=site_of(film),
    )
