"""What a message of hers settles: replies that waited for it go out, those in doubt did arrive.

A conversation with such replies says so in `unsettled`, so that accepting a message costs nothing
where there are none. Whoever settles holds the lock of the conversation: a message that comes in
while a reply begins to wait is never overlooked.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, Executable, and_, case, exists, func, null, or_, update

from store import tables as t
from store.bulk import Change, Columns, change_with_rows, find_rows, for_each_row, types_of
from store.clock import database_now

Talk = tuple[str, str]  # programme, conversation
OPEN = ("unknown", "waiting")


def hold(tx: Connection, talks: Iterable[Talk]) -> None:
    """Locks conversations, in the order in which everybody does."""
    rows = [{"programme_id": programme, "id": conversation} for programme, conversation in sorted(set(talks))]
    find_rows(tx, t.conversation, rows, ("id",), lock=True)


def settle(tx: Connection, talks: Iterable[Talk]) -> None:
    """Looks for evidence in these conversations, which are locked, and notes whether more is needed."""
    rows = [{"programme_id": programme, "id": conversation} for programme, conversation in sorted(set(talks))]
    change_with_rows(tx, _settling(tx.dialect.name), rows)
    change_with_rows(tx, _noting(tx.dialect.name), rows)


@lru_cache(maxsize=2)
def _settling(dialect: str) -> Change:
    ours, hers = t.outbox.c, t.inbox.c
    she_wrote = exists().where(
        hers.programme_id == ours.programme_id,
        hers.conversation_id == ours.conversation_id,
        hers.seq > ours.heard,
        or_(hers.kind == "message", hers.kind == "start"),
    )
    waits = ours.state == "waiting"
    # A status that came in meanwhile has left the platform's id.
    named = and_(ours.state == "unknown", ours.provider_id.is_not(None))

    def build(row: Columns) -> Executable:
        return (
            update(t.outbox)
            .where(
                ours.programme_id == row["programme_id"],
                ours.conversation_id == row["id"],
                _is_open(),
                or_(she_wrote, named),
            )
            .values(
                state=case((waits, "queued"), else_="sent"),
                due_at=case((waits, database_now()), else_=null()),
                sent_at=case((waits, ours.sent_at), else_=func.coalesce(ours.sent_at, ours.tried_at)),
            )
        )

    return for_each_row(dialect, types_of(t.conversation, ("programme_id", "id")), build)


@lru_cache(maxsize=2)
def _noting(dialect: str) -> Change:
    talk, ours = t.conversation.c, t.outbox.c
    left: ColumnElement[bool] = exists().where(
        ours.programme_id == talk.programme_id,
        ours.conversation_id == talk.id,
        _is_open(),
    )
    return for_each_row(
        dialect,
        types_of(t.conversation, ("programme_id", "id")),
        lambda row: (
            update(t.conversation)
            .where(talk.programme_id == row["programme_id"], talk.id == row["id"])
            .values(unsettled=left)
        ),
    )


def _is_open() -> ColumnElement[bool]:
    return or_(*(t.outbox.c.state == state for state in OPEN))
