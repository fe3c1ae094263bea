"""What a channel asks about a conversation without changing anything."""

from __future__ import annotations

from sqlalchemy import Connection, and_, exists, select

from flows.state import Business, from_json
from store import tables as t
from store.engine import vault_of
from store.inbox import Address


def whereabouts(tx: Connection, programme: str, account: str, address: Address) -> str | None:
    """The conversation of this address on this account, or None before she has written."""
    lookup = vault_of(tx).mark(programme, "address", address.kind, address.value)
    identity, talk = t.identity.c, t.conversation.c
    found: str | None = tx.execute(
        select(talk.id)
        .join(t.identity, and_(identity.programme_id == talk.programme_id, identity.id == talk.identity_id))
        .where(
            identity.programme_id == programme,
            identity.kind == address.kind,
            identity.lookup == lookup,
            talk.account_id == account,
        )
    ).scalar()
    return found


def business_of(tx: Connection, programme: str, conversation: str) -> Business | None:
    """The business that a conversation speaks for, with what is known of it; None if it has none (any more)."""
    talk, membership, business = t.conversation.c, t.membership.c, t.business.c
    row = (
        tx.execute(
            select(
                talk.state,
                business.id,
                membership.role,
                business.profile,
                business.standing,
                business.consent,
                business.registered,
                business.version,
            )
            .select_from(t.conversation)
            .outerjoin(
                t.membership,
                and_(
                    membership.programme_id == talk.programme_id,
                    membership.person_id == talk.person_id,
                    membership.current,
                ),
            )
            .outerjoin(
                t.business,
                and_(business.programme_id == membership.programme_id, business.id == membership.business_id),
            )
            .where(talk.programme_id == programme, talk.id == conversation)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    # What may not be kept lies in the conversation alone.
    apart = {name: row[name] for name in row if name != "state"} if row["id"] is not None else None
    return from_json({"business": apart, **row["state"]}).business


def at_rest(tx: Connection, programme: str, conversation: str, seq: int) -> bool:
    """Whether the inbox row `seq` was worked on, and no call of this conversation is out.

    A conversation that does not exist any more (she was erased) is at rest.
    """
    talk, call, inbox = t.conversation.c, t.call.c, t.inbox.c
    here = and_(talk.programme_id == programme, talk.id == conversation)
    out = exists().where(call.programme_id == programme, call.conversation_id == conversation)
    # The result of a call is an inbox row behind the message that caused it.
    results = exists().where(
        inbox.programme_id == programme,
        inbox.conversation_id == conversation,
        inbox.seq > talk.done_seq,
        inbox.kind == "result",
    )
    row = tx.execute(
        select(talk.done_seq, out.label("calls"), results.label("results")).where(here)
    ).one_or_none()
    return row is None or (row.done_seq >= seq and not row.calls and not row.results)


def place_of(tx: Connection, programme: str, conversation: str, seq: int) -> int:
    """The line of an inbox row in the talk; 0 before it was worked on."""
    columns = t.inbox.c
    found = tx.execute(
        select(columns.place).where(
            columns.programme_id == programme, columns.conversation_id == conversation, columns.seq == seq
        )
    ).scalar()
    return found or 0
