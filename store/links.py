"""Links to films and papers: short, signed, with nothing of a person in them, each for one conversation.

A token is eight random bytes, the link's id, and eight bytes of a keyed hash over them. What was made
up or changed on the way is refused before the database is asked.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, and_, select

from store import tables as t
from store.bulk import find_rows
from store.clock import DAY
from store.engine import vault_of

LASTS = 180 * DAY
AGAIN = 90 * DAY  # the same thing for the same conversation has the same link that long

What = Literal["film", "guide", "plan"]

_BYTES = 8  # of the id, and as many of its signature
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class Link:
    """What a link leads to, and for whom it was made.

    film: empty where it leads to none. small: the copy for little data. until: microseconds UTC.
    """

    id: str
    programme: str
    account: str
    conversation: str
    what: What
    film: str
    language: str
    small: bool
    until: int


@dataclass(frozen=True, slots=True)
class Expired:
    """A link of ours that is over. `link` is None if nobody remembers what it led to."""

    link: Link | None


def make_link(
    tx: Connection,
    programme: str,
    conversation: str,
    what: What,
    language: str,
    now: int,
    *,
    film: str | None = None,
    small: bool = False,
) -> str:
    """The token of a link to a film or a paper for this conversation. `now`: microseconds UTC."""
    leads_to = {"what": what, "film": film, "language": language, "small": small}
    id = _made_lately(tx, programme, conversation, leads_to, now)
    if id is None:
        id = secrets.token_hex(_BYTES)
        talk = {"programme_id": programme, "id": conversation}
        # Somebody who was erased a moment ago is not remembered by a link; it will say that it is over.
        if find_rows(tx, t.conversation, [talk], ("id",), lock=True):
            tx.execute(
                t.link.insert().values(
                    programme_id=programme, id=id, conversation_id=conversation, **leads_to,
                    made_at=now, until=now + LASTS,
                )
            )  # fmt: skip
    return _text(bytes.fromhex(id) + _signature(tx, id))


def find_link(tx: Connection, token: str, whats: Collection[What], now: int) -> Link | Expired | None:
    """Where a token leads; `Expired` for one of ours that is over.

    None for one that we never made, or that leads to something else than one of `whats`.
    """
    id = _id_of(tx, token)
    if id is None:
        return None
    link, talk = t.link.c, t.conversation.c
    row = (
        tx.execute(
            select(
                link.id,
                link.programme_id.label("programme"),
                talk.account_id.label("account"),
                link.conversation_id.label("conversation"),
                link.what,
                link.film,
                link.language,
                link.small,
                link.until,
            )
            .join(
                t.conversation,
                and_(talk.programme_id == link.programme_id, talk.id == link.conversation_id),
            )
            .where(link.id == id)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return Expired(None)
    found = Link(**{**row, "film": row["film"] or ""})
    if found.what not in whats:
        return None
    return found if now < found.until else Expired(found)


def _made_lately(
    tx: Connection, programme: str, conversation: str, leads_to: Mapping[str, str | bool | None], now: int
) -> str | None:
    columns = t.link.c
    found: str | None = tx.execute(
        select(columns.id)
        .where(
            columns.programme_id == programme,
            columns.conversation_id == conversation,
            *(columns[name] == value for name, value in leads_to.items()),
            columns.made_at > now - AGAIN,
        )
        .order_by(columns.made_at.desc())
        .limit(1)
    ).scalar()
    return found


def _id_of(tx: Connection, token: str) -> str | None:
    """The id in a token that we signed."""
    if not _TOKEN.fullmatch(token):
        return None
    raw = base64.urlsafe_b64decode(f"{token}==")
    id = raw[:_BYTES].hex()
    # Several texts stand for the same bytes: only the one that we wrote is ours.
    is_ours = hmac.compare_digest(raw[_BYTES:], _signature(tx, id)) and _text(raw) == token
    return id if is_ours else None


def _signature(tx: Connection, id: str) -> bytes:
    """Under the deployment's own key, as a token does not say to which programme it belongs."""
    return bytes.fromhex(vault_of(tx).mark("", "link", id))[:_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
