"""What calls can be made, and how: each takes its arguments outside any transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.pictures import render_png
from bot.worker import CallMaker, microseconds
from content.radar import Direction, radar_svg, steps_svg
from content.words import direction
from store import merging, pictures
from store.calls import Calling
from store.writer import Writer


def call_makers(writer: Writer) -> dict[str, CallMaker]:
    """The calls this deployment can make, by name."""
    return {
        "picture": lambda calling: _picture(writer, calling),
        # Asks for another turn: what changed hands in the last one is loaded with it.
        "reload": lambda _: True,
        "make_code": lambda calling: _make_code(writer, calling),
        "take_code": lambda calling: _take_code(writer, calling),
    }


def _picture(writer: Writer, calling: Calling) -> str:
    """Draws a result and keeps the picture; gives back its id."""
    png = render_png(drawing(calling.call.arguments))
    kept = writer.call(
        lambda tx: pictures.keep_picture(tx, calling.programme, calling.conversation, png, microseconds())
    )
    return kept.result()


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
    """The SVG of a result: a net of nine sides, or for a quick check a path of steps."""
    way: Direction = "rtl" if direction(arguments["language"]) == "rtl" else "ltr"
    if arguments["kind"] == "net":
        values = [(name, score) for name, score in arguments["values"]]
        return radar_svg(
            values,
            title=arguments["title"],
            levels=arguments["names"],
            not_measured=arguments["not_measured"],
            direction=way,
        )
    return steps_svg(
        arguments["place"], arguments["names"], title=arguments["title"], here=arguments["here"],
        direction=way,
    )  # fmt: skip
