"""The page with the chat: the conversation so far as HTML, with a form that works without any script.

`static/chat.js` takes the same markup over in the browser; what is built here and what is built there
look the same and carry the same classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import orjson
from jinja2 import Environment, PackageLoader, select_autoescape

STATIC_PATH = "/web/static"  # where the routes serve the folder `static`
MESSAGES_PATH = "/web/messages"


# All words of the page, in English. A pack translates them under the same keys.
STRINGS: Mapping[str, str] = MappingProxyType(
    {
        "web/about": "One small step at a time for your business, with your phone.",
        "web/conversation": "Conversation",
        "web/skip": "Go to the question",
        "web/you": "You:",
        "web/pasito": "Pasito:",
        "web/your_answer": "Your answer",
        "web/answers": "Possible answers",
        "web/type_here": "Write here",
        "web/send": "Send",
        "web/send_choices": "Send my choices",
        "web/choose_one": "Please tick at least one line, or write your answer.",
        "web/shortcuts": "Other ways",
        "web/back": "Back",
        "web/menu": "Menu",
        "web/help": "Help",
        "web/progress": "Question {done} of {total}",
        "web/sending": "Sending …",
        "web/kept": "Will be sent",
        "web/typing": "Pasito is writing …",
        "web/no_connection": "No connection. Your answer is safe here and will be sent.",
        "web/waiting": "This takes a little longer. Your answer has arrived.",
        "web/see_answer": "See the answer",
        "web/already_there": "That answer had already arrived.",
        "web/not_sent": "This could not be sent. Please try once more.",
        "web/load_again": "Please load this page again.",
        "web/play": "Play the film",
        "web/open_film": "Open the film",
        "web/open_picture": "Open the picture",
        "web/seconds": "{seconds} seconds",
        "web/megabytes": "{size} MB",
    }
)

# How a phone's keyboard opens for each kind of answer. Words are welcome everywhere ("menu", "about 12").
INPUT_MODES: Mapping[str, str] = MappingProxyType({"number": "decimal", "phone": "tel"})
AUTOCOMPLETE: Mapping[str, str] = MappingProxyType({"phone": "tel"})

LINK_SCHEMES = frozenset({"http", "https", "tel", "mailto"})

Message = Mapping[str, Any]


def render_page(
    messages: Sequence[Message],
    *,
    language: str,
    direction: str,
    client_msg_id: str,
    token: str,
    strings: Mapping[str, str] = STRINGS,
    events_path: str | None = None,
) -> str:
    """The whole page. `messages` have the form that GET /web/messages answers.

    direction: `ltr` or `rtl`.
    client_msg_id, token: hidden in the form for those without script; a form post carries them with
        exactly one of `choice`, `choices` (repeated) and `text`.
    strings: translations by key; what is missing is said in English.
    events_path: where server-sent events say that something new is there; None where there are none.
    """
    words = {**STRINGS, **strings}
    return (
        _environment()
        .get_template("page.html")
        .render(
            messages=messages,
            question=open_question(messages),
            last=messages[-1]["id"] if messages else "",
            language=language,
            direction=direction,
            client_msg_id=client_msg_id,
            token=token,
            say=lambda key, **parts: _filled(words[f"web/{key}"], parts),
            words_json=orjson.dumps({key.removeprefix("web/"): text for key, text in words.items()}).decode(),
            events_path=events_path,
            static=STATIC_PATH,
            messages_path=MESSAGES_PATH,
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


def _filled(text: str, parts: Mapping[str, object]) -> str:
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
