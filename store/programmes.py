"""Programmes and their accounts: the rows that must exist before anybody can write to us."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from store import tables as t
from store.bulk import insert_rows, upsert_rows


def keep_programme(tx: Connection, programme: str, *, zone: str, now: int) -> None:
    """Makes the programme, or gives it another time zone. Raises if the zone does not exist."""
    ZoneInfo(zone)
    row = {"id": programme, "zone": zone, "created_at": now}
    upsert_rows(tx, t.programme, [row], {"zone": "replace"})


def keep_account(
    tx: Connection, programme: str, account: str, *, channel: str, pulls: bool, now: int
) -> None:
    """Makes the account if it is new.

    account: web, terminal, telegram/default …
    pulls: the channel fetches its messages (web, terminal), so that nobody has to send them.
    """
    row = {"programme_id": programme, "id": account, "channel": channel, "pulls": pulls, "created_at": now}
    insert_rows(tx, t.account, [row], on_conflict="nothing")


def programmes(tx: Connection) -> list[str]:
    """All programmes of this database, by name."""
    return list(tx.execute(select(t.programme.c.id).order_by(t.programme.c.id)).scalars())
