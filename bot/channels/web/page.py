"""The page with the chat: the conversation so far as HTML, with a form that works without any script.

`static/chat.js` takes the same markup over in the browser; what is built here and what is built there
look the same and carry the same classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import orjson
from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, select_autoescape

from content.words import direction
from flows.version import Version

STATIC_PATH = "/web/static"  # where the routes serve the folder `static`
MESSAGES_PATH = "/web/messages"
WORDS = "web/"  # where the keys of the page's own words begin
SHORTCUTS = ("back", "menu", "help")  # the flows that have a button below every question

# How a phone's keyboard opens for each kind of answer. Words are welcome everywhere ("menu", "about 12").
INPUT_MODES: Mapping[str, str] = MappingProxyType({"number": "decimal", "phone": "tel"})
AUTOCOMPLETE: Mapping[str, str] = MappingProxyType({"phone": "tel"})

LINK_SCHEMES = frozenset({"http", "https", "tel", "mailto"})

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PageWords:
    """The page's own words in one language.

    texts: by name, as in the section `page` of phrases.yaml. shortcuts: the words on the buttons below a
    question, which are what they say for her.
    """

    language: str
    texts: Mapping[str, str]
    shortcuts: tuple[str, ...]


def page_words(version: Version, language: str) -> PageWords:
    """The page's words as a version of a pack has them in a language."""
    words = version.words
    texts = {key.removeprefix(WORDS): words.of(key, language) for key in words.texts if key.startswith(WORDS)}
    shortcuts = (first_said(version, flow, language) for flow in SHORTCUTS)
    return PageWords(language, texts, tuple(filter(None, shortcuts)))


def first_said(version: Version, flow: str, language: str) -> str | None:
    """The first words that start a flow: their button leads there in every language. None if none do."""
    if not version.words.has(f"{flow}/said"):
        return None
    phrases = [phrase.strip() for phrase in version.words.of(f"{flow}/said", language).split("|")]
    first = next((phrase for phrase in phrases if not phrase.startswith("/")), None)
    return first and first[:1].upper() + first[1:]


def render_page(
    messages: Sequence[Message],
    words: PageWords,
    *,
    client_msg_id: str,
    token: str,
    query: str = "",
    events_path: str | None = None,
) -> str:
    """The whole page. `messages` have the form that GET /web/messages answers.

    client_msg_id, token: hidden in the form for those without script; a form post carries them with
        exactly one of `choice`, `choices` (repeated) and `text`.
    query: what belongs behind our addresses, so that they lead to this conversation: "?e=pe".
    events_path: where server-sent events say that something new is there; None where there are none.
    """
    return (
        _environment()
        .get_template("page.html")
        .render(
            messages=messages,
            question=open_question(messages),
            last=messages[-1]["id"] if messages else "",
            language=words.language,
            direction=direction(words.language),
            client_msg_id=client_msg_id,
            token=token,
            say=lambda name, **parts: filled(words.texts[name], parts),
            words_json=orjson.dumps(words.texts).decode(),
            shortcut_words=words.shortcuts,
            events_path=events_path and events_path + query,
            static=STATIC_PATH,
            length_of=length_of,
            size_of=size_of,
            home=f"/{query}",
            messages_path=MESSAGES_PATH + query,
            input_modes=INPUT_MODES,
            autocomplete=AUTOCOMPLETE,
        )
    )


def open_question(messages: Sequence[Message]) -> Message | None:
    """The question that still waits for an answer: our last one, unless the person has spoken since."""
    for message in reversed(messages):
        if message["from"] == "person":
            return None
        if message.get("expects"):
            return message
    return None


def safe_link(url: str) -> str | None:
    """The address if a press on it may lead there: the web, a phone number, mail, or a path of ours."""
    if any(ord(sign) <= 32 for sign in url):
        return None
    parts = urlsplit(url)
    if parts.scheme:
        return url if parts.scheme.lower() in LINK_SCHEMES else None
    return _own_path(url)


def safe_source(url: str) -> str | None:
    """The address if a picture or film may be loaded from it: a path of ours, or a PNG in the address itself."""
    return url if url.startswith("data:image/png;base64,") else _own_path(url)


def _own_path(url: str) -> str | None:
    """`//host` and `/\\host` would leave us, whatever they look like."""
    return url if url.startswith("/") and not url.startswith(("//", "/\\")) else None


def length_of(seconds: int) -> str:
    """How long a film is, in minutes and seconds: 64 -> "1:04"."""
    return f"{seconds // 60}:{seconds % 60:02}"


def size_of(size: int, language: str) -> str:
    """Bytes as megabytes with one decimal, as a language writes numbers: 612,000 -> "0.6", "0,6"."""
    megabytes = max(size / 1_000_000, 0.1)
    try:
        return format_decimal(megabytes, format="0.0", locale=Locale.parse(language, sep="-"))
    except (UnknownLocaleError, ValueError):
        return f"{megabytes:.1f}"


def filled(text: str, parts: Mapping[str, object]) -> str:
    """Not `str.format`: a slip in a translation must not break the page."""
    for name, value in parts.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bot.channels.web", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(safe_link=safe_link, safe_source=safe_source, type_of=expected_type)
    return environment


def expected_type(question: Message | None) -> str:
    """`one`, `many`, `number` …; empty where nothing is asked."""
    return str(question["expects"]["type"]) if question else ""
