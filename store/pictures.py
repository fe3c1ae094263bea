"""Pictures of results: random names, 24 hours, and only for the conversation they were made for."""

from __future__ import annotations

from sqlalchemy import Connection, select

from store import tables as t
from store.clock import DAY
from store.ids import new_id


def keep_picture(tx: Connection, programme: str, conversation: str, png: bytes, now: int) -> str:
    """Keeps a picture for 24 hours. Gives back its id; a reply shows it as `picture:{id}`."""
    id = new_id()
    tx.execute(
        t.picture.insert().values(
            programme_id=programme, id=id, conversation_id=conversation, png=png, until=now + DAY
        )
    )
    return id


def picture(tx: Connection, programme: str, conversation: str, id: str, now: int) -> bytes | None:
    """The picture, if it was made for this conversation and its day is not over."""
    columns = t.picture.c
    found: bytes | None = tx.execute(
        select(columns.png).where(
            columns.programme_id == programme,
            columns.id == id,
            columns.conversation_id == conversation,
            columns.until > now,
        )
    ).scalar()
    return found
