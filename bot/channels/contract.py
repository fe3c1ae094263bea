"""What every channel has in common: its capabilities as data, and choices as lines of text.

Core code asks `capabilities.buttons`; it never asks which platform it is on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.channels.accounts import ChannelAccount
from bot.channels.delivery import Courtesy
from bot.player.addresses import film_path
from flows.values import ChoiceShown, Reply, Video
from store.outbox import Outcome, Outgoing

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can show. Lengths in characters; 0 means the platform has no such thing.

    rows: lines of a list, the line that leads to more included.
    pulls: it fetches its messages, so that nobody has to send them.
    caption: characters below an image or a film. videos: bytes of the largest film that it shows by
    itself; a larger one is a link. asks: characters of a text with buttons or a list.
    joins: neighbouring texts of one answer become one message, as the platform paces us.
    """

    name: str
    text: int
    buttons: int
    button_label: int
    rows: int
    row_label: int
    row_description: int
    images: bool
    pulls: bool
    caption: int = 0
    videos: int = 0
    asks: int = 0
    joins: bool = False


class Client(Protocol):
    """An account's line to its platform. It lives in one event loop; failures are values, never raised."""

    account: ChannelAccount

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Sends one message: a reply that `parts_for` made fits into one."""
        ...

    async def show(self, courtesy: Courtesy) -> None:
        """Answers a press, marks as read, shows that we write; best effort."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Page:
    """The choices that are shown now. `more` leads to the next page, or back to the first."""

    choices: tuple[ChoiceShown, ...]
    first: int
    more: ChoiceShown | None


def page_of(reply: Reply, rows: int) -> Page:
    """The choices of a reply that fit into `rows` lines; longer lists page by themselves."""
    choices = reply.choices
    if not rows or len(choices) <= rows or reply.more is None:
        return Page(choices, 0, None)
    size = rows - 1
    pages = -(-len(choices) // size)
    page = reply.page % pages
    number = reply.more.value.partition(":")[0]
    more = ChoiceShown(f"{number}:+{(page + 1) % pages}", reply.more.label)
    return Page(choices[page * size : (page + 1) * size], page * size, more)


def numbered(reply: Reply) -> list[str]:
    """The choices as lines to be answered by typing: "1. Yes"; letters where numbers mean numbers."""
    return [f"{_sign(reply, place)}. {choice.label}" for place, choice in enumerate(reply.choices)]


def _sign(reply: Reply, place: int) -> str:
    return LETTERS[place] if reply.lettered and place < len(LETTERS) else str(place + 1)


def as_text(reply: Reply) -> str:
    """A reply for a channel that has nothing but text."""
    lines: list[str] = []
    if reply.progress:
        lines.append(f"[{reply.progress.words}]")
    lines.append(reply.text)
    lines += numbered(reply)
    if reply.link:
        lines.append(f"{reply.link.label}: {reply.link.url}")
    if reply.image:
        lines.append(reply.image.alt)
    if reply.video:
        lines.append(_film(reply.video))
    return "\n".join(line for line in lines if line)


def _film(film: Video) -> str:
    """Length and size stand before the address: "What to sell (64 s, 0.6 MB): /v/…"."""
    facts = [f"{film.seconds} s"]
    if film.bytes:
        facts.append(f"{max(film.bytes / 1_000_000, 0.1):.1f} MB")
    return f"{film.title} ({', '.join(facts)}): {film_path(film.url)}"
