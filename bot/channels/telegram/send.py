"""From a reply to the request that shows it on Telegram. Pure.

Plain text without any parse mode: what an author wrote is what is read. Choices are buttons below
the message, one in a row; labels too long for a button stand in the text, and the buttons carry
their numbers. What Telegram would refuse as a button stands in the text, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.channels.contract import Page, numbered, page_of
from bot.channels.films import is_ours
from bot.channels.telegram.capabilities import CAPABILITIES, VALUE_BYTES
from flows.values import ChoiceShown, Reply, Video

Json = dict[str, Any]
Row = list[dict[str, str]]

PICTURE = "picture:"
# How large our films are shown; for little data half as large. Telegram shows a film in a wrong shape without it.
LARGE = (720, 900)
SMALL = (360, 450)
# Two or three short answers stand side by side: fewer characters in all than one row of a small phone has.
SIDE_BY_SIDE = 3
SIDE_BY_SIDE_CHARACTERS = 18


@dataclass(frozen=True, slots=True)
class Message:
    """One request. picture: the id of a picture of ours that has to be uploaded with it as `photo`.

    film: a film of ours that belongs into it as `video`, uploaded or by an id that Telegram gave it before.
    """

    method: str
    body: Json
    picture: str | None = None
    film: Video | None = None


def message_of(reply: Reply, chat: str) -> Message:
    """The request that shows a reply to a chat."""
    if is_ours(reply):
        return _film(reply, chat)
    lines, rows = _choices(reply)
    if not _fits_button(reply):
        lines += _addresses(reply)
    else:
        rows += _links(reply)
    before = [f"[{reply.progress.words}]"] if reply.progress else []
    words = "\n".join(line for line in (*before, reply.text, *lines) if line)
    body: Json = {"chat_id": chat}
    if rows:
        body["reply_markup"] = {"inline_keyboard": rows}
    if reply.image is None:
        # Nobody's few megabytes are spent on a preview she did not ask for.
        shown = {"text": words or _name(reply), "link_preview_options": {"is_disabled": True}}
        return Message("sendMessage", body | shown)
    if words:
        body["caption"] = words
    if reply.image.url.startswith(PICTURE):
        return Message("sendPhoto", body, reply.image.url.removeprefix(PICTURE))
    return Message("sendPhoto", body | {"photo": reply.image.url})


def _film(reply: Reply, chat: str) -> Message:
    """A film of ours below nothing but its words: what is asked about it comes after it."""
    assert reply.video
    width, height = SMALL if reply.video.small else LARGE
    body = {
        "chat_id": chat,
        "caption": reply.text or reply.video.title,
        "duration": reply.video.seconds,
        "width": width,
        "height": height,
        "supports_streaming": True,  # it begins before all of it is there
    }
    return Message("sendVideo", body, film=reply.video)


def _fits_button(reply: Reply) -> bool:
    """Whether all addresses of a reply may stand behind a button: Telegram takes only public ones."""
    return all(_is_public(part.url) for part in (reply.link, reply.video) if part)


def _is_public(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and "." in (parts.hostname or "")
    except ValueError:
        return False


def _links(reply: Reply) -> list[Row]:
    rows: list[Row] = []
    if reply.link:
        rows.append([{"text": reply.link.label, "url": reply.link.url}])
    if reply.video:
        rows.append([{"text": f"▶ {reply.video.title}", "url": reply.video.url}])
    return rows


def _addresses(reply: Reply) -> list[str]:
    lines = [f"{reply.link.label}: {reply.link.url}"] if reply.link else []
    return lines + ([f"{reply.video.title}: {reply.video.url}"] if reply.video else [])


def _name(reply: Reply) -> str:
    """What stands for a reply without words: Telegram sends no empty message."""
    named = (reply.link.label if reply.link else "", reply.video.title if reply.video else "")
    return next((name for name in named if name), "…")


# --- choices -------------------------------------------------------------------------------------------------


def _choices(reply: Reply) -> tuple[list[str], list[Row]]:
    """The lines of the choices in the text, and the rows of their buttons."""
    if not reply.choices:
        return [], []
    page = page_of(reply, CAPABILITIES.rows)
    if not _can_press(reply, page):
        return numbered(reply), []
    more = [[_button(page.more.label, page.more)]] if page.more else []
    if all(len(choice.label) <= CAPABILITIES.button_label for choice in page.choices):
        buttons = [_button(choice.label, choice) for choice in page.choices]
        return [], _rows(buttons, alone=not more) + more
    lines = numbered(reply)[page.first : page.first + len(page.choices)]
    buttons = [
        _button(_short(line, choice), choice) for line, choice in zip(lines, page.choices, strict=True)
    ]
    return lines, _rows(buttons, alone=not more) + more


def _can_press(reply: Reply, page: Page) -> bool:
    """A press is one answer at once, so several are typed; and a button carries 64 bytes."""
    values = [choice.value for choice in page.choices] + ([page.more.value] if page.more else [])
    return (
        reply.expects != "many"
        and len(values) <= CAPABILITIES.buttons
        and all(0 < len(value.encode()) <= VALUE_BYTES for value in values)
    )


def _short(line: str, choice: ChoiceShown) -> str:
    """ "2. My group" for "2. For a group or cooperative that I belong to"; else "2"."""
    if len(line) <= CAPABILITIES.button_label:
        return line
    sign, dot, _ = line.partition(". ")
    return f"{sign}{dot}{choice.short}" if choice.short else sign


def _button(text: str, choice: ChoiceShown) -> dict[str, str]:
    return {"text": text, "callback_data": choice.value}


def _rows(buttons: Row, *, alone: bool) -> list[Row]:
    short = sum(len(button["text"]) for button in buttons) <= SIDE_BY_SIDE_CHARACTERS
    if alone and short and len(buttons) <= SIDE_BY_SIDE:
        return [buttons]
    return [[button] for button in buttons]
