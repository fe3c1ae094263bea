"""`pasito preview`: one page with all that a pack says, as each channel shows it, to read, print and review.

The page is a single file: it asks no network, opens from a disk, and is readable without its script.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from bot.channels.contract import Capabilities, as_text, page_of
from bot.channels.parts import parts_for
from bot.channels.telegram.capabilities import CAPABILITIES as TELEGRAM
from bot.channels.telegram.send import message_of
from bot.channels.web.messages import CAPABILITIES as WEB
from bot.channels.web.messages import messages_of
from bot.channels.whatsapp.capabilities import BUTTON_TEXT
from bot.channels.whatsapp.capabilities import CAPABILITIES as WHATSAPP
from bot.channels.whatsapp.send import LIST_SIGN, content_of
from content import look
from content.films import SCENE_WORDS, word_count
from content.languages import language_name
from content.translations import is_list
from content.words import DESCRIPTION, LABEL, QUESTION, SHORT, chain, direction
from flows import preview as said
from flows.descriptions import NAMES, PLACEHOLDERS, describe, operation_words, view_words
from flows.manifest import WAYS
from flows.translating import PARTS, coverage
from flows.values import Reply
from flows.version import Version
from pasito.letters import SettingsError
from store.outbox import Line

GENERATOR = "Pasito preview"  # in the head of the page: only such a file is written over
HEAD = 2048  # bytes of a file in which that stands
PATIENCE = 1.0  # seconds before a bar shows how far it is

Json = dict[str, Any]


# --- one message on a screen ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """A button, or a line of a list. wide: how many parts of the row it takes up (1 of `wide`)."""

    label: str
    wide: int = 1
    about: str = ""
    leads: str = ""


@dataclass(frozen=True, slots=True)
class Bubble:
    """What one message looks like. opens: the button that opens a list; its lines are the keys then.

    picture, film: words for what is shown.
    """

    text: str
    lang: str
    keys: tuple[Key, ...] = ()
    opens: str = ""
    picture: str = ""
    film: str = ""
    progress: str = ""


def _on_telegram(reply: Reply, _: str) -> Bubble:
    body = message_of(reply, "").body
    rows = body.get("reply_markup", {}).get("inline_keyboard", [])
    keys = tuple(Key(key["text"], len(row), leads=key.get("url", "")) for row in rows for key in row)
    picture = reply.image.alt if reply.image else ""
    text: str = body.get("text") or body.get("caption", "")
    return Bubble(text, reply.lang, keys, picture=picture)


def _on_whatsapp(reply: Reply, list_word: str) -> Bubble:
    content = content_of(reply, list_word=list_word)
    kind: str = content["type"]
    if kind == "interactive":
        return _interactive(content["interactive"], reply.lang)
    if kind == "text":
        return Bubble(content["text"]["body"], reply.lang)
    return Bubble(
        content[kind].get("caption", ""),
        reply.lang,
        picture=reply.image.alt if reply.image else "",
        film=reply.video.title if reply.video else "",
    )


def _interactive(content: Json, lang: str) -> Bubble:
    """Reply buttons, a list, or a link button."""
    text, action, opens = content["body"]["text"], content["action"], ""
    if content["type"] == "button":
        keys = [Key(button["reply"]["title"]) for button in action["buttons"]]
    elif content["type"] == "list":
        opens = action["button"]
        rows = [row for section in action["sections"] for row in section["rows"]]
        keys = [Key(row["title"], about=row.get("description", "")) for row in rows]
    else:
        keys = [Key(action["parameters"]["display_text"], leads=action["parameters"]["url"])]
    return Bubble(text, lang, tuple(keys), opens)


def _on_web(reply: Reply, _: str) -> Bubble:
    (message,) = messages_of([Line(0, 0, reply)])
    ticks = "☐ " if message.get("expects", {}).get("type") == "many" else ""
    keys = [Key(ticks + choice["label"]) for choice in message.get("choices", ())]
    if "link" in message:
        keys.append(Key(message["link"]["label"], leads=message["link"]["url"]))
    return Bubble(
        message["text"],
        message["lang"],
        tuple(keys),
        picture=message["image"]["alt"] if "image" in message else "",
        film=message["video"]["title"] if "video" in message else "",
        progress=reply.progress.words if reply.progress else "",
    )


def _as_text(reply: Reply, _: str) -> Bubble:
    return Bubble(as_text(reply), reply.lang)


@dataclass(frozen=True, slots=True)
class Screen:
    """A channel as it is drawn. draw: takes a part of a reply, and the word that opens a list."""

    id: str
    name: str
    capabilities: Capabilities
    draw: Callable[[Reply, str], Bubble]


SCREENS = (
    Screen("telegram", "Telegram", TELEGRAM, _on_telegram),
    Screen("whatsapp", "WhatsApp", WHATSAPP, _on_whatsapp),
    Screen("web", "Web", WEB, _on_web),
)


def bubbles_of(replies: Iterable[Reply], screen: Screen, version: Version) -> tuple[Bubble, ...]:
    """What a channel shows of these replies: every message, and every page of a long list."""
    found = []
    for part in parts_for(replies, screen.capabilities):
        list_word = version.words.of("engine/choices", part.lang) or LIST_SIGN
        found += [screen.draw(page, list_word) for page in _pages(part, screen.capabilities)]
    return tuple(found)


def _pages(reply: Reply, capabilities: Capabilities) -> Iterator[Reply]:
    yield reply
    number = reply.page + 1
    while page_of(reply._replace(page=number), capabilities.rows).first:
        yield reply._replace(page=number)
        number += 1


# --- a message in a language --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame:
    """What one or more channels show, where they show the same."""

    screens: tuple[Screen, ...]
    bubbles: tuple[Bubble, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How long a text is. limit: of the tightest channel; 0 where there is none. mark: what a translator should know."""

    name: str
    text: str
    found: int
    limit: int
    unit: str = ""
    mark: str = ""

    @property
    def too_long(self) -> bool:
        return bool(self.limit) and self.found > self.limit


@dataclass(frozen=True, slots=True)
class Told:
    """A message, or words, in one language of the pack. lang: in which it is really said."""

    place: int
    language: str
    lang: str
    frames: tuple[Frame, ...]
    counts: tuple[Count, ...]

    @property
    def falls_back(self) -> bool:
        return _primary(self.lang) != _primary(self.language)


@dataclass(frozen=True, slots=True)
class Card:
    id: str
    what: str
    told: tuple[Told, ...]

    @property
    def alike(self) -> bool:
        """Whether it looks the same on all channels, so that there is room for languages side by side."""
        return all(len(told.frames) == 1 for told in self.told)


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page. words: texts that are no messages, key by key."""

    section: said.Section
    cards: tuple[Card, ...]
    words: tuple[Card, ...]
    boxes: Sequence[said.Box] = ()


def _primary(language: str) -> str:
    return language.partition("-")[0]


@dataclass(slots=True)
class _Drawer:
    """Draws the messages of a version in all its languages."""

    version: Version
    readers: dict[tuple[str, str], said.Reader] = field(default_factory=dict)

    def part(self, section: said.Section) -> Part:
        cards = tuple(self._card(message, section) for message in section.messages)
        words = tuple(self._words(key, section) for key in section.words)
        return Part(section, cards, words, said.boxes(section.flow) if section.flow else ())

    def _card(self, message: said.Message, section: said.Section) -> Card:
        return Card(
            message.id,
            message.what,
            tuple(
                self._told(place, language, message, section)
                for place, language in enumerate(self.version.pack.languages)
            ),
        )

    def _told(self, place: int, language: str, message: said.Message, section: said.Section) -> Told:
        frames: dict[tuple[Bubble, ...], list[Screen]] = {}
        lang = language
        for screen in SCREENS:
            replies = self._reader(language, screen.id).hear(message)
            lang = replies[-1].lang if replies else lang
            frames.setdefault(bubbles_of(replies, screen, self.version), []).append(screen)
        shown = tuple(Frame(tuple(screens), bubbles) for bubbles, screens in frames.items())
        counts = (
            count for key in message.keys for count in self._counts(key, language, section, message.buttons)
        )
        return Told(place, language, lang, shown, tuple(counts))

    def _reader(self, language: str, channel: str) -> said.Reader:
        key = (language, channel)
        if key not in self.readers:
            self.readers[key] = said.Reader(self.version, language, channel)
        return self.readers[key]

    def _words(self, key: str, section: said.Section) -> Card:
        told = [
            Told(
                place,
                language,
                self.version.words.language_of(key, language),
                (),
                tuple(self._counts(key, language, section)),
            )
            for place, language in enumerate(self.version.pack.languages)
        ]
        return Card(key, "", tuple(told))

    # --- how long a text is ---

    def _counts(
        self, key: str, language: str, section: said.Section, buttons: bool = False
    ) -> Iterator[Count]:
        """The text of a key, and its short form where the language has one."""
        words = self.version.words
        text = words.of(key, language)
        short = words.of(key, language, short=True)
        name = key.removeprefix(f"{section.id}/")
        mark = self._mark(key, language)
        if key.startswith("films/") and key.endswith("/words"):
            yield Count(name, text, word_count(text), SCENE_WORDS, "words", mark)
            return
        yield Count(name, text, len(text), self._limit(key, short != text, buttons), "", mark)
        if short != text and not key.endswith(SHORT):
            yield Count(f"{name}{SHORT}", short, len(short), LABEL)

    def _limit(self, key: str, has_short: bool, buttons: bool) -> int:
        """Characters that the tightest channel takes of a text."""
        if is_list(key) or key.startswith(("web/", "player/", "papers/")):
            return 0
        plain, _, form = key.partition("#")
        if form == "short":
            return LABEL
        if "/choices/" in plain:
            return DESCRIPTION if has_short or "/quiz/" in plain else LABEL
        part = plain.rpartition("/")[2]
        if part in ("link", "button"):
            return BUTTON_TEXT
        if buttons and part != "url":
            return QUESTION
        return min(screen.capabilities.text for screen in SCREENS if screen.capabilities.text)

    def _mark(self, key: str, language: str) -> str:
        """Why a text is not said in this language, if so."""
        tags = chain(language)
        if not tags or is_list(key):
            return ""
        entry = next(
            (e[key] for tag in tags if key in (e := self.version.pack.catalogues.get(tag, {}))), None
        )
        if entry is None:
            return "not translated"
        if entry.fuzzy:
            return "fuzzy: to be looked at again"
        said_in = self.version.words.language_of(key, language)
        return "" if said_in in tags else "waits for the rest of its message"


# --- conversations ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Played:
    """A conversation test. lines: (who, note, what she said or our messages)."""

    transcript: said.Transcript
    lines: tuple[tuple[said.Line, tuple[Bubble, ...]], ...]


def _played(transcript: said.Transcript, version: Version) -> Played:
    screen = next((s for s in SCREENS if s.id == transcript.channel), replace(SCREENS[-1], draw=_as_text))
    lines = [
        (line, bubbles_of([line.reply], screen, version) if line.reply else ()) for line in transcript.lines
    ]
    return Played(transcript, tuple(lines))


# --- the page ------------------------------------------------------------------------------------------


def page(version: Version) -> str:
    """The whole page."""
    pack = version.pack
    drawer, chapters = _Drawer(version), said.chapters(version)
    sections = sum(len(chapter.sections) for chapter in chapters)
    with _progress(sections) as step:
        drawn = [
            (chapter, [step(drawer.part(section)) for section in chapter.sections]) for chapter in chapters
        ]
        played = [step(_played(transcript, version)) for transcript in said.transcripts(version)]
        return _environment().get_template("preview.html").render(
            generator=GENERATOR,
            version=version,
            pack=pack,
            languages=[(n, tag, language_name(tag), direction(tag)) for n, tag in enumerate(pack.languages)],
            screens=SCREENS,
            chapters=drawn,
            played=played,
            coverage=list(coverage(version)),
            parts=PARTS,
            placeholders=PLACEHOLDERS,
            names=NAMES,
            style=look.css() + _light_on_paper() + _asset("preview.css"),
            script=_asset("preview.js"),
            script_hash=_hash_of(_asset("preview.js")),
        )  # fmt: skip


def _light_on_paper() -> str:
    """Paper is white, also for those who like their screen dark."""
    tokens = "".join(f"--{name}:{value};" for name, value in look.colours().items())
    return f"@media print{{:root{{color-scheme:light;{tokens}}}}}\n"


def _hash_of(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _asset(name: str) -> str:
    return resources.files("pasito").joinpath("templates", name).read_text("utf-8")


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[Any], Any]]:
    """Counts what is done. Who waits for longer than a moment sees a bar."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    bar = Progress(console=console, transient=True)
    task = bar.add_task("Drawing the preview", total=steps)
    begun, shown = time.monotonic(), False

    def step(done: Any) -> Any:
        nonlocal shown
        bar.advance(task)
        if not shown and console.is_terminal and time.monotonic() - begun > PATIENCE:
            bar.start()
            shown = True
        return done

    try:
        yield step
    finally:
        if shown:
            bar.stop()


# --- for the template -------------------------------------------------------------------------------------

_IN_BRACES = re.compile(r"(\{[A-Za-z_][\w.]*\})")


def _pieces(text: str) -> list[str]:
    """A text apart: every second piece is a place where something is filled in."""
    return _IN_BRACES.split(text)


def _anchor(id: str) -> str:
    """An id for a link within the page: `bank/P1` and `welcome/say_1` as they are, other signs by their number."""
    return re.sub(r"[^\w/.@-]", lambda sign: f"_{ord(sign.group())}_", id)


def _box_facts(box: said.Box) -> Json:
    """What the drawing of a step tells: the text it says, where it leads, what it does."""
    step = box.at.step
    says = next((part for part, _ in step.texts()), "")
    name = str(getattr(step, step.kind, "")) if step.kind not in ("say", "ask", "branch") else ""
    about = {"do": operation_words, "show": view_words}
    return {
        "kind": step.kind,
        "when": step.when,
        "says": f"{box.at.key}/{says}" if says else "",
        "name": name,
        "flow": name if step.kind in WAYS else "",
        "about": about[step.kind](name) if step.kind in about else _sentence(step.kind, says),
        "after": getattr(step, "after", ""),
        "timeout": getattr(step, "timeout", None),
    }


def _sentence(kind: str, says: str) -> str:
    """What a kind of step does, for those whose words do not say it."""
    return "" if says or kind in (*WAYS, "branch", "go", "end") else describe(kind).sentence


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pasito", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        pieces=_pieces,
        anchor=_anchor,
        facts=_box_facts,
        number="{:,}".format,
        dir=direction,
    )
    return environment


# --- the file ------------------------------------------------------------------------------------------------


def write(version: Version, into: Path | None, *, force: bool = False) -> Path:
    """Writes the page and gives back where. Raises SettingsError rather than lose somebody's file."""
    file = into or Path(f"preview-{version.pack.id}.html")
    try:
        if not force and file.exists() and not _is_ours(file):
            raise SettingsError(
                f"{file} is there and is no preview, so it stays as it is. "
                "Name another file with --into, or write over this one with --force."
            )
        file.write_text(page(version), "utf-8", newline="\n")
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be written: {error.strerror}. Name another file with --into."
        ) from error
    return file


def _is_ours(file: Path) -> bool:
    with file.open("rb") as opened:
        return f'content="{GENERATOR}"'.encode() in opened.read(HEAD)
