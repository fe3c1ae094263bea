"""One conversation cannot be worked on; everybody else is answered as if nothing were wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import func, select, update

from store import tables as t
from store.turns import MOST_ATTEMPTS
from tests.chaos.findings import is_answered
from tests.chaos.scenario import Scenario
from tests.chaos.stage import Stage, until

TALK_SECONDS = 8.0
GIVE_UP_SECONDS = 2.0**MOST_ATTEMPTS + 10.0  # it is tried again after 1, 2, 4 ... seconds
ANSWER_SECONDS = 10.0

Frame = dict[str, Any]


def act(stage: Stage, spoil: Callable[[Frame], Frame], *, mended: bool = False) -> None:
    """mended: an operator puts back what was stored, before she writes again."""
    talkers = stage.talkers
    ana = talkers.people.pop()
    for _ in range(3):
        stage.telegram.call(talkers.write(ana))
    until(lambda: not talkers.waiting() and is_answered(stage.database), ANSWER_SECONDS)
    was = _poison(stage, spoil)
    with talkers.talking():
        stage.telegram.call(talkers.write(ana))
        time.sleep(TALK_SECONDS)
    others = until(lambda: len(_unanswered(stage)) <= 1, ANSWER_SECONDS)
    stage.must(others, f"{len(_unanswered(stage))} conversations wait, and not only the spoilt one.")
    given_up = until(lambda: not _unanswered(stage), GIVE_UP_SECONDS)
    stage.must(given_up, "What cannot be worked on was not given up.")
    if mended:
        _store(stage, was)
    shown = len(ana.messages)
    stage.telegram.call(talkers.write(ana))
    stage.must(until(lambda: len(ana.messages) > shown, ANSWER_SECONDS), "Her conversation does not go on.")
    stage.must_drain()
    stage.must_give_up(1)


def _poison(stage: Stage, spoil: Callable[[Frame], Frame]) -> dict[str, Any]:
    """What is stored of the only conversation is not what we write, as after a fault of ours; what it was."""
    with stage.database.begin() as tx:
        was: dict[str, Any] = tx.execute(select(t.conversation.c.state)).scalar_one()
    _store(stage, {**was, "frames": [spoil(frame) for frame in was["frames"]]}, only=True)
    return was


def _store(stage: Stage, state: dict[str, Any], *, only: bool = False) -> None:
    """Writes the state of the first conversation there was. only: there is no other one yet."""
    talk = t.conversation.c
    with stage.database.begin() as tx:
        first = tx.execute(select(talk.programme_id, talk.id).order_by(talk.created_at).limit(1)).one()
        assert not only or len(tx.execute(select(talk.id)).all()) == 1
        tx.execute(
            update(t.conversation)
            .where(talk.programme_id == first.programme_id, talk.id == first.id)
            .values(state=state)
        )


def _unanswered(stage: Stage) -> list[str]:
    """Conversations in which something waits for its turn."""
    row = t.inbox.c
    waiting = select(row.conversation_id, func.count()).where(row.done_at.is_(None))
    with stage.database.read() as tx:
        return [talk for talk, _ in tx.execute(waiting.group_by(row.conversation_id))]


def _no_place(frame: Frame) -> Frame:
    return {**frame, "at": "nowhere"}


def _no_flow(frame: Frame) -> Frame:
    return {name: value for name, value in frame.items() if name != "flow"}


SCENARIO = Scenario(
    name="poison",
    happens="The stored place of one conversation makes no sense, so that each of its turns raises.",
    holds="It ends as one dead letter and goes on with the next message; all others are answered meanwhile.",
    act=partial(act, spoil=_no_place),
    short=("sqlite",),
)
UNREADABLE = Scenario(
    name="poison-unreadable",
    happens="What is stored of one conversation cannot even be read.",
    holds="It ends as a dead letter, nothing is overwritten, and put right it goes on; the others are answered.",
    act=partial(act, spoil=_no_flow, mended=True),
    short=(),
)
