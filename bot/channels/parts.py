"""From the replies of a turn to messages of a platform: each row of the outbox is exactly one of them.

Neighbouring texts are joined where a platform paces us, and what is longer than a message is cut at
a paragraph, a sentence or a word. So a part that fails is sent again alone, never with those before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.channels.contract import Capabilities
from flows.values import Reply

GAP = "\n\n"
# Where a long text may be cut, the best place first.
_BREAKS = (re.compile(r"\n\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?。！？]) "), re.compile(r" "))


def parts_for(replies: Iterable[Reply], capabilities: Capabilities) -> tuple[Reply, ...]:
    """The same words as messages that this platform takes. One that fetches takes them as they are."""
    if capabilities.pulls:
        return tuple(replies)
    apart = [part for reply in replies for part in _fitting(reply, capabilities)]
    return tuple(_joined(apart, capabilities)) if capabilities.joins else tuple(apart)


def length(text: str) -> int:
    """UTF-16 units, as Telegram counts; for letters outside the basic plane more than characters."""
    return len(text.encode("utf-16-le")) // 2


def _limit(reply: Reply, capabilities: Capabilities) -> int:
    """How long the words of this message may be."""
    if reply.image or (reply.video and capabilities.videos):
        return capabilities.caption
    return capabilities.asks if reply.kind != "text" else capabilities.text


def _fitting(reply: Reply, capabilities: Capabilities) -> Iterator[Reply]:
    """What does not fit goes before it as text; the last part keeps buttons, link, picture or film."""
    room = _limit(reply, capabilities) - _around(reply)
    if length(reply.text) <= room:
        yield reply
        return
    *before, last = cut(reply.text, room)
    for piece in before:
        yield Reply(piece, "text", reply.lang)
    yield reply._replace(text=last)


def _around(reply: Reply) -> int:
    """Room for what a channel writes around the words: the progress, and choices as numbered lines."""
    lines = [reply.progress.words] if reply.progress else []
    lines += [choice.label for choice in reply.choices]
    if reply.link:
        lines += [reply.link.label, reply.link.url]
    return sum(length(line) + len("10. \n") for line in lines)


def cut(text: str, room: int) -> list[str]:
    """A text in pieces of at most `room`, cut where it hurts least. `room` is at least one character."""
    pieces = []
    while length(text) > room:
        head = _head(text, room)
        pieces.append(head.strip())
        text = text[len(head) :].lstrip()
    return [*pieces, text]


def _head(text: str, room: int) -> str:
    """The longest beginning within `room` that ends at the best kind of break there is."""
    most = text[:room]
    while length(most) > room:
        most = most[:-1]
    for pattern in _BREAKS:
        ends = [match.end() for match in pattern.finditer(most)]
        if ends and ends[-1] > len(most) // 3:
            return most[: ends[-1]]
    return most or text[:1]


def _joined(replies: Iterable[Reply], capabilities: Capabilities) -> Iterator[Reply]:
    """Texts that follow each other become one message, and one with the question behind them."""
    waiting: Reply | None = None
    for reply in replies:
        both = _both(waiting, reply, capabilities) if waiting else None
        if both is not None:
            waiting = both
            continue
        if waiting is not None:
            yield waiting
        waiting = reply
    if waiting is not None:
        yield waiting


def _both(first: Reply, second: Reply, capabilities: Capabilities) -> Reply | None:
    """Two messages as one; None if they stay apart: only words go before something else."""
    if first.kind != "text" or second.kind not in ("text", "question") or first.lang != second.lang:
        return None
    words = f"[{second.progress.words}]\n{second.text}" if second.progress else second.text
    both = second._replace(text=first.text + GAP + words, progress=None)
    return both if length(both.text) + _around(both) <= _limit(both, capabilities) else None
