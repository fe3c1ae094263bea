"""The page with a film: its picture, length and sizes, the film itself, and its words to read.

It works without script; `static/player.js` plays in place and tells how far somebody watched. Where
there is no film the page says so calmly, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from jinja2 import Environment, PackageLoader, select_autoescape

from bot.channels.web.page import STATIC_PATH as CHAT_STATIC
from bot.channels.web.page import filled, first_said, length_of, size_of
from bot.player.addresses import PLAYER, STATIC_PATH
from content.words import direction
from flows.version import Version

WORDS = "player/"  # where the keys of the page's own words begin
WAYS_ON = ("my_steps", "menu")  # flows that lead on from a film; the first that a pack has
SPEEDS = ("0.75", "1", "1.25", "1.5")

Missing = Literal["gone", "expired", "unknown"]


@dataclass(frozen=True, slots=True)
class PlayerWords:
    """The page's own words in one language. way_on: what she writes in the chat for her next step."""

    language: str
    texts: Mapping[str, str]
    name: str
    way_on: str | None


@dataclass(frozen=True, slots=True)
class Scenes:
    """A film as words: its title, and what is said, one paragraph a scene."""

    title: str
    paragraphs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Playable:
    """A film that can be watched. Sizes in bytes, None for a copy that is not there.

    site: where it is shown, if not here.
    """

    scenes: Scenes
    seconds: int
    large: int | None = None
    small: int | None = None
    poster: bool = False
    captions: bool = False
    site: str | None = None


def player_words(version: Version, language: str) -> PlayerWords:
    """The words as a version of a pack has them in a language."""
    words = version.words
    texts = {key.removeprefix(WORDS): words.of(key, language) for key in words.texts if key.startswith(WORDS)}
    said = (first_said(version, flow, language) for flow in WAYS_ON)
    return PlayerWords(language, texts, words.of("web/name", language), next(filter(None, said), None))


def scenes_of(version: Version, film: str, language: str) -> Scenes | None:
    """The words of a film as the pack has them; None if it has no such film any more."""
    known = version.pack.films.get(film)
    if known is None:
        return None
    numbers = range(1, known.scenes + 1)
    paragraphs = [version.words.of(f"films/{film}/scenes/{n}/words", language) for n in numbers]
    return Scenes(version.words.of(f"films/{film}/title", language), paragraphs)


def render_player(
    token: str,
    film: Playable,
    words: PlayerWords,
    *,
    small: bool,
    playing: bool,
    home: str,
    back: str | None,
) -> str:
    """The page of a film.

    small: the copy for little data is chosen. playing: the button was pressed in a browser without script.
    home: our address, for previews: https://pasito.example. back: where her chat is, if it is on the web.
    """
    return _rendered(
        "player.html", words, film.scenes, token=token, film=film, small=small, playing=playing, home=home,
        back=back, speeds=SPEEDS,
    )  # fmt: skip


def render_missing(why: Missing, scenes: Scenes | None, words: PlayerWords, *, back: str | None) -> str:
    """The page for a link that leads to no film, with the film's words if they are known."""
    return _rendered("missing.html", words, scenes, why=why, back=back)


def _rendered(template: str, words: PlayerWords, scenes: Scenes | None, **more: object) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            scenes=scenes,
            name=words.name,
            language=words.language,
            direction=direction(words.language),
            way_on=words.way_on,
            say=lambda name, **parts: filled(words.texts[f"player_{name}"], parts),
            length_of=length_of,
            size_of=size_of,
            base=PLAYER,
            static=STATIC_PATH,
            chat_static=CHAT_STATIC,
            **more,
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bot.player", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
