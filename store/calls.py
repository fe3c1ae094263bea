"""Calls: work outside the engine that a turn asked for. At least once; the call's id tells repeats apart.

A call leaves this table when its result is accepted into the inbox.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, select, update

from flows.values import Call
from store import tables as t
from store.bulk import at_most, find_rows
from store.clock import SECOND, database_now

LEASE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Calling:
    """A call to be made now. Its result is accepted as an `Arrival` of kind `result`, with this id in its data."""

    programme: str
    account: str
    conversation: str
    call: Call
    attempts: int


def rows_of(programme: str, conversation: str, calls: Iterable[Call], now: int) -> list[dict[str, Any]]:
    """The rows `finish_turns` writes."""
    return [
        {
            "programme_id": programme,
            "conversation_id": conversation,
            "id": call.id,
            "name": call.name,
            "arguments": dict(call.arguments),
            "attempts": 0,
            "due_at": now,
        }
        for call in calls
    ]


def claim_calls(tx: Connection, limit: int = 32, *, lease_seconds: float = LEASE_SECONDS) -> list[Calling]:
    """Takes calls that nobody works on. One whose worker died comes again when its lease ends."""
    values = {"most": limit, "lease": int(lease_seconds * SECOND)}
    taken = tx.execute(_CLAIMING, values).mappings().all()
    talks = {(row["programme_id"], row["conversation_id"]) for row in taken}
    keys = [{"programme_id": programme, "id": conversation} for programme, conversation in talks]
    accounts = {
        (row["programme_id"], row["id"]): row["account_id"]
        for row in find_rows(tx, t.conversation, keys, ("programme_id", "id", "account_id"))
    }
    return [
        Calling(
            row["programme_id"],
            accounts[row["programme_id"], row["conversation_id"]],
            row["conversation_id"],
            Call(row["id"], row["name"], row["arguments"]),
            row["attempts"],
        )
        for row in taken
    ]


def try_again(tx: Connection, calling: Calling, seconds: float) -> None:
    """Has a call that failed made once more, unless somebody else has taken it meanwhile."""
    columns = t.call.c
    tx.execute(
        update(t.call)
        .where(
            columns.programme_id == calling.programme,
            columns.conversation_id == calling.conversation,
            columns.id == calling.call.id,
            columns.attempts == calling.attempts,
        )
        .values(due_at=database_now() + int(seconds * SECOND))
    )


def _claiming() -> Executable:
    columns = t.call.c
    due = (
        select(columns.programme_id, columns.conversation_id, columns.id)
        .where(columns.due_at <= database_now())
        .order_by(columns.due_at)
        .limit(at_most("most"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return (
        update(t.call)
        .where(
            columns.programme_id == due.c.programme_id,
            columns.conversation_id == due.c.conversation_id,
            columns.id == due.c.id,
        )
        .values(attempts=columns.attempts + 1, due_at=database_now() + bindparam("lease"))
        .returning(*(columns[name] for name in _WANTED))
    )


_WANTED = ("programme_id", "conversation_id", "id", "name", "arguments", "attempts")
_CLAIMING = _claiming()
