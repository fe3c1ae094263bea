"""Tables of a programme itself: its accounts, its pack, its API keys. Nothing about persons."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from store.tables.base import Instant, Json, Keeping, key, metadata, programme_key, required

programme = Table(
    "programme",
    metadata,
    Column("id", Text, primary_key=True),
    required("zone"),  # IANA name; "once a day" means a day there
    Column("live_version", Text),
    required("created_at", Instant),
    info={"keeping": Keeping("programme", "as long as the programme", "never")},
)

# One row, once the clock was set: each instant in the database is one of the database's own clock.
clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    required("ahead", BigInteger),  # microseconds by which it was set in all while we ran; see store/jumps.py
    info={"keeping": Keeping("nobody", "as long as the database", "never")},
)

account = Table(
    "account",
    metadata,
    programme_key(),
    key("id"),  # web, terminal, telegram/default …
    required("channel"),
    required("pulls", Boolean),  # the channel fetches its messages; nobody sends them
    required("created_at", Instant),
    ForeignKeyConstraint(["programme_id"], ["programme.id"]),
    info={"keeping": Keeping("programme", "as long as the programme", "never")},
)

pack_version = Table(
    "pack_version",
    metadata,
    programme_key(),
    key("version"),
    required("number", Integer),  # 1 for the first published version of this programme
    required("structure"),
    required("content"),
    required("sources", Json),  # path -> text of the file
    required("note"),
    required("published_by"),
    required("published_at", Instant),
    ForeignKeyConstraint(["programme_id"], ["programme.id"]),
    UniqueConstraint("programme_id", "number"),
    info={"keeping": Keeping("programme", "for ever: runs are pinned to a version", "never")},
)

api_key = Table(
    "api_key",
    metadata,
    programme_key(),
    key("id"),
    required("prefix"),  # shown in lists, so that a key can be recognised
    required("hash"),
    required("label"),
    required("scopes", Json),
    Column("source", Text),  # whose events it may send
    required("created_at", Instant),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    UniqueConstraint("programme_id", "prefix"),
    info={"keeping": Keeping("programme", "as long as the programme; a revoked key stays listed", "never")},
)

idempotency = Table(
    "idempotency",
    metadata,
    programme_key(),
    key("api_key_id"),
    key("key"),
    required("request_hash"),
    Column("status", Integer),
    Column("response", Json),
    required("created_at", Instant),
    Index("ix_idempotency_created", "created_at"),  # for `retire`
    info={"keeping": Keeping("programme", "24 hours", "never", since="created_at", days=1)},
)

tally = Table(
    "tally",
    metadata,
    programme_key(),
    key("local_day"),
    key("name"),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    required("n", BigInteger),
    info={
        "keeping": Keeping("nobody", "as long as the programme: counts of talks that were not kept", "never")
    },
)

upload = Table(
    "upload",
    metadata,
    programme_key(),
    key("account_id"),
    key("file"),  # a name made from what the file was made of: under it there is never another one
    required("provider_id"),  # the platform's id, by which it is sent to everybody after the first
    required("until", Instant),
    ForeignKeyConstraint(["programme_id"], ["programme.id"]),
    Index("ix_upload_until", "until"),  # for `retire`
    info={
        "keeping": Keeping("nobody", "as long as the platform keeps the file", "never", since="until", days=0)
    },
)
