"""From a claimed conversation to what is to be written: the engine is asked, once for each inbound."""

from __future__ import annotations

import logging
from typing import Protocol

from flows.engine import advance
from flows.state import State
from flows.values import Reply
from flows.version import Versions
from store.inbox import Claimed, InboxRow
from store.turns import Failure, FinishedTurn

log = logging.getLogger(__name__)


class Shelf(Protocol):
    """Where the versions of a programme's pack are found."""

    def versions_for(self, programme: str, state: State) -> Versions: ...


def take_turns(claimed: Claimed, shelf: Shelf, now: int) -> FinishedTurn:
    """All turns of a claimed conversation, in the order of its inbox.

    An inbound whose turn raises ends the row: it is tried again later, and after the last try she
    reads a calm sentence. What came before it is kept.
    """
    state, turns, failure = claimed.state, [], None
    versions = shelf.versions_for(claimed.programme, state)
    for row in claimed.rows:
        try:
            turn = advance(versions, state, row.inbound, now, claimed.channel)
        except Exception as error:  # whatever a flow does, the others go on
            log.exception("A turn failed: programme %s, conversation %s, inbox %s",
                          claimed.programme, claimed.conversation, row.seq)  # fmt: skip
            failure = _failure(versions, state, row, error)
            break
        turns.append((row, turn))
        state = turn.state
        if turn.erase:
            break
    return FinishedTurn(claimed, tuple(turns), now, versions.live.content, failure)


def _failure(versions: Versions, state: State, row: InboxRow, error: Exception) -> Failure:
    words = versions.live.words
    language = state.language or versions.live.pack.languages[0]
    said = versions.live.flows["broken"].instructions[0]
    sentence = Reply(words.of(f"{said.key}/say", language), lang=language)
    return Failure(row, type(error).__name__, (sentence,))
