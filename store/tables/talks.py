"""Tables of the talk itself: the conversation, what came in, what goes out, what is to come."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from store.tables.base import Instant, Json, Keeping, key, metadata, programme_key, required, where


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


conversation = Table(
    "conversation",
    metadata,
    programme_key(),
    key("id"),
    required("account_id"),
    required("person_id"),
    required("identity_id"),
    required("state", Json),  # flows.state, without the business and assessment that are kept apart
    required("kept", Boolean),  # what it is about lies in its own tables; else it goes after a day
    Column("structures", Text),  # of packs its runs are pinned to, with spaces between; see store/packs.py
    required("version", Integer),  # how many batches of turns were written
    # A conversation is worked on by whoever holds its fence. `ready_at` is NULL while nothing
    # waits, in the past when somebody may claim it, in the future while it is leased or rests.
    required("fence", BigInteger),
    Column("worker", Text),
    Column("ready_at", Instant),
    required("last_seq", BigInteger),  # of the newest inbox row
    required("done_seq", BigInteger),  # of the newest inbox row that was worked on
    required("last_place", BigInteger),  # of the newest line of the talk, either side
    Column("language", Text),
    required("last_inbound", Instant),
    Column("window_until", Instant),  # until when a platform lets us write freely
    required("created_at", Instant),
    UniqueConstraint("programme_id", "account_id", "identity_id"),
    Index(None, "programme_id", "person_id"),
    Index("ix_conversation_ready", "ready_at", **where(Column("ready_at").is_not(None))),
    # For `retire`: who has not written for a year, and what nobody agreed to keep.
    Index("ix_conversation_silent", "last_inbound"),
    Index("ix_conversation_unkept", "last_inbound", **where(~Column("kept", Boolean))),
    ForeignKeyConstraint(["programme_id", "account_id"], ["account.programme_id", "account.id"]),
    ForeignKeyConstraint(
        ["programme_id", "person_id"],
        ["person.programme_id", "person.id"],
        deferrable=True,
        initially="DEFERRED",
    ),
    info={
        "keeping": Keeping(
            "person",
            "as long as the person; 24 hours after the last message without consent",
            "with_person",
            by="person_id",
        )
    },
)

inbox = Table(
    "inbox",
    metadata,
    programme_key(),
    key("conversation_id"),
    _number("seq"),
    required("account_id"),
    required("key"),  # keyed hash of the inbound's key: platform ids name persons
    required("digest"),  # keyed hash of the body: the same key with another body is a mistake
    required("kind"),
    Column("body", Json),
    required("attempts", Integer),
    Column("place", BigInteger),  # its line in the talk, once it was worked on
    required("received_at", Instant),
    Column("done_at", Instant),
    UniqueConstraint("programme_id", "account_id", "key"),
    # For `retire`: what is to be blanked, and what is to be deleted after that.
    Index("ix_inbox_full", "done_at", **where(Column("body").is_not(None))),
    Index("ix_inbox_bare", "done_at", **where(Column("body").is_(None))),
    info={
        "keeping": Keeping(
            "person",
            "24 hours; the bare key 35 days, so that a late delivery is not taken for a new one",
            "blanked",
            by="conversation_id",
            since="done_at",
            days=35,
            blanks=("body",),
            blank_days=1,
        )
    },
)

outbox = Table(
    "outbox",
    metadata,
    programme_key(),
    key("conversation_id"),
    _number("place"),
    required("cause", BigInteger),  # seq of the inbox row that caused it
    required("part", Integer),
    required("asks", Boolean),  # it carries a question, so it is worth sending twice
    Column("body", Json),
    required("state"),  # queued sending sent unknown dead
    required("attempts", Integer),
    required("doubts", Integer),  # how often nobody knew whether it had gone out
    required("due_at", Instant),  # while sending: until when the sender's lease holds
    Column("provider_id", Text),
    required("created_at", Instant),
    Column("sent_at", Instant),
    UniqueConstraint("programme_id", "conversation_id", "cause", "part"),
    Index("ix_outbox_queued", "due_at", **where(Column("state") == "queued")),
    Index("ix_outbox_sending", "due_at", **where(Column("state") == "sending")),
    Index("ix_outbox_unknown", "due_at", **where(Column("state") == "unknown")),
    Index("ix_outbox_full", "created_at", **where(Column("body").is_not(None))),  # as in the inbox
    Index("ix_outbox_bare", "created_at", **where(Column("body").is_(None))),
    Index("ix_outbox_provider", "programme_id", "provider_id"),
    info={
        "keeping": Keeping(
            "person",
            "24 hours; the bare row 35 days",
            "with_conversation",
            by="conversation_id",
            since="created_at",
            days=35,
            blanks=("body",),
            blank_days=1,
        )
    },
)

timer = Table(
    "timer",
    metadata,
    programme_key(),
    key("conversation_id"),
    key("key"),
    required("due_at", Instant),
    required("body", Json),
    Index("ix_timer_due", "due_at"),
    info={"keeping": Keeping("person", "until it is due", "with_conversation", by="conversation_id")},
)

call = Table(
    "call",
    metadata,
    programme_key(),
    key("conversation_id"),
    key("id"),
    required("name"),
    required("arguments", Json),
    required("attempts", Integer),
    required("due_at", Instant),  # while somebody works on it: until when the lease holds
    Index("ix_call_due", "due_at"),
    info={"keeping": Keeping("person", "until its result is in", "with_conversation", by="conversation_id")},
)

dead_letter = Table(
    "dead_letter",
    metadata,
    programme_key(),
    key("id"),
    required("conversation_id"),
    required("source"),  # inbox, outbox or call
    required("seq", BigInteger),
    Column("body", Json),
    required("error"),
    required("attempts", Integer),
    required("at", Instant),
    Index(None, "programme_id", "at"),
    Index(None, "programme_id", "conversation_id"),
    Index("ix_dead_letter_at", "at"),  # for `retire`
    info={
        "keeping": Keeping(
            "person", "30 days", "with_conversation", by="conversation_id", since="at", days=30
        )
    },
)

picture = Table(
    "picture",
    metadata,
    programme_key(),
    key("id"),
    required("conversation_id"),
    required("png", LargeBinary),
    required("until", Instant),
    Index(None, "programme_id", "conversation_id"),
    Index("ix_picture_until", "until"),  # for `retire`
    info={
        "keeping": Keeping(
            "person", "24 hours", "with_conversation", by="conversation_id", since="until", days=0
        )
    },
)
