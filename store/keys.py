"""API keys and answers that must be the same when a request is repeated.

A key is shown once, when it is made; here lies only its hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, select, update

from store import tables as t
from store.bulk import insert_rows
from store.ids import new_id

_PREFIX_BYTES = 6
_SECRET_BYTES = 24


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What a key may do. source: whose events it may send, or None. Instants are microseconds UTC."""

    programme: str
    id: str
    prefix: str
    label: str
    scopes: frozenset[str]
    source: str | None
    created_at: int
    expires_at: int | None
    revoked_at: int | None

    def is_valid(self, now: int) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def make_key(
    tx: Connection,
    programme: str,
    *,
    label: str,
    scopes: Iterable[str],
    now: int,
    source: str | None = None,
    expires_at: int | None = None,
) -> tuple[ApiKey, str]:
    """A new key, and the secret text of it that nobody can ever read again: pasito_{prefix}_{secret}."""
    prefix, secret = secrets.token_hex(_PREFIX_BYTES), secrets.token_hex(_SECRET_BYTES)
    row = {
        "programme_id": programme,
        "id": new_id(),
        "prefix": prefix,
        "hash": _hash(secret),
        "label": label,
        "scopes": sorted(scopes),
        "source": source,
        "created_at": now,
        "expires_at": expires_at,
    }
    insert_rows(tx, t.api_key, [row])
    return _key({**row, "revoked_at": None}), f"pasito_{prefix}_{secret}"


def key_of(tx: Connection, text: str, now: int) -> ApiKey | None:
    """The valid key that a credential names, or None. It compares in constant time."""
    name, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    if name != "pasito" or not secret:
        return None
    hashed = _hash(secret)
    for row in tx.execute(select(t.api_key).where(t.api_key.c.prefix == prefix)).mappings():
        key = _key(row)
        if hmac.compare_digest(row["hash"], hashed) and key.is_valid(now):
            return key
    return None


def keys(tx: Connection, programme: str) -> list[ApiKey]:
    """All keys of a programme, revoked ones too, oldest first."""
    columns = t.api_key.c
    found = tx.execute(
        select(t.api_key).where(columns.programme_id == programme).order_by(columns.created_at)
    )
    return [_key(row) for row in found.mappings()]


def revoke(tx: Connection, programme: str, prefix: str, now: int) -> bool:
    """Ends a key at once. False if there is none with this prefix that is still in use."""
    columns = t.api_key.c
    ended = tx.execute(
        update(t.api_key)
        .where(columns.programme_id == programme, columns.prefix == prefix, columns.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return ended.rowcount > 0


@dataclass(frozen=True, slots=True)
class Repeat:
    """What is known of a request with this idempotency key.

    new: nobody sent it before; do the work and call `answer`. running: the first one is not done.
    same: answer as before. other: the same key came with another body.
    """

    how: Literal["new", "running", "same", "other"]
    status: int | None = None
    response: Any = None


def begin_request(
    tx: Connection, programme: str, api_key: str, key: str, request_hash: str, now: int
) -> Repeat:
    """Reserves an idempotency key, kept for 24 hours."""
    row = {
        "programme_id": programme,
        "api_key_id": api_key,
        "key": key,
        "request_hash": request_hash,
        "created_at": now,
    }
    if insert_rows(tx, t.idempotency, [row], on_conflict="nothing", returning=("key",)):
        return Repeat("new")
    columns = t.idempotency.c
    known = (
        tx.execute(
            select(t.idempotency).where(
                columns.programme_id == programme, columns.api_key_id == api_key, columns.key == key
            )
        )
        .mappings()
        .one()
    )
    if known["request_hash"] != request_hash:
        return Repeat("other")
    if known["status"] is None:
        return Repeat("running")
    return Repeat("same", known["status"], known["response"])


def answer(tx: Connection, programme: str, api_key: str, key: str, status: int, response: Any) -> None:
    """Keeps the answer; in the transaction that did the work, so that both are there or neither."""
    columns = t.idempotency.c
    tx.execute(
        update(t.idempotency)
        .where(columns.programme_id == programme, columns.api_key_id == api_key, columns.key == key)
        .values(status=status, response=response)
    )


def _hash(secret: str) -> str:
    # 192 random bits cannot be guessed, so a fast hash is enough.
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: RowMapping | dict[str, Any]) -> ApiKey:
    return ApiKey(
        row["programme_id"],
        row["id"],
        row["prefix"],
        row["label"],
        frozenset(row["scopes"]),
        row["source"],
        row["created_at"],
        row["expires_at"],
        row["revoked_at"],
    )
