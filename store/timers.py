"""Timers: wishes to be woken. A due timer becomes an inbox row in the transaction that deletes it.

They are set and they ring by the database's clock, so that no worker rings too early.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, and_, exists, select

from flows.due import due_at
from flows.values import Inbound, Turn
from store import campaigns
from store import tables as t
from store.bulk import delete_rows, upsert_rows
from store.clock import database_now, now_of
from store.inbox import Arrival, accept

ALL = "*"  # cancels every timer of the conversation


class Wishes:
    """Collects what the turns of a batch set and cancel; the last word on a key counts."""

    def __init__(self) -> None:
        self._all: list[dict[str, Any]] = []
        self._last: dict[tuple[str, str, str], dict[str, Any] | None] = {}

    def add(self, programme: str, conversation: str, turn: Turn, now: int, zone: str) -> None:
        """What one turn cancelled, then what it set."""
        for key in turn.cancelled:
            if key == ALL:
                self._all.append({"programme_id": programme, "conversation_id": conversation})
                self._last = {k: v for k, v in self._last.items() if k[:2] != (programme, conversation)}
            else:
                self._last[programme, conversation, key] = None
        for timer in turn.timers:
            self._last[programme, conversation, timer.key] = {
                "programme_id": programme,
                "conversation_id": conversation,
                "key": timer.key,
                "due_at": due_at(timer, now, zone),
                "body": dict(timer.body),
            }

    def write(self, tx: Connection, now: int) -> None:
        delete_rows(tx, t.timer, self._all)
        campaigns.cancelled(tx, self._all, now)
        names = ("programme_id", "conversation_id", "key")
        gone = [dict(zip(names, key, strict=True)) for key, row in self._last.items() if row is None]
        delete_rows(tx, t.timer, gone)
        rows = [row for row in self._last.values() if row is not None]
        upsert_rows(tx, t.timer, rows, {"due_at": "replace", "body": "replace"})


def wake(tx: Connection, limit: int = 256) -> int:
    """Turns timers that are due into inbox rows. Gives back how many there were.

    That of a campaign goes where she hears it now, and nowhere if the campaign was stopped. Whoever
    is being written for at this moment is left for the next time.
    """
    due = (
        select(t.timer, t.conversation.c.account_id, t.conversation.c.person_id)
        .join(
            t.conversation,
            and_(
                t.conversation.c.programme_id == t.timer.c.programme_id,
                t.conversation.c.id == t.timer.c.conversation_id,
            ),
        )
        .where(t.timer.c.due_at <= database_now())
        .order_by(t.timer.c.due_at)
        .limit(limit)
        .with_for_update(of=[t.timer, t.conversation], skip_locked=True)
    )
    rows = tx.execute(due).mappings().all()
    now = now_of(tx)
    homes = campaigns.homes(tx, [row for row in rows if "campaign" in row["body"]])
    arrivals = [_arrival(row, homes.get(campaigns.timer_of(row), row), now) for row in rows]
    accept(tx, [arrival for arrival in arrivals if arrival is not None])
    delete_rows(tx, t.timer, _keys(rows))
    return len(rows)


def is_any_due(tx: Connection) -> bool:
    """Whether a timer is due, so that nobody has to write in vain."""
    return tx.execute(select(exists().where(t.timer.c.due_at <= database_now()))).scalar_one()


def _arrival(row: Any, home: Any, now: int) -> Arrival | None:
    """home: the conversation it goes to, as conversation_id and account_id; None if it goes nowhere."""
    if home is None:
        return None
    return Arrival(
        programme=row["programme_id"],
        account=home["account_id"],
        conversation=home["conversation_id"],
        inbound=Inbound(
            key=f"t:{row['conversation_id']}:{row['key']}:{row['due_at']}",
            kind="timer",
            seed=secrets.token_hex(16),
            data={"key": row["key"], "body": row["body"]},
        ),
        received_at=now,
    )


def _keys(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in ("programme_id", "conversation_id", "key")} for row in rows]
