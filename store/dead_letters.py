"""Dead letters: what was given up, kept thirty days for a human to look at."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, update

from store import tables as t
from store.bulk import insert_rows
from store.clock import database_now
from store.codec import inbound_from_json
from store.ids import new_id
from store.inbox import Arrival, accept


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What a list shows. The words of the person are not in it.

    source: inbox, outbox or call.
    """

    programme: str
    id: str
    conversation: str
    source: str
    error: str
    attempts: int
    at: int


def row(
    programme: str, conversation: str, source: str, seq: int, body: Any, error: str, attempts: int, at: int
) -> dict[str, Any]:
    """A dead letter as a row."""
    return {
        "programme_id": programme,
        "id": new_id(),
        "conversation_id": conversation,
        "source": source,
        "seq": seq,
        "body": body,
        "error": error,
        "attempts": attempts,
        "at": at,
    }


def add(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    insert_rows(tx, t.dead_letter, rows)


def dead_letters(tx: Connection, programme: str) -> list[DeadLetter]:
    """All that were given up, oldest first."""
    columns = t.dead_letter.c
    found = tx.execute(select(t.dead_letter).where(columns.programme_id == programme).order_by(columns.at))
    return [
        DeadLetter(
            programme,
            row["id"],
            row["conversation_id"],
            row["source"],
            row["error"],
            row["attempts"],
            row["at"],
        )
        for row in found.mappings()
    ]


def replay(tx: Connection, programme: str, id: str, now: int) -> bool:
    """Gives it one more chance: an inbound joins its conversation again, a reply is queued again.

    False if there is no such letter.
    """
    letter = _one(tx, programme, id)
    if letter is None:
        return False
    if letter["source"] == "outbox":
        _queue_again(tx, letter)
    else:
        _accept_again(tx, letter, now)
    return drop(tx, programme, id)


def drop(tx: Connection, programme: str, id: str) -> bool:
    """Forgets it. False if there is no such letter."""
    columns = t.dead_letter.c
    gone = tx.execute(delete(t.dead_letter).where(columns.programme_id == programme, columns.id == id))
    return gone.rowcount > 0


def _one(tx: Connection, programme: str, id: str) -> RowMapping | None:
    columns = t.dead_letter.c
    found = tx.execute(select(t.dead_letter).where(columns.programme_id == programme, columns.id == id))
    return found.mappings().one_or_none()


def _queue_again(tx: Connection, letter: RowMapping) -> None:
    columns = t.outbox.c
    tx.execute(
        update(t.outbox)
        .where(
            columns.programme_id == letter["programme_id"],
            columns.conversation_id == letter["conversation_id"],
            columns.place == letter["seq"],
        )
        .values(state="queued", due_at=database_now(), body=letter["body"])
    )


def _accept_again(tx: Connection, letter: RowMapping, now: int) -> None:
    talk = t.conversation.c
    account = tx.execute(
        select(talk.account_id).where(
            talk.programme_id == letter["programme_id"], talk.id == letter["conversation_id"]
        )
    ).scalar_one()
    inbound = inbound_from_json(f"replay:{letter['id']}", letter["body"]["kind"], letter["body"])
    again = replace(inbound, seed=secrets.token_hex(16))
    accept(
        tx,
        [
            Arrival(
                letter["programme_id"],
                account,
                again,
                received_at=now,
                conversation=letter["conversation_id"],
            )
        ],
    )
