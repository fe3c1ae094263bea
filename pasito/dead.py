"""`pasito dead`: what was given up, in all programmes of the database. Nobody's words are shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from bot.worker import microseconds
from pasito.columns import columns, moment
from pasito.deployment import open_store
from pasito.letters import SettingsError
from pasito.settings import Settings
from store import dead_letters, programmes
from store.dead_letters import DeadLetter
from store.traces import code_of

SOURCES = {
    "inbox": "a message",
    "outbox": "a reply",
    "call": "a call",
    "unreadable": "not readable",
}


def show(settings: Settings, source: str | None, error: str | None) -> None:
    """Prints the letters, oldest first."""
    with _writing(settings) as tx:
        found = _letters(tx, source, error)
    if not found:
        sys.stdout.write("There are no dead letters.\n")
        return
    heads = ("letter", "since (UTC)", "programme", "what", "tries", "conversation", "why")
    rows = [
        (
            one.id,
            moment(one.at),
            one.programme,
            SOURCES.get(one.source, one.source),
            str(one.attempts),
            code_of(one.conversation) if one.conversation else one.account or "-",
            one.error,
        )
        for one in found
    ]
    sys.stdout.write(columns(heads, rows))
    sys.stdout.write(
        "\nTry one again: pasito dead replay LETTER   Forget it: pasito dead drop LETTER   "
        "What happened: pasito trace CONVERSATION\n"
    )


def replay(settings: Settings, letter: str | None, source: str | None, error: str | None) -> None:
    """Gives letters one more chance: the one named, or without a name all that agree."""
    now = microseconds()
    _each(
        settings, letter, source, error,
        lambda tx, one: dead_letters.replay(tx, one.programme, one.id, now),
        done="Tried again: {} of {}. The worker and the sender take them up within seconds.",
        left="{} could not be tried again: nothing is left of it, or of its conversation.",
    )  # fmt: skip


def drop(settings: Settings, letter: str | None, source: str | None, error: str | None) -> None:
    """Forgets letters: the one named, or without a name all that agree."""
    _each(
        settings, letter, source, error,
        lambda tx, one: dead_letters.drop(tx, one.programme, one.id),
        done="Dropped: {} of {}.",
        left="{} was gone already.",
    )  # fmt: skip


def _each(
    settings: Settings,
    letter: str | None,
    source: str | None,
    error: str | None,
    what: Callable[[Connection, DeadLetter], bool],
    *,
    done: str,
    left: str,
) -> None:
    with _writing(settings) as tx:
        found = _letters(tx, source, error)
        wanted = [_named(found, letter)] if letter is not None else found
        failed = [one for one in wanted if not what(tx, one)]
    for one in failed:
        sys.stderr.write(left.format(one.id) + "\n")
    sys.stdout.write(done.format(len(wanted) - len(failed), len(wanted)) + "\n")


def _letters(tx: Connection, source: str | None, error: str | None) -> list[DeadLetter]:
    if source is not None and source not in SOURCES:
        raise SettingsError(f"'{source}' is no kind of letter. Known: {', '.join(SOURCES)}.")
    return [
        letter
        for programme in programmes.programmes(tx)
        for letter in dead_letters.dead_letters(tx, programme, source=source, error=error)
    ]


def _named(letters: list[DeadLetter], name: str) -> DeadLetter:
    found = [letter for letter in letters if letter.id.startswith(name)]
    if len(found) == 1 and name:
        return found[0]
    if found:
        raise SettingsError(f"{len(found)} letters begin with '{name}'. Write more of it.")
    raise SettingsError(f"There is no dead letter '{name}'. `pasito dead list` shows them.")


@contextmanager
def _writing(settings: Settings) -> Iterator[Connection]:
    database = open_store(settings)
    try:
        with database.begin() as tx:
            yield tx
    finally:
        database.close()
