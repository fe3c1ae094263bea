"""The database's clock is set: what waits for a time is set along with it, and waits as long as it was to.

Every due time is an instant of that clock. Set a day on, it would end what has waited for a second;
set back, it would hold back for a day what was due. Whoever gives up or holds back looks first. The
first one to notice moves what waits, in his transaction, and writes down by how much: to all others
the clock then seems right. Wishes to be woken at a day and an hour are not moved, nor is what tells
when something happened.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Executable,
    and_,
    case,
    func,
    literal,
    select,
    tuple_,
    update,
)

from store import tables as t
from store.bulk import insert_rows, pick, run
from store.clock import HOUR, SECOND, database_now
from store.engine import watch_of
from store.watch import LEAST

log = logging.getLogger(__name__)

# Whoever gives up nothing by himself looks so often.
NOW_AND_THEN = SECOND
_ONLY = 1  # the row there is


def ahead() -> ColumnElement[int]:
    """By how many microseconds the clock was set in all, as far as anybody has noticed."""
    return func.coalesce(select(t.clock.c.ahead).where(t.clock.c.id == _ONLY).scalar_subquery(), 0)


def notice(tx: Connection) -> bool:
    """Whether the clock was set since this process looked last; then what waits was set along with it."""
    before = watch_of(tx).steady()
    row = run(tx, _LOOKING, {})[0]
    return notice_from(tx, row["now"], row["ahead"], before)


def notice_now_and_then(tx: Connection) -> None:
    """As `notice`, if nobody in this process has looked for a second."""
    watch = watch_of(tx)
    if watch.looked is None or watch.steady() - watch.looked >= NOW_AND_THEN:
        notice(tx)


def notice_from(tx: Connection, now: int, ahead: int, before: int) -> bool:
    """As `notice`, from what a statement has said that began after `before`, of the steady clock."""
    watch = watch_of(tx)
    by = watch.jump(now, ahead, before, watch.steady())
    if not by:
        return False
    insert_rows(tx, t.clock, [{"id": _ONLY, "ahead": 0}], on_conflict="nothing")
    mine = update(t.clock).where(t.clock.c.ahead == ahead).values(ahead=ahead + by)
    if tx.execute(mine).rowcount:  # else another process was first
        log.warning("The database's clock was set by %.0f s. What waits was set along with it.", by / SECOND)
        for moving in _moving_on(by, now) if by > 0 else _moving_back(by, now, tx.dialect.name):
            tx.execute(moving)
    return True


def _moving_on(by: int, now: int) -> Iterator[Executable]:
    """What was to wait at the old time `now - by` waits as long at the new one.

    Work that somebody holds may be done twice if its lease ends early, which changes nothing.
    """
    was, reply, pace, talk = now - by, t.outbox.c, t.pace.c, t.conversation.c
    # What is due about now was written since the clock was set, or may as well go now; what waits longer
    # than the clock jumped is left to it: a reply's words are not kept longer either.
    waits = and_(reply.due_at > was, reply.due_at <= now - LEAST)
    yield (
        update(t.outbox)
        .where(reply.due_at.is_not(None))
        .values(
            due_at=case((waits, reply.due_at + by), else_=reply.due_at),
            give_up_at=case((reply.give_up_at > was, reply.give_up_at + by), else_=reply.give_up_at),
        )
    )
    yield (
        update(t.pace)
        .where(pace.tat > was)
        .values(
            tat=pace.tat + by,
            held_until=case((pace.held_until > was, pace.held_until + by), else_=pace.held_until),
        )
    )
    unsent = select(reply.programme_id, reply.conversation_id).where(reply.due_at.is_not(None))
    yield (
        update(t.conversation)
        .where(tuple_(talk.programme_id, talk.id).in_(unsent), talk.window_until > was)
        .values(window_until=talk.window_until + by)
    )


def _moving_back(by: int, now: int, dialect: str) -> Iterator[Executable]:
    """by: below 0. What is due in the future was so before, or was due already; what is written from now on is not.

    Nothing is given up an hour from now: what was written since the clock was set has its full time.
    """
    reply, pace, talk, call = t.outbox.c, t.pace.c, t.conversation.c, t.call.c
    ends = pick(dialect, "least", reply.give_up_at, literal(now + HOUR, BigInteger))
    yield (
        update(t.outbox)
        .where(reply.due_at.is_not(None))
        .values(
            due_at=case((reply.due_at > now, reply.due_at + by), else_=reply.due_at),
            give_up_at=pick(dialect, "greatest", reply.give_up_at + by, ends),
        )
    )
    yield (
        update(t.pace)
        .where(pace.tat > now)
        .values(
            tat=pace.tat + by,
            held_until=case((pace.held_until > now, pace.held_until + by), else_=pace.held_until),
        )
    )
    yield update(t.conversation).where(talk.ready_at > now).values(ready_at=talk.ready_at + by)
    yield update(t.call).where(call.due_at > now).values(due_at=call.due_at + by)


_LOOKING = select(database_now().label("now"), ahead().label("ahead"))
