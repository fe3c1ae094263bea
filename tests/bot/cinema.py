"""A film on the shelf of a deployment, and a link to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from bot.worker import microseconds
from films.shelf import FILES, BuiltFilm, Copy, FilmShelf, write_list
from pasito.deployment import Deployment
from store import tables as t
from store.links import make_link

CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:03.000\nShow what you sell.\n"
FILM = BuiltFilm(
    film="V05",
    language="en",
    title="A catalogue on your phone",
    seconds=64,
    transcript=("Ana sells bread.", "She takes one photo a day."),
    made_of="0" * 64,
)
COPIES = {"large": b"large" * 1000, "small": b"small" * 100, "poster": b"\xff\xd8jpeg", "captions": CAPTIONS}


def show(
    shelf: FilmShelf, *, copies: Mapping[str, bytes] = COPIES, programme: str = "base", **more: Any
) -> BuiltFilm:
    """Puts a film on the shelf with these copies; further arguments are what it has else."""
    folder = shelf.folder / FILES
    folder.mkdir(parents=True, exist_ok=True)
    film = replace(FILM, **more)
    for part, content in copies.items():
        name = f"{film.film}.{film.language}.{part}"
        (folder / name).write_bytes(content)
        film = replace(film, **{part: Copy(name, len(content))})
    write_list(shelf.list_path(programme, film.language), [film])
    return film


def link(here: Deployment, conversation: str, **more: Any) -> str:
    """The token of a link to the film for a conversation."""
    wanted = {
        "programme": "base",
        "what": "film",
        "film": "V05",
        "language": "en",
        "small": False,
        "now": microseconds(),
    } | more
    return here.writer.call(lambda tx: make_link(tx, conversation=conversation, **wanted)).result()


def conversation_of(here: Deployment) -> str:
    """The conversation that began last."""
    with here.database.read() as tx:
        columns = t.conversation.c
        found: str | None = tx.execute(
            select(columns.id).order_by(columns.created_at.desc()).limit(1)
        ).scalar()
    assert found
    return found


def seen(here: Deployment) -> list[dict[str, Any]]:
    """What conversations were told of films, in order."""
    with here.database.read() as tx:
        columns = t.inbox.c
        rows = tx.execute(select(columns.body).where(columns.kind == "event").order_by(columns.seq)).scalars()
        return [row["data"] for row in rows if row]
