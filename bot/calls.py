"""What calls can be made, and how: each takes its arguments outside any transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.papers.addresses import Paper, paper_path
from bot.pictures import render_png
from bot.player.copies import can_be_watched
from bot.worker import CallMaker, microseconds
from content.change_picture import change_svg
from content.progress_picture import progress_svg
from content.radar import radar_svg, steps_svg
from content.svg_text import Direction
from content.words import direction
from films.shelf import FilmShelf
from store import drafts, merging, pictures, stories
from store.calls import Calling
from store.links import make_link
from store.writer import Writer


def call_makers(writer: Writer, films: FilmShelf, public_url: str) -> dict[str, CallMaker]:
    """The calls this deployment can make, by name. public_url: where people reach our pages; may be empty."""
    return {
        "picture": lambda calling: _picture(writer, calling),
        "film": lambda calling: _film(writer, films, calling),
        "paper": lambda calling: _paper(writer, public_url, calling),
        # Asks for another turn: what changed hands in the last one is loaded with it.
        "reload": lambda _: True,
        "make_code": lambda calling: _make_code(writer, calling),
        "take_code": lambda calling: _take_code(writer, calling),
        "keep_story": lambda calling: writer.call(
            lambda tx: stories.keep_story(tx, calling, microseconds())
        ).result(),
        "withdraw_story": lambda calling: writer.call(
            lambda tx: stories.withdraw(tx, calling.programme, calling.conversation)
        ).result(),
    }


def _picture(writer: Writer, calling: Calling) -> str:
    """Draws a result and keeps the picture; gives back its id."""
    png = render_png(drawing(calling.call.arguments))
    kept = writer.call(
        lambda tx: pictures.keep_picture(tx, calling.programme, calling.conversation, png, microseconds())
    )
    return kept.result()


def _film(writer: Writer, films: FilmShelf, calling: Calling) -> dict[str, Any] | None:
    """A link to a film in the first of her languages that has it, and what watching it costs.

    None if there is no such film. bytes and small_bytes are 0 where nobody knows.
    """
    wanted, programme, conversation = calling.call.arguments, calling.programme, calling.conversation
    found = films.find(drafts.pack_of(programme), wanted["film"], wanted["languages"])
    if found is None or not can_be_watched(films, found):
        return None
    film, language, small = found.film, found.language, bool(wanted["small"])
    token = writer.call(
        lambda tx: make_link(
            tx, programme, conversation, "film", language, microseconds(), film=film, small=small
        )
    )
    return {
        "token": token.result(),
        "language": language,
        "title": found.title,
        "seconds": found.seconds,
        "bytes": found.large.bytes if found.large else 0,
        "small_bytes": found.small.bytes if found.small else 0,
        "address": found.address,
    }


def _paper(writer: Writer, public_url: str, calling: Calling) -> dict[str, Any] | None:
    """A link to a paper, as her channel can open it. None if nobody gets from there to our pages.

    On our page it is a path, as people come there by many names.
    """
    on_page = calling.account == "web"
    if not on_page and not public_url:
        return None
    wanted, programme, conversation = calling.call.arguments, calling.programme, calling.conversation
    paper: Paper = wanted["paper"]
    token = writer.call(
        lambda tx: make_link(tx, programme, conversation, paper, wanted["language"], microseconds())
    )
    return {"url": ("" if on_page else public_url) + paper_path(paper, token.result())}


def _make_code(writer: Writer, calling: Calling) -> str:
    """A code that joins another conversation to this person."""
    programme, conversation = calling.programme, calling.conversation
    made = writer.call(lambda tx: merging.make_code(tx, programme, conversation, microseconds()))
    return made.result()


def _take_code(writer: Writer, calling: Calling) -> bool:
    """Whether the code was good; then this conversation belongs to the person who made it."""
    programme, conversation = calling.programme, calling.conversation
    code = str(calling.call.arguments["code"])
    taken = writer.call(lambda tx: merging.redeem(tx, programme, conversation, code, microseconds()))
    return taken.result()


def drawing(arguments: Mapping[str, Any]) -> str:
    """The SVG of a result (a net of nine sides, or a path of steps), of a change, or of a package."""
    way: Direction = "rtl" if direction(arguments["language"]) == "rtl" else "ltr"
    title = arguments["title"]
    match arguments["kind"]:
        case "net":
            values = [(name, score) for name, score in arguments["values"]]
            return radar_svg(
                values,
                title=title,
                levels=arguments["names"],
                not_measured=arguments["not_measured"],
                direction=way,
            )
        case "change":
            changes = [(name, before, after) for name, before, after in arguments["values"]]
            overall = arguments["overall"]
            return change_svg(
                changes,
                (overall[0], overall[1]) if overall else None,
                title=title,
                before=arguments["before"],
                after=arguments["after"],
                direction=way,
            )
        case "package":
            items = [(name, state) for name, state in arguments["items"]]
            return progress_svg(items, title=title, done=arguments["done"], direction=way)
        case _:
            place, names, here = arguments["place"], arguments["names"], arguments["here"]
            return steps_svg(place, names, title=title, here=here, direction=way)
