"""How the database is, in figures: what waits, for how long, and how much there is. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, false, func, select, text

from store import tables as t
from store.clock import HOUR, SECOND, now_of


@dataclass(frozen=True, slots=True)
class Figures:
    """What an operator watches. Ages in seconds; 0 if nothing waits.

    outbox: how many replies are in each state that has not ended. dead: letters by where they come from.
    """

    waiting: int
    oldest_waiting: float
    outbox: dict[str, int]
    oldest_due: float
    dead: dict[str, int]
    conversations: int
    size: int


def figures(tx: Connection) -> Figures:
    """All figures. Counting the conversations takes longest: about 0.1 s for a million."""
    return Figures(
        waiting=_count(tx, _waits()),
        oldest_waiting=oldest_waiting(tx),
        outbox=_open_replies(tx),
        oldest_due=oldest_due(tx),
        dead=_dead(tx),
        conversations=int(tx.execute(select(func.count()).select_from(t.conversation)).scalar_one()),
        size=size(tx),
    )


def oldest_waiting(tx: Connection) -> float:
    """How long the message has waited for its turn that waits longest."""
    received = tx.execute(select(func.min(t.inbox.c.received_at)).where(_waits())).scalar()
    return _age(tx, received)


def oldest_due(tx: Connection) -> float:
    """How long the reply is due that is due longest.

    What stands behind an earlier reply of its conversation is not due yet, nor what a platform has
    asked us to hold back. A campaign may wait in line for an hour: nobody waits for it.
    """
    columns, now = t.outbox.c, now_of(tx)
    earlier, pace = t.outbox.alias("earlier").c, t.pace.c
    behind = select(earlier.place).where(
        earlier.programme_id == columns.programme_id,
        earlier.conversation_id == columns.conversation_id,
        earlier.place < columns.place,
        earlier.due_at.is_not(None),
        earlier.state.in_(("queued", "sending")),
    )
    held = select(pace.tat).where(
        pace.programme_id == columns.programme_id,
        pace.account_id == columns.account_id,
        pace.conversation_id == "",
        pace.held_until > now,
    )
    due = tx.execute(
        select(columns.due_at)
        .where(
            columns.state == "queued",
            columns.due_at <= now,
            columns.unasked == false(),
            ~behind.exists(),
            ~held.exists(),
        )
        .order_by(columns.due_at)
        .limit(1)
    ).scalar()
    return _age(tx, due)


def given_up_lately(tx: Connection) -> int:
    """Dead letters of the last hour."""
    lately = select(func.count()).where(t.dead_letter.c.at > now_of(tx) - HOUR)
    return int(tx.execute(lately).scalar_one())


def is_writable(tx: Connection) -> bool:
    """Whether this transaction may write. On SQLite it has the lock already, or it would not have begun."""
    if tx.dialect.name == "sqlite":
        return not tx.execute(text("PRAGMA query_only")).scalar()
    return tx.execute(text("SHOW transaction_read_only")).scalar() == "off"


def size(tx: Connection) -> int:
    """Bytes of the database; on SQLite without its log."""
    if tx.dialect.name == "sqlite":
        pages, page = (
            tx.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size")
        )
        return int(pages * page)
    return int(tx.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def _waits() -> ColumnElement[bool]:
    """In the words of an index: what was worked on has an end, what was erased has no body."""
    return and_(t.inbox.c.done_at.is_(None), t.inbox.c.body.is_not(None))


def _count(tx: Connection, condition: ColumnElement[bool]) -> int:
    return int(tx.execute(select(func.count()).where(condition)).scalar_one())


def _open_replies(tx: Connection) -> dict[str, int]:
    """Those that the sender still has to look at: an index holds them, however many were ever sent."""
    columns = t.outbox.c
    found = tx.execute(
        select(columns.state, func.count()).where(columns.due_at.is_not(None)).group_by(columns.state)
    )
    return {str(state): int(count) for state, count in found}


def _dead(tx: Connection) -> dict[str, int]:
    columns = t.dead_letter.c
    found = tx.execute(select(columns.source, func.count()).group_by(columns.source))
    return {str(source): int(count) for source, count in found}


def _age(tx: Connection, at: int | None) -> float:
    return 0.0 if at is None else max(0.0, (now_of(tx) - at) / SECOND)
