"""From the lines of a talk to the messages of the web chat's contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.channels.contract import Capabilities
from bot.player.addresses import film_path
from content.words import direction
from flows.values import Inbound, Reply
from store.outbox import Line

PICTURES = "/web/pictures"

CAPABILITIES = Capabilities(
    name="web", text=0, buttons=0, button_label=0, rows=0, row_label=0, row_description=0,
    images=True, pulls=True,
)  # fmt: skip

Message = dict[str, Any]


def messages_of(lines: Sequence[Line], query: str = "") -> list[Message]:
    """What a browser is shown, in order: our replies, and what the person wrote or pressed.

    query: what belongs behind the addresses of our pictures.
    """
    shown: list[Message] = []
    labels: dict[str, str] = {}
    for line in lines:
        if isinstance(line.said, Reply):
            labels.update((choice.value, choice.label) for choice in line.said.choices)
            shown.append(_ours(line.place, line.said, query))
        elif line.said.kind == "message":
            shown.append(_hers(line.place, line.said, labels))
    return shown


def _ours(place: int, reply: Reply, query: str) -> Message:
    message: Message = {
        "id": str(place),
        "from": "bot",
        "kind": reply.kind,
        "text": reply.text,
        "lang": reply.lang,
        "dir": direction(reply.lang),
    }
    if reply.expects:
        message["expects"] = {"type": reply.expects}
    if reply.choices:
        message["choices"] = [{"value": choice.value, "label": choice.label} for choice in reply.choices]
    if reply.progress:
        message["progress"] = {"done": reply.progress.place, "total": reply.progress.count}
    if reply.link:
        message["link"] = {"label": reply.link.label, "url": reply.link.url}
    if reply.image:
        url = reply.image.url
        if url.startswith("picture:"):
            url = f"{PICTURES}/{url.removeprefix('picture:')}{query}"
        message["image"] = {"url": url, "alt": reply.image.alt}
    if reply.video:
        film = reply.video
        message["video"] = {
            "url": film_path(film.url), "title": film.title, "seconds": film.seconds, "bytes": film.bytes
        }  # fmt: skip
    return message


def _hers(place: int, inbound: Inbound, labels: dict[str, str]) -> Message:
    """Her own words. A button that was pressed reads as its label."""
    pressed = inbound.choices or ((inbound.choice,) if inbound.choice is not None else ())
    text = ", ".join(labels.get(value, value.partition(":")[2]) for value in pressed) or inbound.text
    return {"id": str(place), "from": "person", "kind": "text", "text": text}
