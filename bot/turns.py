"""From a claimed conversation to what is to be written: the engine is asked, once for each inbound."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Protocol

from bot.channels.parts import parts_for
from bot.channels.registry import CHANNELS
from flows.engine import advance
from flows.state import State
from flows.values import Reply, Turn
from flows.version import Versions
from store.inbox import Claimed, InboxRow
from store.traces import code_of
from store.turns import Failure, FinishedTurn

log = logging.getLogger(__name__)


class UnreadableStateError(Exception):
    """What the database holds as the state of a conversation is none."""


class Shelf(Protocol):
    """Where the versions of a programme's pack are found."""

    def versions_for(self, programme: str, state: State) -> tuple[Versions, str]: ...


def take_turns(claimed: Claimed, shelf: Shelf, now: int) -> FinishedTurn:
    """All turns of a claimed conversation, in the order of its inbox.

    An inbound whose turn raises ends the row: it is tried again later, and after the last try she
    reads a calm sentence. What came before it is kept. Only without a live version it raises.
    """
    state, failure = claimed.state, None
    turns: list[tuple[InboxRow, Turn]] = []
    versions, published = shelf.versions_for(claimed.programme, state)
    if not claimed.readable:
        return FinishedTurn(
            claimed, (), now, published, _failure(versions, state, claimed.rows[0], UnreadableStateError())
        )
    now, code = _not_before(claimed, now), code_of(claimed.conversation)
    for row in claimed.rows:
        try:
            if turns:
                versions, _ = shelf.versions_for(claimed.programme, state)
            turn = advance(versions, state, row.inbound, now, claimed.channel, code=code)
            if not claimed.pulls:
                turn = replace(turn, replies=parts_for(turn.replies, CHANNELS[claimed.channel]))
        except Exception as error:  # whatever a flow does, the others go on
            log.exception("A turn failed: programme %s, conversation %s, inbox %s",
                          claimed.programme, claimed.conversation, row.seq)  # fmt: skip
            failure = _failure(versions, state, row, error)
            break
        turns.append((row, turn))
        state = turn.state
        if turn.erase:
            break
    return FinishedTurn(claimed, tuple(turns), now, published, failure)


def not_written(finished: FinishedTurn, shelf: Shelf, error: Exception) -> FinishedTurn:
    """What is written instead of turns that could not be: that the first of them was tried."""
    claimed = finished.claimed
    live, _ = shelf.versions_for(claimed.programme, _NOWHERE)
    failure = _failure(live, claimed.state, claimed.rows[0], error)
    return FinishedTurn(claimed, (), finished.now, finished.pack_version, failure)


def leaving_the_state(failed: FinishedTurn) -> FinishedTurn:
    """The same failure, written without touching the state, which may be what cannot be written."""
    return replace(failed, claimed=replace(failed.claimed, state=_NOWHERE, readable=False))


_NOWHERE = State()


def _not_before(claimed: Claimed, now: int) -> int:
    """Now, and not before anything that has happened in this conversation by another process's clock."""
    return max(now, claimed.state.last_inbound, *(row.received_at for row in claimed.rows))


def _failure(versions: Versions, state: State, row: InboxRow, error: Exception) -> Failure:
    words = versions.live.words
    language = state.language or versions.live.pack.languages[0]
    said = versions.live.flows["broken"].instructions[0]
    sentence = Reply(words.of(f"{said.key}/say", language), lang=language)
    return Failure(row, type(error).__name__, (sentence,))
