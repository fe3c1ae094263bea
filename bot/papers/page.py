"""The pages of papers: complete without script, and made to be printed on A4, also in black and white."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from jinja2 import Environment, PackageLoader, select_autoescape

from bot.channels.web.page import STATIC_PATH as CHAT_STATIC
from bot.channels.web.page import filled, first_said, safe_link
from bot.papers.addresses import STATIC_PATH, Paper
from bot.papers.guide import guide_of
from bot.papers.plan import plan_of
from content.words import direction
from flows.state import Business
from flows.version import Version

WAYS_ON = ("my_steps", "menu")  # flows that lead on from a paper; the first that a pack has
CHECKS = ("quick_check", "menu")  # and to first steps
FLOWS: dict[Paper, str] = {"guide": "guide", "plan": "training_plan"}  # where a new link is given
PARTICIPANTS = 12  # rows of the table for a group

Missing = Literal["expired", "unknown"]


@dataclass(frozen=True, slots=True)
class Look:
    """What frames a page. back: where her chat is, if it is on the web. public: it belongs to nobody."""

    version: Version
    language: str
    back: str | None = None
    public: bool = False


def render_guide(look: Look) -> str:
    """The guidebook."""
    guide = guide_of(look.version, look.language)
    return _rendered("guide.html", look, guide=guide, words=_words(look, WAYS_ON))


def render_plan(look: Look, business: Business | None, *, group: bool) -> str:
    """The training plan for a business; group: as somebody needs it who trains a group, with the same steps."""
    weeks = plan_of(look.version, business, look.language)
    if not weeks:
        return _rendered("no_plan.html", look, words=_words(look, CHECKS))
    template = "group.html" if group else "plan.html"
    return _rendered(template, look, weeks=weeks, words=_words(look, WAYS_ON), participants=PARTICIPANTS)


def render_missing(why: Missing, paper: Paper, look: Look) -> str:
    """The page for a link that leads nowhere any more, with the words that give a new one."""
    return _rendered("missing.html", look, why=why, words=_words(look, (FLOWS[paper],)))


def _words(look: Look, flows: tuple[str, ...]) -> str | None:
    """What people write in the chat to begin the first of these flows that the pack has."""
    return next(filter(None, (first_said(look.version, flow, look.language) for flow in flows)), None)


def _rendered(template: str, look: Look, **more: object) -> str:
    texts, language = look.version.words, look.language

    def say(name: str, /, **parts: object) -> str:
        return filled(texts.of(f"papers/paper_{name}", language), parts)

    return (
        _environment()
        .get_template(template)
        .render(
            say=say,
            name=texts.of("web/name", language),
            language=language,
            direction=direction(language),
            back=look.back,
            public=look.public,
            static=STATIC_PATH,
            chat_static=CHAT_STATIC,
            **more,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bot.papers", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(safe_link=safe_link)
    return environment
