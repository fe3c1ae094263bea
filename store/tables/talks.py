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
    # A reply of ours is unknown or waits for her: her next message has something to settle.
    required("unsettled", Boolean),
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
    required("account_id"),
    required("cause", BigInteger),  # seq of the inbox row that caused it
    required("part", Integer),
    required("asks", Boolean),  # it carries a question, so it is worth sending twice
    # We write of our own accord and nobody waits for it: replies to people who wrote go first.
    required("unasked", Boolean),
    Column("body", Json),
    required("state"),  # queued sending sent unknown waiting dead
    required("attempts", Integer),
    required("doubts", Integer),  # how often nobody knew whether it had gone out
    # When the sender has to look at it: to send it, to ask once more, to give it up; while sending,
    # until when the sender's lease holds. NULL: never by itself.
    Column("due_at", Instant),
    Column("give_up_at", Instant),
    Column("tried_at", Instant),  # the newest attempt, or the end of it
    Column("heard", BigInteger),  # seq of the newest inbox row when it was tried: what is newer may answer it
    Column("why", Text),  # why it waits, was tried again or given up; for the operator
    Column("provider_id", Text),
    required("created_at", Instant),
    Column("sent_at", Instant),
    Column("delivered_at", Instant),
    Column("read_at", Instant),
    Column("failed_at", Instant),  # the platform took it and could not bring it
    Column("failure", Text),  # the platform's code for that
    UniqueConstraint("programme_id", "conversation_id", "cause", "part"),
    Index(
        "ix_outbox_due",
        "programme_id",
        "account_id",
        "unasked",
        "due_at",
        **where(Column("due_at").is_not(None)),
    ),
    # What holds back the later replies of a conversation.
    Index(
        "ix_outbox_open", "programme_id", "conversation_id", "place", **where(Column("due_at").is_not(None))
    ),
    Index("ix_outbox_sending", "due_at", **where(Column("state") == "sending")),
    Index("ix_outbox_full", "created_at", **where(Column("body").is_not(None))),  # as in the inbox
    Index("ix_outbox_bare", "created_at", **where(Column("body").is_(None))),
    Index("ix_outbox_provider", "programme_id", "provider_id", **where(Column("provider_id").is_not(None))),
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

pace = Table(
    "pace",
    metadata,
    programme_key(),
    key("conversation_id"),  # empty: the account itself
    key("account_id"),
    required("tat", Instant),  # when the next message would be due if all kept their distance
    required("held_until", Instant),  # the platform has asked for silence
    Index("ix_pace_tat", "tat"),  # for `retire`
    info={
        "keeping": Keeping(
            "person", "a day after the last message", "with_conversation", by="conversation_id",
            since="tat", days=1,
        )
    },
)  # fmt: skip

merge_code = Table(
    "merge_code",
    metadata,
    programme_key(),
    key("conversation_id"),
    Column("mark", Text),  # keyed hash of the code that was shown here last; NULL once it was used
    Column("until", Instant),  # how long that code is good
    required("wrong", Json),  # when codes were tried here in vain
    required("changed_at", Instant),
    UniqueConstraint("programme_id", "mark"),
    Index("ix_merge_code_changed", "changed_at"),  # for `retire`
    info={
        "keeping": Keeping(
            "person", "a day", "with_conversation", by="conversation_id", since="changed_at", days=1
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
    Column("conversation_id", Text),  # NULL for what could not be read: nobody knows whose it is
    Column("account_id", Text),  # then the account it came through
    required("source"),  # inbox, outbox, call or unreadable
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

link = Table(
    "link",
    metadata,
    programme_key(),
    key("id"),  # what its token is made from; see store/links.py
    required("conversation_id"),
    required("what"),  # film guide plan
    Column("film", Text),  # NULL for what is none
    required("language"),
    required("small", Boolean),
    required("made_at", Instant),
    required("until", Instant),
    # A token says nothing but the id, so that it is found without knowing whose it is.
    Index("ix_link_id", "id", unique=True),
    Index(None, "programme_id", "conversation_id"),
    Index("ix_link_until", "until"),  # for `retire`
    info={
        "keeping": Keeping(
            "person",
            "180 days; 30 more, so that an old link is answered in its language",
            "with_conversation",
            by="conversation_id",
            since="until",
            days=30,
        )
    },
)
