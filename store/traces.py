"""What happened to one conversation, for whoever helps: without words, names or addresses.

A person reads out her code; with it an operator sees what came in, what was decided and what became
of every reply.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from store import tables as t

GROUPS, GROUP = 3, 4  # 48 bits: no two conversations of a programme share them
NEWEST = 50


class SeveralConversationsError(Exception):
    """So few signs of a code fit several conversations. The message is for the operator."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. at: microseconds UTC.

    what: received, decided, queued, tried, sending, sent, delivered, read, failed, unknown, waiting,
    dead. about: the kind of inbound, or question or message for a reply. number: of the inbox row
    that it belongs to. why: our reason or the platform's code; empty if there is none.
    """

    at: int
    what: str
    about: str
    number: int
    why: str = ""


def code_of(conversation: str) -> str:
    """The code of a conversation, to be read out: 3f2a-91bc-07de."""
    signs = conversation[: GROUPS * GROUP]
    return "-".join(signs[n : n + GROUP] for n in range(0, len(signs), GROUP))


def trace(tx: Connection, programme: str, code: str) -> list[Step]:
    """The newest steps of the conversation with this code, oldest of them first; none if there is none.

    The first group may be enough. Raises `SeveralConversationsError` if it is not.
    """
    conversation = _find(tx, programme, code)
    if conversation is None:
        return []
    steps = [
        step for part in (_of_inbox, _of_outbox, _of_letters) for step in part(tx, programme, conversation)
    ]
    return sorted(steps, key=lambda step: (step.at, step.number, _ORDER.index(step.what)))[-NEWEST:]


_ORDER = (
    "received", "decided", "queued", "tried", "sending", "sent", "delivered", "read", "waiting", "unknown",
    "failed", "dead",
)  # fmt: skip


def _find(tx: Connection, programme: str, code: str) -> str | None:
    prefix = "".join(sign for sign in code.lower() if sign.isalnum())
    if len(prefix) < GROUP:
        return None
    columns = t.conversation.c
    found = tx.execute(
        select(columns.id)
        .where(columns.programme_id == programme, columns.id >= prefix, columns.id < prefix + "g")
        .limit(2)
    ).scalars()
    ids = list(found)
    if len(ids) > 1:
        raise SeveralConversationsError(
            f"Several conversations have a code that begins with {code}. Ask for all {GROUPS} groups."
        )
    return ids[0] if ids else None


def _of_inbox(tx: Connection, programme: str, conversation: str) -> Iterator[Step]:
    columns = t.inbox.c
    newest = (
        select(columns.seq, columns.kind, columns.received_at, columns.done_at)
        .where(columns.programme_id == programme, columns.conversation_id == conversation)
        .order_by(columns.seq.desc())
        .limit(NEWEST)
    )
    for row in tx.execute(newest).mappings():
        yield Step(row["received_at"], "received", row["kind"], row["seq"])
        if row["done_at"] is not None:
            yield Step(row["done_at"], "decided", row["kind"], row["seq"])


def _of_outbox(tx: Connection, programme: str, conversation: str) -> Iterator[Step]:
    columns = t.outbox.c
    newest = (
        select(*(column for column in columns if column.name != "body"))
        .where(columns.programme_id == programme, columns.conversation_id == conversation)
        .order_by(columns.place.desc())
        .limit(NEWEST)
    )
    for row in tx.execute(newest).mappings():
        yield from _of_reply(row)


def _of_letters(tx: Connection, programme: str, conversation: str) -> Iterator[Step]:
    """What was given up of what came in; a reply says so itself."""
    columns = t.dead_letter.c
    newest = (
        select(columns.at, columns.source, columns.seq, columns.error)
        .where(
            columns.programme_id == programme,
            columns.conversation_id == conversation,
            columns.source != "outbox",
        )
        .order_by(columns.at.desc())
        .limit(NEWEST)
    )
    for row in tx.execute(newest).mappings():
        yield Step(row["at"], "dead", row["source"], row["seq"], row["error"])


def _of_reply(row: Mapping[Any, Any]) -> Iterator[Step]:
    about, number, why = "question" if row["asks"] else "message", row["cause"], row["why"] or ""
    for column, what in (("sent_at", "sent"), ("delivered_at", "delivered"), ("read_at", "read")):
        if row[column] is not None:
            yield Step(row[column], what, about, number)
    if row["failed_at"] is not None:
        yield Step(row["failed_at"], "failed", about, number, row["failure"] or "")
    if row["state"] != "sent":
        what = "tried" if row["state"] == "queued" and row["attempts"] else row["state"]
        yield Step(row["tried_at"] or row["created_at"], what, about, number, why)
