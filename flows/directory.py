"""How entries of the directory are said: name, what for, what one should know before, and where it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from content.directory import Entry
from content.languages import language_name

if TYPE_CHECKING:
    from flows.talk import Talk


def show_entries(talk: Talk, entries: Sequence[Entry]) -> None:
    """Says the entries, each in a message of its own so that one can be forwarded, or whom to ask when there is none."""
    if not entries:
        talk.say("engine/directory_none")
        return

    lines = (partial(_line, talk, number, entry) for number, entry in enumerate(entries, 1))
    for line in lines:
        talk.say_lines(line)
    talk.say("engine/directory_choice")


def _line(talk: Talk, number: int, entry: Entry) -> str:
    what = talk.text(f"directory/entries/{entry.id}/what")
    known = ", ".join(_to_know(talk, entry))
    lines = [f"{number}. {entry.name}: {what}", f"({known})" if known else "", entry.contact]
    return "\n".join(filter(None, lines))


def _to_know(talk: Talk, entry: Entry) -> list[str]:
    """What she should know before, in words; the languages by their own names."""
    words = (talk.text(f"engine/directory_{word}") for word in worth_knowing(entry))
    return [*words, *map(language_name, entry.languages)]


def worth_knowing(entry: Entry) -> list[str]:
    """What one should know of an entry before: what it costs, what it needs; see `engine/directory_…`."""
    words: list[str] = [entry.cost] if entry.cost else []
    words += [] if entry.phone is None else ["phone" if entry.phone else "no_phone"]
    words += entry.needs
    return [*words, *(["abroad"] if entry.abroad else [])]
