"""What is to go out: written with the turn that caused it, sent afterwards, in order.

A row is queued, then sending while somebody holds its lease, then sent. If nobody knows whether
the platform took it, it is unknown; if it was given up, it is dead. Later rows of a conversation
wait while an earlier one is queued or sending.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Connection,
    Executable,
    RowMapping,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
    union_all,
    update,
)

from flows.values import Inbound, Reply, reply_from_json, reply_to_json
from store import dead_letters
from store import tables as t
from store.bulk import change_with_rows, find_rows, incoming, run_with_rows
from store.clock import DAY, SECOND, database_now
from store.codec import inbound_from_json
from store.engine import vault_of

LEASE_SECONDS = 60
# A question whose fate is unknown is asked once more after this long.
ASK_AGAIN_SECONDS = 45


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A reply to be sent now. `attempts` counts this one, from 1.

    conversation and place together are its name; the next claim hands out nothing later of this
    conversation before `mark` has said what became of it.
    """

    programme: str
    account: str
    channel: str
    conversation: str
    place: int
    address: str
    reply: Reply
    attempts: int
    window_until: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt to send.

    retry: try again `after` seconds. unknown: the platform may have it. dead: given up, for `reason`.
    """

    programme: str
    conversation: str
    place: int
    state: Literal["sent", "retry", "unknown", "dead"]
    after: float = 0
    provider_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a talk, for a channel that fetches. What the person said is an `Inbound`."""

    place: int
    at: int
    said: Reply | Inbound


def rows_of(
    programme: str,
    conversation: str,
    cause: int,
    replies: Iterable[Reply],
    place: int,
    *,
    now: int,
    due: int,
    pulls: bool,
) -> list[dict[str, Any]]:
    """The rows of the replies to one inbox row; the first one takes `place`.

    What a channel fetches by itself counts as sent: the row is there for it to read.
    """
    return [
        {
            "programme_id": programme,
            "conversation_id": conversation,
            "place": place + part,
            "cause": cause,
            "part": part,
            "asks": reply.expects is not None,
            "body": reply_to_json(reply),
            "state": "sent" if pulls else "queued",
            "attempts": 0,
            "doubts": 0,
            "due_at": due,
            "created_at": now,
            "sent_at": now if pulls else None,
        }
        for part, reply in enumerate(replies)
    ]


def claim_due(tx: Connection, limit: int = 64, *, lease_seconds: float = LEASE_SECONDS) -> list[Outgoing]:
    """Takes the next reply of up to `limit` conversations in which one is due."""
    values = {"most": limit, "lease": int(lease_seconds * SECOND)}
    taken = tx.execute(_CLAIMING, values).mappings().all()
    if not taken:
        return []
    rows = [{name: row[name] for name in _KEY} for row in taken]
    vault = vault_of(tx)
    return [
        Outgoing(
            row["programme_id"],
            row["account_id"],
            row["kind"],
            row["conversation_id"],
            row["place"],
            vault.open(row["programme_id"], row["kind"], row["sealed"]),
            reply_from_json(row["body"]),
            row["attempts"],
            row["window_until"],
        )
        for row in run_with_rows(tx, _addressed(tx.dialect.name), rows)
    ]


def mark(tx: Connection, outcomes: Sequence[Outcome]) -> list[None]:
    """Writes what became of what was claimed. An outcome that comes too late changes nothing."""
    rows = [
        {
            "programme_id": o.programme,
            "conversation_id": o.conversation,
            "place": o.place,
            "state": "queued" if o.state == "retry" else o.state,
            "after": int((ASK_AGAIN_SECONDS if o.state == "unknown" else o.after) * SECOND),
            "provider_id": o.provider_id,
        }
        for o in outcomes
    ]
    rows.sort(key=lambda row: tuple(row[name] for name in _KEY))
    change_with_rows(tx, _marking(tx.dialect.name), rows)
    _bury(tx, [o for o in outcomes if o.state == "dead"])
    return [None] * len(outcomes)


def recover(tx: Connection) -> None:
    """Looks after what was left in the middle.

    Whose sender died may or may not have gone out: it becomes unknown. A question that stayed
    unknown and was not answered meanwhile is sent once more; anything else is left alone.
    """
    columns = t.outbox.c
    tx.execute(
        update(t.outbox)
        .where(columns.state == "sending", columns.due_at <= database_now())
        .values(
            state="unknown",
            doubts=columns.doubts + 1,
            due_at=database_now() + ASK_AGAIN_SECONDS * SECOND,
        )
    )
    answered = (
        select(t.inbox.c.seq)
        .where(
            t.inbox.c.programme_id == columns.programme_id,
            t.inbox.c.conversation_id == columns.conversation_id,
            t.inbox.c.place > columns.place,
        )
        .exists()
    )
    tx.execute(
        update(t.outbox)
        .where(
            columns.state == "unknown",
            columns.due_at <= database_now(),
            columns.asks,
            columns.doubts < 2,
            ~answered,
        )
        .values(state="queued")
    )


def history(
    tx: Connection, programme: str, conversation: str, *, after: int = 0, now: int
) -> tuple[list[Line], int]:
    """The talk of the last 24 hours after the cursor, both sides, in order; and the next cursor.

    A person's message stands in the talk once it was worked on, before the replies to it.
    """
    ours, hers, least = t.outbox.c, t.inbox.c, now - DAY
    said_by_us = select(
        ours.place,
        ours.created_at.label("at"),
        ours.body,
        literal("").label("kind"),
        literal("").label("key"),
    ).where(
        ours.programme_id == programme,
        ours.conversation_id == conversation,
        ours.place > after,
        ours.created_at > least,
        ours.body.is_not(None),
    )
    said_by_her = select(hers.place, hers.received_at.label("at"), hers.body, hers.kind, hers.key).where(
        hers.programme_id == programme,
        hers.conversation_id == conversation,
        hers.place > after,
        hers.received_at > least,
        hers.body.is_not(None),
    )
    found = tx.execute(union_all(said_by_us, said_by_her).order_by("place")).mappings()
    lines = [Line(row["place"], row["at"], _said(row)) for row in found]
    return lines, lines[-1].place if lines else after


_KEY = ("programme_id", "conversation_id", "place")


def _said(row: RowMapping) -> Reply | Inbound:
    return (
        inbound_from_json(row["key"], row["kind"], row["body"])
        if row["kind"]
        else reply_from_json(row["body"])
    )


def _claiming() -> Executable:
    columns = t.outbox.c
    earlier = t.outbox.alias("earlier")
    waits = (
        select(earlier.c.place)
        .where(
            earlier.c.programme_id == columns.programme_id,
            earlier.c.conversation_id == columns.conversation_id,
            earlier.c.place < columns.place,
            earlier.c.state.in_(("queued", "sending")),
        )
        .exists()
    )
    due = (
        select(*(columns[name] for name in _KEY))
        .where(columns.state == "queued", columns.due_at <= database_now(), ~waits)
        .order_by(columns.due_at)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return (
        update(t.outbox)
        .where(*(columns[name] == due.c[name] for name in _KEY))
        .values(state="sending", attempts=columns.attempts + 1, due_at=database_now() + bindparam("lease"))
        .returning(*(columns[name] for name in _KEY))
    )


_CLAIMING = _claiming()


def _key_types() -> dict[str, Any]:
    return {"programme_id": Text(), "conversation_id": Text(), "place": BigInteger()}


@lru_cache(maxsize=2)
def _addressed(dialect: str) -> Executable:
    """Claimed rows with the address they go to."""
    rows = incoming(dialect, _key_types())
    ours, talk, identity = t.outbox.c, t.conversation.c, t.identity.c
    return (
        select(
            *(ours[name] for name in _KEY),
            ours.body,
            ours.attempts,
            talk.account_id,
            talk.window_until,
            identity.kind,
            identity.sealed,
        )
        .select_from(
            rows.join(t.outbox, and_(*(ours[name] == rows.c[name] for name in _KEY)))
            .join(
                t.conversation, and_(talk.programme_id == ours.programme_id, talk.id == ours.conversation_id)
            )
            .join(
                t.identity, and_(identity.programme_id == talk.programme_id, identity.id == talk.identity_id)
            )
        )
        .order_by(ours.due_at, *(ours[name] for name in _KEY))
    )


@lru_cache(maxsize=2)
def _marking(dialect: str) -> Executable:
    rows = incoming(dialect, {**_key_types(), "state": Text(), "after": BigInteger(), "provider_id": Text()})
    columns = t.outbox.c
    return (
        update(t.outbox)
        .where(*(columns[name] == rows.c[name] for name in _KEY), columns.state == "sending")
        .values(
            state=rows.c.state,
            doubts=columns.doubts + case((rows.c.state == "unknown", 1), else_=0),
            due_at=database_now() + rows.c.after,
            provider_id=func.coalesce(rows.c.provider_id, columns.provider_id),
            sent_at=case((rows.c.state == "sent", database_now()), else_=columns.sent_at),
        )
    )


def _bury(tx: Connection, outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    reasons = {(o.programme, o.conversation, o.place): o.reason for o in outcomes}
    keys = [dict(zip(_KEY, key, strict=True)) for key in reasons]
    found = find_rows(tx, t.outbox, keys, (*_KEY, "body", "attempts", "due_at"))
    dead_letters.add(
        tx,
        [
            dead_letters.row(
                row["programme_id"],
                row["conversation_id"],
                "outbox",
                row["place"],
                row["body"],
                reasons[row["programme_id"], row["conversation_id"], row["place"]],
                row["attempts"],
                row["due_at"],
            )
            for row in found
        ],
    )
