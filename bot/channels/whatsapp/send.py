"""From a reply to the body of one request: buttons, a list, a link button, a picture, or numbered text.

What does not fit into the nicer form becomes words; nothing is cut.
https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bot.channels.contract import numbered, page_of
from bot.channels.films import is_ours
from bot.channels.whatsapp import capabilities as can
from bot.channels.whatsapp.addresses import SCOPED
from flows.values import ChoiceShown, Link, Reply
from store.outbox import Outgoing

Json = dict[str, Any]

LIST_SIGN = "☰"  # what opens a list where nobody has given a word for it
DOCUMENTS = frozenset({".pdf"})


class Template(NamedTuple):
    """A message that WhatsApp has approved: its name, and the language code it was approved in."""

    name: str
    code: str


def body_of(outgoing: Outgoing, *, list_word: str = LIST_SIGN, media: str = "") -> Json:
    """The request that sends this reply.

    list_word: what stands on the button that opens a list. media: the id of the picture or the film, once uploaded.
    """
    return {**_addressed(outgoing), **content_of(outgoing.reply, list_word=list_word, media=media)}


def template_body(outgoing: Outgoing, template: Template) -> Json:
    """The request that sends an approved message in its place."""
    approved = {"name": template.name, "language": {"code": template.code}}
    return {**_addressed(outgoing), "type": "template", "template": approved}


def read_body(message: str) -> Json:
    """The request that marks her message as read, and shows her that we write."""
    return {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message,
        "typing_indicator": {"type": "text"},
    }


def content_of(reply: Reply, *, list_word: str = LIST_SIGN, media: str = "") -> Json:
    """What a request holds of the reply itself."""
    if reply.image:
        where = {"id": media} if media else {"link": reply.image.url}
        return _media("image", where, _words(reply, without="image"))
    if reply.video and is_ours(reply):
        return _media("video", {"id": media}, reply.text or reply.video.title)
    if reply.link and not reply.choices and _suffix(reply.link.url) in DOCUMENTS:
        name = PurePosixPath(urlsplit(reply.link.url).path).name
        return _media("document", {"link": reply.link.url, "filename": name}, _words(reply, without="link"))
    return _linked(reply) or _asking(reply, list_word) or _text(_words(reply))


def _addressed(outgoing: Outgoing) -> Json:
    whom = "recipient" if outgoing.address_kind == SCOPED else "to"
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        whom: outgoing.address,
        "biz_opaque_callback_data": outgoing.name[: can.CALLBACK_DATA],
    }


# --- with buttons --------------------------------------------------------------------------------------


def _linked(reply: Reply) -> Json | None:
    """A link button. WhatsApp has no message with a link button and others beside it."""
    if reply.link is None or reply.choices or reply.video:
        return None
    words = _words(reply, without="link")
    if not _fits(words, can.CAPABILITIES.asks) or not _is_button(reply.link):
        return None
    parameters = {"display_text": reply.link.label, "url": reply.link.url}
    return _interactive("cta_url", words, {"name": "cta_url", "parameters": parameters})


def _asking(reply: Reply, list_word: str) -> Json | None:
    """Buttons or a list, if the choices fit. Where several may be chosen, she writes their numbers."""
    words = _words(reply, without="choices")
    if not reply.choices or reply.expects == "many" or not _fits(words, can.CAPABILITIES.asks):
        return None
    return _buttons(reply, words) or _rows(reply, words, list_word)


def _buttons(reply: Reply, words: str) -> Json | None:
    titles = [_title(choice, can.CAPABILITIES.button_label) for choice in reply.choices]
    ids = [choice.value for choice in reply.choices]
    # Two buttons that read the same are refused: https://developers.facebook.com/docs/whatsapp/
    if len(titles) > can.CAPABILITIES.buttons or not all(titles) or len(set(titles)) < len(titles):
        return None
    if not all(_fits(id, can.BUTTON_ID) for id in ids):
        return None
    buttons = [
        {"type": "reply", "reply": {"id": id, "title": title}} for id, title in zip(ids, titles, strict=True)
    ]
    return _interactive("button", words, {"buttons": buttons})


def _rows(reply: Reply, words: str, list_word: str) -> Json | None:
    page = page_of(reply, can.CAPABILITIES.rows)
    shown = (*page.choices, page.more) if page.more else page.choices
    rows = [row for choice in shown if (row := _row(choice)) is not None]
    if len(rows) < len(shown) or len(rows) > can.CAPABILITIES.rows:
        return None
    button = list_word if _fits(list_word, can.BUTTON_TEXT) else LIST_SIGN
    return _interactive("list", words, {"button": button, "sections": [{"rows": rows}]})


def _row(choice: ChoiceShown) -> Json | None:
    """A line of a list: a short title, and the whole option below it where the title is shorter."""
    title = _title(choice, can.CAPABILITIES.row_label)
    if not title or not _fits(choice.value, can.ROW_ID):
        return None
    if title == choice.label:
        return {"id": choice.value, "title": title}
    if not _fits(choice.label, can.CAPABILITIES.row_description):
        return None
    return {"id": choice.value, "title": title, "description": choice.label}


def _title(choice: ChoiceShown, most: int) -> str:
    """The label if it fits, else its short form if that fits, else nothing."""
    return next((title for title in (choice.label, choice.short) if _fits(title, most)), "")


def _interactive(kind: str, words: str, action: Json) -> Json:
    return {
        "type": "interactive",
        "interactive": {"type": kind, "body": {"text": words}, "action": action},
    }


# --- without ---------------------------------------------------------------------------------------------


def _text(words: str) -> Json:
    return {"type": "text", "text": {"body": words, "preview_url": False}}


def _media(kind: str, where: Json, caption: str) -> Json:
    return {"type": kind, kind: {**where, "caption": caption} if caption else where}


def _words(reply: Reply, without: str = "") -> str:
    """The reply as words, but for what is shown in another way: choices, link or image."""
    lines = [f"[{reply.progress.words}]"] if reply.progress else []
    lines.append(reply.text)
    if reply.choices and without != "choices":
        lines += numbered(reply)
    if reply.link and without != "link":
        lines.append(f"{reply.link.label}: {reply.link.url}")
    if reply.video:
        lines.append(f"{reply.video.title}: {reply.video.url}")
    if reply.image and not any(lines):
        lines.append(reply.image.alt)
    return _joined(lines)


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line)


def _suffix(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).suffix.lower()


def _is_button(link: Link) -> bool:
    """A link button needs a short label, and an address with a name: numbers are refused."""
    parts = urlsplit(link.url)
    if not _fits(link.label, can.BUTTON_TEXT) or parts.scheme not in ("http", "https"):
        return False
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host
    return False


def _fits(text: str, most: int) -> bool:
    return 0 < len(text) <= most
