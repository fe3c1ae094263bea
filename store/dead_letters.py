"""Dead letters: what was given up or could not be read, kept thirty days for a human to look at."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, case, delete, select, update

from store import tables as t
from store.bulk import insert_rows
from store.clock import DAY, HOUR, database_now, now_of
from store.codec import inbound_from_json
from store.engine import vault_of
from store.ids import new_id
from store.inbox import Arrival, accept

# So many letters a list shows at most.
MOST = 1_000
# How long a reply is tried before it is given up: an old tip is worth less than an old question.
QUESTION_LASTS = DAY
TIP_LASTS = 2 * HOUR


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What a list shows. The words of the person are not in it.

    source: inbox, outbox, call, or unreadable. conversation: None for what could not be read; then
    account is the one it came through. error: why it was given up.
    """

    programme: str
    id: str
    conversation: str | None
    source: str
    error: str
    attempts: int
    at: int
    account: str | None = None


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


def unreadable(tx: Connection, items: Sequence[tuple[str, str, str, str]]) -> None:
    """Puts aside what is not what its platform promises: (programme, account, key, reason).

    The same item again makes no second letter. Of what it was only the reason is kept.
    """
    if not items:
        return
    vault, now = vault_of(tx), now_of(tx)
    rows = {}
    for programme, account, key, reason in items:
        id = vault.mark(programme, "unreadable", account, key)[:32]
        rows[programme, id] = {
            "programme_id": programme,
            "id": id,
            "account_id": account,
            "source": "unreadable",
            "seq": 0,
            "error": reason,
            "attempts": 1,
            "at": now,
        }
    insert_rows(tx, t.dead_letter, rows.values(), on_conflict="nothing")


def dead_letters(
    tx: Connection,
    programme: str,
    *,
    source: str | None = None,
    conversation: str | None = None,
    error: str | None = None,
    since: int = 0,
    limit: int = MOST,
) -> list[DeadLetter]:
    """The newest letters that agree with all that is given, oldest of them first."""
    columns = t.dead_letter.c
    wanted = {columns.source: source, columns.conversation_id: conversation, columns.error: error}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    newest = (
        select(*(column for column in columns if column.name != "body"))
        .where(columns.programme_id == programme, columns.at >= since, *conditions)
        .order_by(columns.at.desc(), columns.id)
        .limit(limit)
    )
    return [
        DeadLetter(
            programme,
            row["id"],
            row["conversation_id"],
            row["source"],
            row["error"],
            row["attempts"],
            row["at"],
            row["account_id"],
        )
        for row in reversed(tx.execute(newest).mappings().all())
    ]


def replay(tx: Connection, programme: str, id: str, now: int) -> bool:
    """Gives it one more chance: an inbound joins its conversation again, a reply is queued again.

    False if there is no such letter, or nothing left in it or of its conversation to try again.
    """
    letter = _one(tx, programme, id)
    if letter is None or letter["body"] is None:
        return False
    again = _queue_again(tx, letter) if letter["source"] == "outbox" else _accept_again(tx, letter, now)
    return again and drop(tx, programme, id)


def drop(tx: Connection, programme: str, id: str) -> bool:
    """Forgets it. False if there is no such letter."""
    columns = t.dead_letter.c
    gone = tx.execute(delete(t.dead_letter).where(columns.programme_id == programme, columns.id == id))
    return gone.rowcount > 0


def _one(tx: Connection, programme: str, id: str) -> RowMapping | None:
    columns = t.dead_letter.c
    found = tx.execute(select(t.dead_letter).where(columns.programme_id == programme, columns.id == id))
    return found.mappings().one_or_none()


def _queue_again(tx: Connection, letter: RowMapping) -> bool:
    """The reply has as much time again as a new one."""
    columns, now = t.outbox.c, database_now()
    queued = tx.execute(
        update(t.outbox)
        .where(
            columns.programme_id == letter["programme_id"],
            columns.conversation_id == letter["conversation_id"],
            columns.place == letter["seq"],
            columns.state == "dead",
        )
        .values(
            state="queued",
            doubts=0,
            due_at=now,
            give_up_at=now + case((columns.asks, QUESTION_LASTS), else_=TIP_LASTS),
            body=letter["body"],
        )
    )
    return queued.rowcount > 0


def _accept_again(tx: Connection, letter: RowMapping, now: int) -> bool:
    talk = t.conversation.c
    account = tx.execute(
        select(talk.account_id).where(
            talk.programme_id == letter["programme_id"], talk.id == letter["conversation_id"]
        )
    ).scalar_one_or_none()
    if account is None:
        return False
    inbound = inbound_from_json(f"replay:{letter['id']}", letter["body"]["kind"], letter["body"])
    again = replace(inbound, seed=secrets.token_hex(16))
    arrival = Arrival(
        letter["programme_id"], account, again, received_at=now, conversation=letter["conversation_id"]
    )
    return accept(tx, [arrival])[0].new
