"""From Telegram's updates to what we keep of them. Pure but for the seeds.

An update is read as the plain JSON it is. One that is not what Telegram promises stands beside the
others; kinds that are nothing to us, and whatever is said in groups and channels, are left alone.
See https://core.telegram.org/bots/api#update
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from bot.channels.accounts import ChannelAccount
from bot.channels.delivery import Courtesy, Delivery, Unreadable
from bot.channels.links import start_data
from bot.door import clean
from flows.values import Inbound, InboundKind
from store.inbox import Address, Arrival

Json = Mapping[str, Any]

CHOICE = 100  # characters that we keep of what a button carried; ours are shorter
LANGUAGE = 35  # characters of the longest language tag

# What a person can send instead of words. Anything else in a message is Telegram's own note
# (something was pinned, a timer was set): nobody waits for an answer to it.
MEDIA = {
    "photo": "photo",
    "voice": "voice",
    "sticker": "sticker",
    "location": "location",
    "venue": "location",
    "contact": "contact",
    "document": "file",
    "video": "file",
    "video_note": "file",
    "animation": "file",
    "audio": "file",
    "poll": "other",
    "dice": "other",
    "game": "other",
    "story": "other",
    "paid_media": "other",
    "checklist": "other",
}
EDITED = "edited"

_COMMAND = re.compile(r"^(/\w+)@\w+(?=\s|$)", re.ASCII)
_START = re.compile(r"/start(?:\s+(\S+))?\s*", re.ASCII)


class _UnreadableError(ValueError):
    """An update is not what Telegram promises. The message is for the operator and holds nothing of it."""


def read(updates: Iterable[Any], account: ChannelAccount, now: int) -> Delivery:
    """What is in these updates, in their order. now: microseconds UTC."""
    arrivals: list[Arrival] = []
    unreadable: list[Unreadable] = []
    courtesies: list[Courtesy] = []
    for update in updates:
        try:
            inbound, chat, courtesy = _read(update, account)
        except _UnreadableError as problem:
            unreadable.append(Unreadable(account.programme, account.id, _name(update), str(problem)))
            continue
        if courtesy is not None:
            courtesies.append(courtesy)
        if inbound is not None:
            address = Address("telegram", str(chat))
            arrivals.append(Arrival(account.programme, account.id, inbound, now, address))
    return Delivery(tuple(arrivals), (), tuple(unreadable), tuple(courtesies))


def update_id(update: Any) -> int | None:
    """The number that tells Telegram how far we have read."""
    id = update.get("update_id") if isinstance(update, dict) else None
    return id if isinstance(id, int) and _is_id(id) else None


_Read = tuple[Inbound | None, int, Courtesy | None]
_NOTHING: _Read = (None, 0, None)


def _read(update: Any, account: ChannelAccount) -> _Read:
    if not isinstance(update, dict):
        raise _UnreadableError("an update is not an object")
    for kind in ("message", "edited_message", "callback_query", "my_chat_member"):
        found = update.get(kind)
        if found is None:
            continue
        if not isinstance(found, dict):
            raise _UnreadableError(f"{kind} is not an object")
        if kind == "callback_query":
            return _pressed(found, account)
        if not _is_private(found):
            return _NOTHING
        if kind == "my_chat_member":
            return _blocked(found, update)
        return (_edited(found) if kind == "edited_message" else _written(found)), _chat(found), None
    return _NOTHING


# --- what she wrote ----------------------------------------------------------------------------------


def _written(message: Json) -> Inbound | None:
    key = f"m:{_chat(message)}:{_id(message, 'message_id')}:0"
    text, media = _words(message), _media(message)
    if media is None and not text:
        return None
    text = _COMMAND.sub(r"\1", text, count=1)
    start = _START.fullmatch(text)
    if start:
        return _inbound(key, "start", data=_language(message) | start_data(start[1] or ""))
    return _inbound(key, text=text, media=media)


def _edited(message: Json) -> Inbound | None:
    """She changed words that she had sent. We read them once: which question they are for now, nobody
    knows. So they come as something that is no answer, and the question that waits is asked again.

    A place that moves on the map is edited every few seconds, and nobody waits for an answer to that.
    """
    key = f"m:{_chat(message)}:{_id(message, 'message_id')}:{_id(message, 'edit_date')}"
    return _inbound(key, media=EDITED) if _words(message) else None


def _words(message: Json) -> str:
    """What she typed, alone or below a picture."""
    for name in ("text", "caption"):
        text = message.get(name)
        if text is None:
            continue
        if not isinstance(text, str):
            raise _UnreadableError(f"the {name} of a message is not text")
        return clean(text)
    return ""


def _media(message: Json) -> str | None:
    return next((kind for name, kind in MEDIA.items() if message.get(name) is not None), None)


def _language(message: Json) -> dict[str, str]:
    """The language of her Telegram, for a link that names none."""
    sender = message.get("from")
    tag = sender.get("language_code") if isinstance(sender, dict) else None
    return {"language": clean(tag)[:LANGUAGE]} if isinstance(tag, str) and tag else {}


# --- what she pressed, and whether she wants to hear from us --------------------------------------------


def _pressed(query: Json, account: ChannelAccount) -> _Read:
    """A press is always answered, or the button goes on turning; also on a message in a group."""
    id = query.get("id")
    if not isinstance(id, str) or not id:
        raise _UnreadableError("a callback query without an id")
    message, value = query.get("message"), query.get("data")
    if not isinstance(message, dict) or not isinstance(value, str) or not _is_private(message):
        return None, 0, Courtesy(account.id, "pressed", clean(id), "")
    chat, place = _chat(message), str(_id(message, "message_id"))
    choice = clean(value)[:CHOICE]
    return (
        _inbound(f"cb:{clean(id)}", choice=choice),
        chat,
        Courtesy(account.id, "pressed", clean(id), str(chat), place),
    )


def _blocked(change: Json, update: Json) -> _Read:
    """Who blocks the bot says: no more messages. It is the same as writing `stop`."""
    member = change.get("new_chat_member")
    status = member.get("status") if isinstance(member, dict) else None
    if status != "kicked":
        return _NOTHING
    number = update_id(update)
    if number is None:
        raise _UnreadableError("an update without a number")
    return _inbound(f"u:{number}", "command", data={"flow": "stop"}), _chat(change), None


# --- parts -----------------------------------------------------------------------------------------------


def _inbound(
    key: str,
    kind: InboundKind = "message",
    *,
    text: str = "",
    choice: str | None = None,
    media: str | None = None,
    data: Json | None = None,
) -> Inbound:
    return Inbound(
        key, kind, text=text, choice=choice, media=media, seed=secrets.token_hex(16), data=data or {}
    )


def _is_private(found: Json) -> bool:
    chat = found.get("chat")
    if not isinstance(chat, dict):
        raise _UnreadableError("a message without a chat")
    return chat.get("type") == "private"


def _chat(found: Json) -> int:
    return _id(found["chat"], "id")


def _id(found: Json, name: str) -> int:
    value = found.get(name)
    if not (isinstance(value, int) and _is_id(value)):
        raise _UnreadableError(f"{name} is not a number")
    return value


def _is_id(value: int) -> bool:
    """Telegram's numbers have at most 52 bits (https://core.telegram.org/bots/api#user)."""
    return not isinstance(value, bool) and abs(value) < 2**63


def _name(update: Any) -> str:
    """What an operator can call an update that cannot be read: its number, else a hash of it."""
    number = update_id(update)
    if number is not None:
        return f"u:{number}"
    return "h:" + hashlib.sha256(repr(update).encode(errors="replace")).hexdigest()[:32]
