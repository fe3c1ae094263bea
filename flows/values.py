"""The values that travel: what moves a conversation, and what a turn decided.

Everything here is frozen and survives a JSON round trip. Nothing here knows a platform,
a database or the time of day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

TIMEOUT = "timeout"  # the key of the one timer that a waiting question may have
InboundKind = Literal["start", "message", "timer", "result", "command", "event"]
Became = Literal["said", "moved", "held", "dropped"]
Purpose = Literal["guidance", "statistics", "reminders"]
ReplyKind = Literal["text", "question", "image", "video", "link"]


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing that moves a conversation. The door made it; the inbox keeps it.

    key: unique within the account (see docs/developer/architecture.md, "Ids of messages").
    seed: 32 hex digits of chance, made at the door and kept with the inbound, so that a turn
        that runs again makes the same ids.
    media: what came instead of words: photo, voice, sticker, location, contact, file, other; `edited` for words
        that were changed after they were sent, which would answer the wrong question.
    data: for a timer its key and body, for a result the call's id, `ok` and value,
        for a start the language and campaign the link carried. For an event the flow it asks for, or
        from the page of a film {film, seen: opened | played | part | completed, part, source}, or from
        that of a paper {paper: guide | plan, seen: opened}. For a command the campaign that was
        stopped, as `campaign_over`.
    """

    key: str
    kind: InboundKind = "message"
    text: str = ""
    choice: str | None = None
    choices: tuple[str, ...] = ()
    media: str | None = None
    seed: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


class ChoiceShown(NamedTuple):
    """A choice for a channel to show. `value` is what comes back when it is pressed.

    short: the label within 20 characters, for buttons and row titles; empty where the label fits.
    """

    value: str
    label: str
    short: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a question stands: the 4th of 9, and the same in words for channels without a bar."""

    place: int
    count: int
    words: str


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; `url` is `picture:{id}` for a picture of ours that the channel serves or uploads."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class Video:
    """A film to watch; `url` is `film:{token}`, the link that a channel shows or whose film it uploads.

    seconds, bytes: of the copy that is meant; small: the one for little data. bytes is 0 where nobody
    knows.
    """

    url: str
    title: str
    seconds: int
    bytes: int
    film: str = ""
    language: str = ""
    small: bool = False


class Reply(NamedTuple):
    """A channel-neutral message of ours. A channel renders it within its capabilities.

    expects: the type of answer a question waits for (one, many, number, text, date ...).
    lettered: the choices stand for ranges of numbers, so a channel that numbers its choices uses
        letters instead (a typed 3 means three people, not the third line).
    page, more: which page of a long list to show, and the label of the way to the next.
    """

    text: str
    kind: ReplyKind = "text"
    lang: str = "en"
    expects: str | None = None
    choices: tuple[ChoiceShown, ...] = ()
    lettered: bool = False
    page: int = 0
    more: ChoiceShown | None = None
    progress: Progress | None = None
    link: Link | None = None
    image: Image | None = None
    video: Video | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, past tense. `data` holds declared codes and numbers, never free text.

    The store adds the envelope (id, programme, times, day, versions).
    """

    kind: str
    data: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    assessment: str | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """A wish to be woken: after `seconds`, not before the local hour `at` ("10:00") if given.

    The key is unique within the conversation: setting it again moves it.
    """

    key: str
    seconds: int
    at: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reached:
    """What became of a campaign for the person of this turn; `reason` for what was moved or dropped."""

    campaign: str
    became: Became
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Work outside the engine. The result comes back as an inbound of kind `result` with this id."""

    id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody agreed to or refused, with the hash of the words she saw.

    business: whose owner said so; None for what is hers alone (reminders).
    """

    purpose: Purpose
    given: bool
    text_hash: str
    language: str
    business: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything one inbound decided. `state` is `flows.state.State`.

    erase: everything about this person is to be erased in the same transaction; the replies are
        then handed to the stranger she has become.
    counts: per programme and day, without any person (talks that were not kept).
    reached: what became of campaigns for her, the latest last.
    """

    state: Any
    replies: tuple[Reply, ...] = ()
    events: tuple[Event, ...] = ()
    timers: tuple[Timer, ...] = ()
    cancelled: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    consents: tuple[Consent, ...] = ()
    counts: tuple[str, ...] = ()
    erase: bool = False
    reached: tuple[Reached, ...] = ()


def is_watching(inbound: Inbound) -> bool:
    """Whether the person has opened or watched something of ours on its page: a film, or a paper."""
    what = inbound.data
    return inbound.kind == "event" and "seen" in what and ("film" in what or "paper" in what)


def reply_to_json(reply: Reply) -> dict[str, Any]:
    """The reply as plain JSON values, absent keys left out; the body of an outbox row."""
    out: dict[str, Any] = {"kind": reply.kind, "text": reply.text, "lang": reply.lang}
    if reply.expects:
        out["expects"] = reply.expects
    if reply.choices:
        out["choices"] = [
            {"value": value, "label": label, "short": short} if short else {"value": value, "label": label}
            for value, label, short in reply.choices
        ]
    if reply.lettered:
        out["lettered"] = True
    if reply.more:
        out["page"] = reply.page
        out["more"] = {"value": reply.more.value, "label": reply.more.label}
    if reply.progress:
        p = reply.progress
        out["progress"] = {"place": p.place, "count": p.count, "words": p.words}
    if reply.link:
        out["link"] = {"label": reply.link.label, "url": reply.link.url}
    if reply.image:
        out["image"] = {"url": reply.image.url, "alt": reply.image.alt}
    if reply.video:
        v = reply.video
        out["video"] = {"url": v.url, "title": v.title, "seconds": v.seconds, "bytes": v.bytes}
        if v.film:
            out["video"] |= {"film": v.film, "language": v.language, "small": v.small}
    return out


def reply_from_json(data: Mapping[str, Any]) -> Reply:
    """The reply that `reply_to_json` wrote."""
    more, progress = data.get("more"), data.get("progress")
    link, image, video = (data.get(name) for name in ("link", "image", "video"))
    return Reply(
        text=data["text"],
        kind=data["kind"],
        lang=data["lang"],
        expects=data.get("expects"),
        choices=tuple(ChoiceShown(**c) for c in data.get("choices", ())),
        lettered=data.get("lettered", False),
        page=data.get("page", 0),
        more=ChoiceShown(**more) if more else None,
        progress=Progress(**progress) if progress else None,
        link=Link(**link) if link else None,
        image=Image(**image) if image else None,
        video=Video(**video) if video else None,
    )


def inbound_to_json(inbound: Inbound) -> dict[str, Any]:
    """The inbound as plain JSON values, defaults left out; the body of an inbox row."""
    out: dict[str, Any] = {"key": inbound.key, "kind": inbound.kind, "seed": inbound.seed}
    if inbound.text:
        out["text"] = inbound.text
    if inbound.choice is not None:
        out["choice"] = inbound.choice
    if inbound.choices:
        out["choices"] = list(inbound.choices)
    if inbound.media:
        out["media"] = inbound.media
    if inbound.data:
        out["data"] = dict(inbound.data)
    return out


def inbound_from_json(data: Mapping[str, Any]) -> Inbound:
    """The inbound that `inbound_to_json` wrote."""
    return Inbound(
        key=data["key"],
        kind=data["kind"],
        text=data.get("text", ""),
        choice=data.get("choice"),
        choices=tuple(data.get("choices", ())),
        media=data.get("media"),
        seed=data.get("seed", ""),
        data=data.get("data", {}),
    )
